// The objects of one kind as last seen, and the changes between two sights.
import type { KubernetesObject } from '../client.ts'
import { nameKey } from './object-map.ts'

/** Without `old` the object is new, without `current` it is gone. */
export interface Change {
  readonly old?: KubernetesObject
  readonly current?: KubernetesObject
}

export interface Cache {
  /** By `namespace/name`. */
  readonly objects: ReadonlyMap<string, KubernetesObject>
  readonly set: (current: KubernetesObject) => void
  readonly remove: (gone: KubernetesObject) => void
  /** After a list: what it does not hold is gone. */
  readonly replace: (all: readonly KubernetesObject[]) => void
  /** Tells what is there already, then each change; the returned function ends it. */
  readonly subscribe: (tell: (change: Change) => void) => () => void
}

export function createCache(): Cache {
  const objects = new Map<string, KubernetesObject>()
  const listeners = new Set<(change: Change) => void>()
  const tellAll = (change: Change): void => listeners.forEach((tell) => tell(change))

  const set = (current: KubernetesObject): void => {
    const old = objects.get(nameKey(current))
    objects.set(nameKey(current), current)
    tellAll(old === undefined ? { current } : { old, current })
  }
  const remove = (gone: KubernetesObject): void => {
    if (objects.delete(nameKey(gone))) tellAll({ old: gone })
  }
  const replace = (all: readonly KubernetesObject[]): void => {
    const names = new Set(all.map(nameKey))
    for (const object of [...objects.values()]) if (!names.has(nameKey(object))) remove(object)
    all.forEach(set)
  }
  const subscribe = (tell: (change: Change) => void): (() => void) => {
    listeners.add(tell)
    for (const current of objects.values()) tell({ current })
    return () => void listeners.delete(tell)
  }
  return { objects, set, remove, replace, subscribe }
}
