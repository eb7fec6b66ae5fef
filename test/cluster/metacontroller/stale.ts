// Shows a parent now and then as it was before its latest status write, as a cache that lags behind would.
import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject } from '../client.ts'
import type { Change } from './cache.ts'
import { nameKey } from './object-map.ts'
import type { Random } from './random.ts'

export interface StaleView {
  readonly observe: (change: Change) => void
  /** A state that the parent really had: this one, or the one before, when the latest write was one of status. */
  readonly of: (current: KubernetesObject) => KubernetesObject
}

/** Caches lag by milliseconds: later the old state is never shown. */
const staleMilliseconds = 1000

export function startStaleView(probability: number, random: Random): StaleView {
  const before = new Map<string, { readonly parent: KubernetesObject; readonly until: number }>()
  const observe = ({ old, current }: Change): void => {
    if (old === undefined) return
    if (current !== undefined && isStatusWrite(old, current))
      before.set(nameKey(old), { parent: old, until: performance.now() + staleMilliseconds })
    else before.delete(nameKey(old))
  }
  const of = (current: KubernetesObject): KubernetesObject => {
    const earlier = before.get(nameKey(current))
    const mayShow = earlier !== undefined && performance.now() < earlier.until
    return mayShow && random() < probability ? earlier.parent : current
  }
  return { observe, of }
}

function isStatusWrite(old: KubernetesObject, current: KubernetesObject): boolean {
  const written = { resourceVersion: '', managedFields: [] }
  const bare = (object: KubernetesObject): unknown => ({
    ...object,
    status: {},
    metadata: { ...object.metadata, ...written },
  })
  return !isDeepStrictEqual(old['status'], current['status']) && isDeepStrictEqual(bare(old), bare(current))
}
