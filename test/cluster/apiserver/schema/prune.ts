// Drops the fields that a structural schema does not know, and tells their paths.
import { isFields, type Fields } from '../object.ts'
import { fieldPath, keepsUnknown, schemaOfField, type Schema } from './schema.ts'

const rootFields = ['apiVersion', 'kind', 'metadata']

/** The object without its unknown fields, and the paths of these. */
export function pruned(
  schema: Schema,
  object: Fields,
): { readonly object: Fields; readonly unknown: readonly string[] } {
  const unknown: string[] = []
  const kept = pruneFields(schema, object, '', unknown, rootFields)
  return { object: kept, unknown }
}

function prune(schema: Schema, value: unknown, path: string, unknown: string[]): unknown {
  if (Array.isArray(value)) {
    const { items } = schema
    return items === undefined
      ? value
      : value.map((each, index) => prune(items, each, `${path}[${index}]`, unknown))
  }
  if (!isFields(value)) return value
  const embedded = schema['x-kubernetes-embedded-resource'] === true ? rootFields : []
  return pruneFields(schema, value, path, unknown, embedded)
}

function pruneFields(
  schema: Schema,
  value: Fields,
  path: string,
  unknown: string[],
  always: readonly string[],
): Fields {
  const result: Fields = {}
  for (const [name, each] of Object.entries(value)) {
    const at = fieldPath(path, name)
    const below = schemaOfField(schema, name)
    if (always.includes(name)) result[name] = each
    else if (below !== undefined) result[name] = prune(below, each, at, unknown)
    else if (keepsUnknown(schema)) result[name] = each
    else unknown.push(at)
  }
  return result
}
