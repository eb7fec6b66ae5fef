// Fills in the defaults of a structural schema; a null where none is allowed counts as absent.
import { clone, isFields, type Fields } from '../object.ts'
import { schemaOfField, type Schema } from './schema.ts'

/** Changes the value. */
export function fillDefaults(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) {
    const { items } = schema
    if (items !== undefined) value.forEach((each) => fillDefaults(items, each))
  } else if (isFields(value)) fillFields(schema, value)
}

function fillFields(schema: Schema, value: Fields): void {
  for (const [name, below] of Object.entries(schema.properties ?? {})) {
    const isAbsent = value[name] === undefined || (value[name] === null && below.nullable !== true)
    if (isAbsent && below.default !== undefined) value[name] = clone(below.default)
  }
  for (const [name, each] of Object.entries(value)) {
    const below = schemaOfField(schema, name)
    if (below === undefined) continue
    if (each === null && below.nullable !== true) Reflect.deleteProperty(value, name)
    else fillDefaults(below, each)
  }
}
