// The methods of quantities in CEL, as Kubernetes adds them.
import type { Quantity } from '../quantity.ts'
import type { FunctionTable } from './functions.ts'
import { CelError, isQuantity, typeName, type Value } from './values.ts'

const billion = 1_000_000_000n

export const celQuantity: FunctionTable = {
  compareTo: { arities: [1], run: ([one = null, other = null]) => BigInt(order(one, other)) },
  isGreaterThan: { arities: [1], run: ([one = null, other = null]) => order(one, other) > 0 },
  isLessThan: { arities: [1], run: ([one = null, other = null]) => order(one, other) < 0 },
  add: { arities: [1], run: ([one = null, other = null]) => plus(one, other, 1n) },
  sub: { arities: [1], run: ([one = null, other = null]) => plus(one, other, -1n) },
  sign: { arities: [0], run: ([value = null]) => BigInt(order(value, 0n)) },
  isInteger: { arities: [0], run: ([value = null]) => quantity(value).nano % billion === 0n },
  asInteger: { arities: [0], run: ([value = null]) => whole(quantity(value)) },
  asApproximateFloat: { arities: [0], run: ([value = null]) => Number(quantity(value).nano) / 1e9 },
}

/** Integers may stand for quantities in arithmetic. */
function quantity(value: Value): Quantity {
  if (typeof value === 'bigint') return { nano: value * billion, format: 'DecimalSI' }
  if (value !== null && isQuantity(value)) return value
  throw new CelError(`no such overload: expected quantity, got ${typeName(value)}`)
}

function order(one: Value, other: Value): number {
  const difference = quantity(one).nano - quantity(other).nano
  if (difference === 0n) return 0
  return difference > 0n ? 1 : -1
}

function plus(one: Value, other: Value, sign: bigint): Value {
  const left = quantity(one)
  return { ...left, nano: left.nano + sign * quantity(other).nano }
}

function whole({ nano }: Quantity): bigint {
  if (nano % billion === 0n) return nano / billion
  throw new CelError('cannot convert value to integer')
}
