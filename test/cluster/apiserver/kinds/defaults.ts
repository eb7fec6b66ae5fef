// What the built-in kinds share in completing an object.
import { isFields, type Fields } from '../object.ts'
import { canonicalQuantity } from '../quantity.ts'

/** Changes the target where it says nothing. */
export function setDefaults(target: Fields, values: Fields): void {
  for (const [name, value] of Object.entries(values)) target[name] ??= value
}

/** Changes the quantities in these fields, which are one quantity or a map of them. */
export function canonicalQuantities(target: Fields, names: readonly string[]): void {
  for (const name of names) {
    const value = target[name]
    if (isFields(value)) canonicalQuantities(value, Object.keys(value))
    else if (typeof value === 'string') target[name] = canonicalQuantity(value)
    else if (typeof value === 'number') target[name] = canonicalQuantity(String(value))
  }
}

/** The rules of a Role must be there even if they say nothing, and in a schema nothing may be a value. */
const kept = ['rules', 'default', 'enum', 'example']

/** Built-in kinds have no nulls and no empty lists: the fields are just absent. */
export function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing)
  if (!isFields(value)) return value
  const entries = Object.entries(value).filter(([name, each]) => isSomething(each) || kept.includes(name))
  return Object.fromEntries(
    entries.map(([name, each]) => [name, kept.includes(name) ? each : withoutNothing(each)]),
  )
}

const isSomething = (value: unknown): boolean =>
  value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)
