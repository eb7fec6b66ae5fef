// Values of the Common Expression Language: integers are bigint, doubles are number.
import { isFields } from '../object.ts'
import { writeQuantity, type Quantity } from '../quantity.ts'
import { keepsUnknown, schemaOfField, type Schema } from '../schema/schema.ts'

export type Value = null | boolean | bigint | number | string | readonly Value[] | ValueMap | Quantity
export type ValueMap = ReadonlyMap<Value, Value>

/** What CEL calls an error: it makes the rule fail unless && or || do not need the value. */
export class CelError extends Error {}

export const isMap = (value: Value): value is ValueMap => value instanceof Map
export const isList = (value: Value): value is readonly Value[] => Array.isArray(value)
export const isQuantity = (value: Value): value is Quantity =>
  typeof value === 'object' && value !== null && 'nano' in value

/** JSON does not tell integers from doubles: the schema does. Fields without schema are not visible to rules. */
export function valueFrom(json: unknown, schema: Schema | undefined): Value {
  if (Array.isArray(json)) return json.map((each) => valueFrom(each, schema?.items))
  if (isFields(json)) {
    const visible = Object.entries(json).flatMap(([name, each]): (readonly [Value, Value])[] => {
      const below = schema && schemaOfField(schema, name)
      if (schema !== undefined && below === undefined && !keepsUnknown(schema)) return []
      return [[name, valueFrom(each, below)]]
    })
    return new Map(visible)
  }
  if (typeof json === 'number')
    return Number.isInteger(json) && schema?.type !== 'number' ? BigInt(json) : json
  return typeof json === 'string' || typeof json === 'boolean' ? json : null
}

export function typeName(value: Value): string {
  if (value === null) return 'null_type'
  if (isList(value)) return 'list'
  if (isMap(value)) return 'map'
  if (isQuantity(value)) return 'quantity'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'double'
  return typeof value === 'boolean' ? 'bool' : 'string'
}

export function areEqual(one: Value, other: Value): boolean {
  if (isNumber(one) && isNumber(other)) return Number(one) === Number(other)
  if (isList(one) && isList(other))
    return one.length === other.length && one.every((each, index) => areEqual(each, other[index] ?? null))
  if (isMap(one) && isMap(other)) return areEqualMaps(one, other)
  if (one !== null && other !== null && isQuantity(one) && isQuantity(other)) return one.nano === other.nano
  return one === other
}

/** Negative, zero or positive; values of different types have no order. */
export function compare(one: Value, other: Value): number {
  const areAlike = typeof one === typeof other || (isNumber(one) && isNumber(other))
  if (!areAlike || !isPlain(one) || !isPlain(other))
    throw new CelError(`no such overload: ${typeName(one)} < ${typeName(other)}`)
  if (one === other) return 0
  return one < other ? -1 : 1
}

const isPlain = (value: Value): value is string | boolean | bigint | number =>
  ['string', 'boolean', 'bigint', 'number'].includes(typeof value)

export function display(value: Value): string {
  if (typeof value === 'string') return value
  if (isQuantity(value)) return writeQuantity(value)
  if (isList(value) || isMap(value)) throw new CelError(`no such overload: string(${typeName(value)})`)
  return String(value)
}

export const isNumber = (value: Value): value is bigint | number =>
  typeof value === 'bigint' || typeof value === 'number'

function areEqualMaps(one: ValueMap, other: ValueMap): boolean {
  return (
    one.size === other.size &&
    [...one].every(([key, value]) => {
      const theirs = other.get(key)
      return theirs !== undefined && areEqual(value, theirs)
    })
  )
}
