// The three-way merge of Metacontroller's dynamic apply: what we applied last, what is desired now, what is observed.
// Source: https://github.com/metacontroller/metacontroller/blob/v4.17.2/pkg/dynamic/apply/apply.go

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The first that all items of all three lists have in common makes them a map. */
const mergeKeys = ['containerPort', 'port', 'mountPath', 'name', 'uid', 'ip', 'path']

/** What we applied and no longer desire goes, what is desired comes, what others wrote stays. */
export function merge(observed: unknown, lastApplied: unknown, desired: unknown): unknown {
  if (isList(observed)) return mergeLists(observed, lastApplied, desired)
  if (isObject(observed)) return mergeObjects(observed, lastApplied, desired)
  return desired
}

export function mergeObjects(observed: JsonObject, lastApplied: unknown, desired: unknown): JsonObject {
  const last = isObject(lastApplied) ? lastApplied : {}
  const wanted = isObject(desired) ? desired : {}
  const kept = Object.entries(observed).filter(
    ([key]) => Object.hasOwn(wanted, key) || !Object.hasOwn(last, key),
  )
  const written = Object.entries(wanted).map(
    ([key, value]) => [key, merge(observed[key], last[key], value)] as const,
  )
  return { ...Object.fromEntries(kept), ...Object.fromEntries(written) }
}

function mergeLists(observed: readonly unknown[], lastApplied: unknown, desired: unknown): unknown {
  const last = isList(lastApplied) ? lastApplied : []
  const wanted = isList(desired) ? desired : []
  const mergeKey = commonMergeKey([...observed, ...last, ...wanted])
  // A list that is no map is replaced as a whole; what is no list leaves nothing behind.
  if (mergeKey === undefined) return isList(desired) ? desired : null
  // Numbers and texts that look alike are the same key.
  const keyOf = (item: unknown): string => {
    const key = (item as JsonObject)[mergeKey]
    return typeof key === 'string' ? key : JSON.stringify(key)
  }
  const asMap = (list: readonly unknown[]): JsonObject =>
    Object.fromEntries(list.map((item) => [keyOf(item), item]))
  const result = mergeObjects(asMap(observed), asMap(last), asMap(wanted))
  const order = observed.map(keyOf).filter((key) => Object.hasOwn(result, key))
  const added = [...new Set(wanted.map(keyOf))].filter((key) => !order.includes(key))
  return [...order, ...added].map((key) => result[key])
}

function commonMergeKey(items: readonly unknown[]): string | undefined {
  if (items.length === 0 || !items.every(isObject)) return undefined
  return mergeKeys.find((key) => items.every((item) => Object.hasOwn(item, key)))
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)
