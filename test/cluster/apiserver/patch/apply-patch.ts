// Server-side apply: merges what a manager wants, and takes away what it applied before and no longer wants.
//
// A real server keeps ownership of fields in metadata.managedFields. This one keeps each manager's last applied
// configuration beside the objects, which decides the same questions as long as managers apply and do not update.
import { Failure } from '../failure.ts'
import { isEqual, isFields, type Fields } from '../object.ts'
import type { FindListKeys } from './list-keys.ts'

/** What managers applied last, by object and manager. */
export type Applied = Map<string, ReadonlyMap<string, Fields>>

export interface ApplyRequest {
  readonly manager: string
  readonly force: boolean
  readonly config: Fields
  readonly listKeys: FindListKeys
}

export function applyPatch(
  target: Fields,
  previous: ReadonlyMap<string, Fields>,
  request: ApplyRequest,
): Fields {
  const { manager, config, listKeys, force } = request
  const others = [...previous].filter(([name]) => name !== manager)
  if (!force) refuseConflicts(target, others, config, listKeys)
  const before = previous.get(manager) ?? {}
  const owned = others.map(([, other]) => other)
  return merged(
    without(target, before, config, owned, { listKeys, path: [] }),
    config,
    listKeys,
    [],
  ) as Fields
}

function merged(target: unknown, config: unknown, listKeys: FindListKeys, path: readonly string[]): unknown {
  if (isFields(config)) {
    const result: Fields = isFields(target) ? { ...target } : {}
    for (const [name, value] of Object.entries(config)) {
      if (value !== null) result[name] = merged(result[name], value, listKeys, [...path, name])
    }
    return result
  }
  if (!Array.isArray(config)) return config
  const found = listKeys(path)
  if (found === undefined || !Array.isArray(target)) return config
  if (found.kind === 'set') return [...new Set([...(target as unknown[]), ...(config as unknown[])])]
  return mergedItems(target as unknown[], config as unknown[], found.keys, (one, other) =>
    merged(one, other, listKeys, path),
  )
}

function mergedItems(
  target: readonly unknown[],
  config: readonly unknown[],
  keys: readonly string[],
  merge: (one: unknown, other: unknown) => unknown,
): unknown[] {
  const result = [...target]
  for (const item of config) {
    const index = result.findIndex((each) => isSameItem(each, item, keys))
    if (index < 0) result.push(item)
    else result[index] = merge(result[index], item)
  }
  return result
}

interface Where {
  readonly listKeys: FindListKeys
  readonly path: readonly string[]
}

/** The target without what was applied before, is not wanted now, and nobody else applied. */
function without(
  target: unknown,
  before: unknown,
  config: unknown,
  others: readonly unknown[],
  where: Where,
): unknown {
  if (isFields(target) && isFields(before)) {
    const result: Fields = { ...target }
    for (const [name, value] of Object.entries(before)) {
      const below = others.map((other) => (isFields(other) ? other[name] : undefined))
      const wanted = isFields(config) ? config[name] : undefined
      const deeper = { ...where, path: [...where.path, name] }
      const kept = without(result[name], value, wanted, below, deeper)
      if (kept === undefined) Reflect.deleteProperty(result, name)
      else result[name] = kept
    }
    const isEmptied = Object.keys(result).length === 0 && Object.keys(target).length > 0
    return isEmptied && config === undefined && others.every((other) => other === undefined)
      ? undefined
      : result
  }
  if (Array.isArray(target) && Array.isArray(before) && where.listKeys(where.path) !== undefined)
    return withoutItems(target, before, config, others, where)
  const isClaimed = config !== undefined || others.some((other) => other !== undefined)
  return isClaimed || before === undefined ? target : undefined
}

function withoutItems(
  target: readonly unknown[],
  before: readonly unknown[],
  config: unknown,
  others: readonly unknown[],
  where: Where,
): unknown[] | undefined {
  const found = where.listKeys(where.path)
  const keys = found?.kind === 'map' ? found.keys : undefined
  const inList = (list: unknown, item: unknown): unknown =>
    Array.isArray(list) ? (list as unknown[]).find((each) => isSameItem(each, item, keys)) : undefined
  const kept = target.flatMap((item) => {
    const was = inList(before, item)
    if (was === undefined) return [item]
    const wanted = inList(config, item)
    const theirs = others.map((other) => inList(other, item))
    if (wanted === undefined && theirs.every((each) => each === undefined)) return []
    return [without(item, was, wanted, theirs, where)]
  })
  return kept.length === 0 && config === undefined ? undefined : kept
}

function isSameItem(one: unknown, other: unknown, keys: readonly string[] | undefined): boolean {
  if (keys === undefined || !isFields(one) || !isFields(other)) return isEqual(one, other)
  return keys.every((key) => isEqual(one[key] ?? defaultKey(key), other[key] ?? defaultKey(key)))
}

const defaultKey = (key: string): unknown => (key === 'protocol' ? 'TCP' : undefined)

function refuseConflicts(
  target: Fields,
  others: readonly (readonly [string, Fields])[],
  config: Fields,
  listKeys: FindListKeys,
): void {
  const conflicts = others.flatMap(([name, other]) =>
    differences(other, config, target, { listKeys, path: [] }).map((field) => ({ name, field })),
  )
  const [first] = conflicts
  if (first === undefined) return
  const lines = conflicts.map(({ name, field }) => `conflict with ${JSON.stringify(name)}: ${field}`)
  const plural = conflicts.length === 1 ? 'conflict' : 'conflicts'
  throw new Failure(409, 'Conflict', `Apply failed with ${conflicts.length} ${plural}: ${lines.join(', ')}`, {
    causes: conflicts.map(({ name, field }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${JSON.stringify(name)}`,
      field,
    })),
  })
}

/** Leaves that both applied, with another value, and that still have the other's value. */
function differences(other: unknown, config: unknown, target: unknown, where: Where): readonly string[] {
  const { listKeys, path } = where
  if (isFields(other) && isFields(config)) {
    const shared = Object.keys(config).filter((name) => name in other && !isIdentity(path, name))
    return shared.flatMap((name) =>
      differences(other[name], config[name], isFields(target) ? target[name] : undefined, {
        listKeys,
        path: [...path, name],
      }),
    )
  }
  if (Array.isArray(other) && Array.isArray(config) && listKeys(path)?.kind === 'map') return []
  return isEqual(other, config) || isEqual(config, target) ? [] : [`.${path.join('.')}`]
}

const isIdentity = (path: readonly string[], name: string): boolean =>
  (path.length === 0 && ['apiVersion', 'kind'].includes(name)) ||
  (path.length === 1 && path[0] === 'metadata' && ['name', 'namespace'].includes(name))
