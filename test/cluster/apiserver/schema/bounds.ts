// Lengths, sizes, ranges and patterns of a structural schema.
import { invalidValue, type Cause } from '../failure.ts'
import { isFields } from '../object.ts'
import type { Schema } from './schema.ts'

export function boundsOf(schema: Schema, value: unknown, path: string): readonly Cause[] {
  if (typeof value === 'number') return ofNumber(schema, value, path)
  if (typeof value === 'string') return ofText(schema, value, path)
  if (Array.isArray(value)) return ofList(schema, value, path)
  return isFields(value) ? ofMap(schema, Object.keys(value).length, path) : []
}

/** RE2 and JavaScript agree on what CRDs use; a pattern need not cover the whole text. */
export const patternOf = (text: string): RegExp =>
  text.startsWith('(?i)') ? new RegExp(text.slice(4), 'iu') : new RegExp(text, 'u')

function ofNumber(schema: Schema, value: number, path: string): readonly Cause[] {
  const { minimum, maximum, exclusiveMinimum = false, exclusiveMaximum = false, multipleOf } = schema
  const says = (why: string): Cause => invalidValue(path, value, `${path} in body should be ${why}`)
  const tooLow = minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)
  const tooHigh = maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)
  return [
    ...(tooLow ? [says(`greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`)] : []),
    ...(tooHigh ? [says(`less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`)] : []),
    ...(multipleOf !== undefined && value % multipleOf !== 0 ? [says(`a multiple of ${multipleOf}`)] : []),
    ...(schema.format === 'int32' && Math.abs(value) > 2 ** 31 - 1 ? [says('of type int32')] : []),
  ]
}

/** As a real server: the first fault of a text is the only one. */
function ofText(schema: Schema, value: string, path: string): readonly Cause[] {
  const { minLength = 0, maxLength = Infinity, pattern, format } = schema
  const length = Array.from(value).length
  const says = (why: string): readonly Cause[] => [invalidValue(path, value, `${path} in body ${why}`)]
  if (length > maxLength)
    return [
      {
        reason: 'FieldValueTooLong',
        message: `Too long: may not be more than ${maxLength} bytes`,
        field: path,
      },
    ]
  if (length < minLength) return says(`should be at least ${minLength} chars long`)
  if (pattern !== undefined && !patternOf(pattern).test(value)) return says(`should match '${pattern}'`)
  return format === 'date-time' && !isTime(value)
    ? says(`must be of type date-time: ${JSON.stringify(value)}`)
    : []
}

const isTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text) &&
  !Number.isNaN(Date.parse(text))

function ofList(schema: Schema, value: readonly unknown[], path: string): readonly Cause[] {
  const { minItems, maxItems } = schema
  const count = value.length
  return [
    ...(minItems !== undefined && count < minItems
      ? [invalidValue(path, count, `${path} in body should have at least ${minItems} items`)]
      : []),
    ...(maxItems !== undefined && count > maxItems ? [tooMany(count, maxItems, path)] : []),
  ]
}

function ofMap({ minProperties, maxProperties }: Schema, count: number, path: string): readonly Cause[] {
  return [
    ...(minProperties !== undefined && count < minProperties
      ? [invalidValue(path, count, `${path} in body should have at least ${minProperties} properties`)]
      : []),
    ...(maxProperties !== undefined && count > maxProperties ? [tooMany(count, maxProperties, path)] : []),
  ]
}

const tooMany = (count: number, most: number, field: string): Cause => ({
  reason: 'FieldValueTooMany',
  message: `Too many: ${count}: must have at most ${most} item${most === 1 ? '' : 's'}`,
  field,
})
