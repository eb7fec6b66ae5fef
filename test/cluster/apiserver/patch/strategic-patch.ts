// Strategic merge patch, as kubectl sends it for built-in kinds: lists merge by key, `$` directives delete and reorder.
import { badRequest } from '../failure.ts'
import { isEqual, isFields, type Fields } from '../object.ts'
import { builtInListKeys } from './list-keys.ts'

export function strategicPatch(target: Fields, patch: Fields, path: readonly string[] = []): Fields {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch)
  if (patch['$patch'] === 'delete') return {}
  const result = retained(target, patch['$retainKeys'])
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$deleteFromPrimitiveList/')) removeValues(result, name, value)
    if (name.startsWith('$')) continue
    if (value === null) Reflect.deleteProperty(result, name)
    else result[name] = patched(result[name], value, [...path, name])
  }
  for (const [name, order] of Object.entries(patch)) {
    if (name.startsWith('$setElementOrder/')) reorder(result, name.slice(17), order, path)
  }
  return result
}

function patched(current: unknown, value: unknown, path: readonly string[]): unknown {
  if (isFields(value)) return strategicPatch(isFields(current) ? current : {}, value, path)
  if (!Array.isArray(value)) return value
  const items = value as readonly unknown[]
  const found = builtInListKeys(path)
  const previous = Array.isArray(current) ? (current as readonly unknown[]) : []
  if (found === undefined) return items.map(plain)
  if (found.kind === 'set') return [...new Set([...previous, ...items])]
  return mergedList(previous, items, mergeKey(found.keys), path)
}

/** The patch names one key, even where the API tells items apart by two. */
const mergeKey = (keys: readonly string[]): string => keys[0] ?? 'name'

function mergedList(
  previous: readonly unknown[],
  items: readonly unknown[],
  key: string,
  path: readonly string[],
): readonly unknown[] {
  const replacing = items.some((item) => isFields(item) && item['$patch'] === 'replace' && !(key in item))
  const result = replacing ? [] : [...previous]
  for (const item of items) {
    if (!isFields(item)) throw badRequest(`the list ${path.join('.')} has objects only`)
    if (item['$patch'] === 'replace' && !(key in item)) continue
    if (item[key] === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`)
    mergeItem(result, item, key, path)
  }
  return result
}

function mergeItem(list: unknown[], item: Fields, key: string, path: readonly string[]): void {
  const index = list.findIndex((each) => isFields(each) && isEqual(each[key], item[key]))
  if (item['$patch'] === 'delete') {
    if (index >= 0) list.splice(index, 1)
  } else if (index < 0) list.push(withoutDirectives(item))
  else list[index] = strategicPatch(list[index] as Fields, item, path)
}

function retained(target: Fields, keys: unknown): Fields {
  if (!Array.isArray(keys)) return { ...target }
  return Object.fromEntries(Object.entries(target).filter(([name]) => keys.includes(name)))
}

function removeValues(result: Fields, directive: string, values: unknown): void {
  const name = directive.slice('$deleteFromPrimitiveList/'.length)
  const list = result[name]
  if (!Array.isArray(list) || !Array.isArray(values)) return
  result[name] = list.filter((each) => !values.includes(each))
}

/** Items that the order names come in that order; others keep their place behind. */
function reorder(result: Fields, name: string, order: unknown, path: readonly string[]): void {
  const list = result[name]
  if (!Array.isArray(list) || !Array.isArray(order)) return
  const found = builtInListKeys([...path, name])
  const key = found?.kind === 'map' ? mergeKey(found.keys) : undefined
  const keyOf = (item: unknown): unknown => (key !== undefined && isFields(item) ? item[key] : item)
  const wanted = order.map(keyOf)
  const rank = (item: unknown): number => {
    const index = wanted.indexOf(keyOf(item))
    return index < 0 ? wanted.length : index
  }
  result[name] = [...(list as unknown[])].sort((one, other) => rank(one) - rank(other))
}

const withoutDirectives = (value: Fields): Fields => plain(value) as Fields

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (!isFields(value)) return value
  const kept = Object.entries(value).filter(([name, each]) => !name.startsWith('$') && each !== null)
  return Object.fromEntries(kept.map(([name, each]) => [name, plain(each)]))
}
