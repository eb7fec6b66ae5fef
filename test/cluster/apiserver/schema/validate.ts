// Checks a value against a structural schema, in the words of a real API server.
import { invalidValue, requiredValue, unsupportedValue, type Cause } from '../failure.ts'
import { isEqual, isFields, type Fields } from '../object.ts'
import { boundsOf } from './bounds.ts'
import { fieldPath, keyPath, schemaOfField, type Schema } from './schema.ts'

export function validate(schema: Schema, value: unknown, path = ''): readonly Cause[] {
  if (value === null && schema.nullable === true) return []
  const wrongType = typeMismatch(schema, value, path)
  if (wrongType !== undefined) return [wrongType]
  return [
    ...enumeration(schema, value, path),
    ...boundsOf(schema, value, path),
    ...combined(schema, value, path),
    ...below(schema, value, path),
  ]
}

const kindOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'array'
  if (isFields(value)) return 'object'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return value === null ? 'null' : typeof value
}

function typeMismatch(schema: Schema, value: unknown, path: string): Cause | undefined {
  const actual = kindOf(value)
  const allowed = schema['x-kubernetes-int-or-string'] === true ? ['integer', 'string'] : [schema.type]
  if (allowed[0] === undefined || allowed.includes(actual)) return undefined
  if (actual === 'integer' && allowed.includes('number')) return undefined
  const cause = invalidValue(
    path,
    actual,
    `${path} in body must be of type ${allowed.join(',')}: "${actual}"`,
  )
  return { ...cause, reason: 'FieldValueTypeInvalid' }
}

function enumeration(schema: Schema, value: unknown, path: string): readonly Cause[] {
  const allowed = schema.enum
  return allowed === undefined || allowed.some((each) => isEqual(each, value))
    ? []
    : [unsupportedValue(path, value, allowed)]
}

/** Value validations only: within them a structural schema has no fields of its own. */
function combined(schema: Schema, value: unknown, path: string): readonly Cause[] {
  const { allOf = [], anyOf, oneOf, not } = schema
  const matching = (options: readonly Schema[]): number =>
    options.filter((each) => validate(each, value, path).length === 0).length
  const failed = (what: string): Cause => invalidValue(path, value, `"${path}" must ${what}`)
  return [
    ...allOf.flatMap((each) => validate(each, value, path)),
    ...(anyOf !== undefined && matching(anyOf) === 0 ? [failed('validate at least one schema (anyOf)')] : []),
    ...(oneOf !== undefined && matching(oneOf) !== 1
      ? [failed('validate one and only one schema (oneOf)')]
      : []),
    ...(not !== undefined && matching([not]) > 0 ? [failed('not validate the schema (not)')] : []),
  ]
}

function below(schema: Schema, value: unknown, path: string): readonly Cause[] {
  if (Array.isArray(value))
    return [...items(schema, value as unknown[], path), ...duplicates(schema, value as unknown[], path)]
  return isFields(value) ? fields(schema, value, path) : []
}

function items({ items }: Schema, value: readonly unknown[], path: string): readonly Cause[] {
  return items === undefined
    ? []
    : value.flatMap((each, index) => validate(items, each, keyPath(path, String(index))))
}

function fields(schema: Schema, value: Fields, path: string): readonly Cause[] {
  const missing = (schema.required ?? []).filter((name) => value[name] === undefined)
  return [
    ...missing.map((name) => requiredValue(fieldPath(path, name))),
    ...Object.entries(value).flatMap(([name, each]) => {
      const of = schemaOfField(schema, name)
      return of === undefined ? [] : validate(of, each, fieldPath(path, name))
    }),
  ]
}

function duplicates(schema: Schema, value: readonly unknown[], path: string): readonly Cause[] {
  const type = schema['x-kubernetes-list-type']
  if (type !== 'set' && type !== 'map') return []
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const keyOf = (item: unknown): unknown =>
    type === 'map' && isFields(item) ? Object.fromEntries(keys.map((key) => [key, item[key]])) : item
  const seen = value.map(keyOf)
  return seen.flatMap((key, index) =>
    seen.findIndex((each) => isEqual(each, key)) === index
      ? []
      : [
          {
            reason: 'FieldValueDuplicate',
            message: `Duplicate value: ${JSON.stringify(key)}`,
            field: keyPath(path, String(index)),
          },
        ],
  )
}
