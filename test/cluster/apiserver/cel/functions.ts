// The functions that CEL expressions may call: name, number of arguments, and what they do.
import { parseQuantity } from '../quantity.ts'
import { patternOf } from '../schema/bounds.ts'
import { celList } from './list-functions.ts'
import { celQuantity } from './quantity-functions.ts'
import { CelError, display, isList, isMap, typeName, type Value } from './values.ts'

export interface CelFunction {
  /** How many arguments are possible, without the object before the dot. */
  readonly arities: readonly number[]
  readonly run: (values: readonly Value[]) => Value
}

export type FunctionTable = Readonly<Record<string, CelFunction>>

export const functions: FunctionTable = {
  size: { arities: [1], run: ([value = null]) => sizeOf(value) },
  string: { arities: [1], run: ([value = null]) => display(value) },
  int: { arities: [1], run: ([value = null]) => toInt(value) },
  double: { arities: [1], run: ([value = null]) => Number(value) },
  dyn: { arities: [1], run: ([value = null]) => value },
  quantity: { arities: [1], run: ([value = null]) => toQuantity(value) },
  duration: { arities: [1], run: ([value = null]) => toNanoseconds(text(value)) },
  isQuantity: { arities: [1], run: ([value = null]) => parseQuantity(text(value)) !== undefined },
}

export const methods: FunctionTable = {
  ...celList,
  ...celQuantity,
  size: { arities: [0], run: ([value = null]) => sizeOf(value) },
  startsWith: { arities: [1], run: ([of = null, part = null]) => text(of).startsWith(text(part)) },
  endsWith: { arities: [1], run: ([of = null, part = null]) => text(of).endsWith(text(part)) },
  contains: { arities: [1], run: ([of = null, part = null]) => text(of).includes(text(part)) },
  matches: { arities: [1], run: ([of = null, pattern = null]) => patternOf(text(pattern)).test(text(of)) },
  find: {
    arities: [1],
    run: ([of = null, pattern = null]) => patternOf(text(pattern)).exec(text(of))?.[0] ?? '',
  },
  lowerAscii: {
    arities: [0],
    run: ([of = null]) => text(of).replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
  },
  upperAscii: {
    arities: [0],
    run: ([of = null]) => text(of).replace(/[a-z]/g, (letter) => letter.toUpperCase()),
  },
  trim: { arities: [0], run: ([of = null]) => text(of).trim() },
  split: { arities: [1], run: ([of = null, by = null]) => text(of).split(text(by)) },
  replace: {
    arities: [2],
    run: ([of = null, part = null, by = null]) => text(of).replaceAll(text(part), () => text(by)),
  },
  substring: {
    arities: [1, 2],
    run: ([of = null, from = null, to]) =>
      Array.from(text(of))
        .slice(Number(from), to === undefined ? undefined : Number(to))
        .join(''),
  },
}

export function text(value: Value): string {
  if (typeof value === 'string') return value
  throw new CelError(`no such overload: expected string, got ${typeName(value)}`)
}

function sizeOf(value: Value): bigint {
  if (typeof value === 'string') return BigInt(Array.from(value).length)
  if (isList(value)) return BigInt(value.length)
  if (isMap(value)) return BigInt(value.size)
  throw new CelError(`no such overload: size(${typeName(value)})`)
}

function toInt(value: Value): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return BigInt(Math.trunc(value))
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value)
  throw new CelError(`no such overload: int(${typeName(value)})`)
}

const nanoseconds = { ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n }

/** Of one unit; a duration is compared, and nothing else is done with it here. */
function toNanoseconds(duration: string): bigint {
  const [, count, unit] = /^([0-9]+)(ms|s|m|h)$/.exec(duration) ?? []
  if (count === undefined) throw new CelError(`invalid duration "${duration}"`)
  return BigInt(count) * nanoseconds[unit as keyof typeof nanoseconds]
}

function toQuantity(value: Value): Value {
  const quantity = parseQuantity(text(value))
  if (quantity !== undefined) return quantity
  throw new CelError(
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  )
}
