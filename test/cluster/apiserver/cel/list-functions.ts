// The methods of lists in CEL.
import type { FunctionTable } from './functions.ts'
import { areEqual, CelError, compare, display, isList, isNumber, typeName, type Value } from './values.ts'

export const celList: FunctionTable = {
  join: {
    arities: [0, 1],
    run: ([of = null, by]) =>
      list(of)
        .map(display)
        .join(by === undefined ? '' : display(by)),
  },
  sum: { arities: [0], run: ([of = null]) => list(of).reduce<bigint | number>(plus, 0n) },
  min: { arities: [0], run: ([of = null]) => extreme(list(of), -1) },
  max: { arities: [0], run: ([of = null]) => extreme(list(of), 1) },
  isSorted: {
    arities: [0],
    run: ([of = null]) =>
      list(of).every((each, index, all) => index === 0 || compare(all[index - 1] ?? null, each) <= 0),
  },
  indexOf: { arities: [1], run: ([of = null, part = null]) => indexOf(of, part) },
}

function list(value: Value): readonly Value[] {
  if (isList(value)) return value
  throw new CelError(`no such overload: expected list, got ${typeName(value)}`)
}

function plus(sum: bigint | number, value: Value): bigint | number {
  if (!isNumber(value)) throw new CelError(`no such overload: sum of ${typeName(value)}`)
  return typeof sum === 'bigint' && typeof value === 'bigint' ? sum + value : Number(sum) + Number(value)
}

function extreme(values: readonly Value[], direction: -1 | 1): Value {
  const [first, ...rest] = values
  if (first === undefined) throw new CelError('the list is empty')
  return rest.reduce((best, each) => (compare(each, best) * direction > 0 ? each : best), first)
}

function indexOf(of: Value, part: Value): bigint {
  if (typeof of === 'string') return BigInt(of.indexOf(display(part)))
  return BigInt(list(of).findIndex((each) => areEqual(each, part)))
}
