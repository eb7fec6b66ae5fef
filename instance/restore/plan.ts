// Whether this Pod restores a backup before its redis-server starts: a rule over its volume, the RedisCluster and its name.
import { Value } from '@sinclair/typebox/value'
import { Bootstrap } from '../artifact.ts'
import type { ClusterView } from '../kubernetes/api.ts'
import type { ReignState } from '../reign/state.ts'

export type Plan =
  | { readonly kind: 'Restore'; readonly bootstrap: Bootstrap }
  /** It starts as any other does: empty, or as a replica. */
  | { readonly kind: 'Start' }
  | { readonly kind: 'Wait'; readonly reason: string }

/** Why nothing is ever restored to this volume, as a sentence; undefined for one that nobody has used. */
export function useOf(state: ReignState, dataset: string | undefined): string | undefined {
  if (dataset !== undefined) return `the volume holds data already (${dataset})`
  const epoch = Math.max(state.seen, state.openedEpoch, state.dataEpoch)
  return epoch > 0 ? `this volume knows epoch ${epoch} already: it has been part of a cluster` : undefined
}

/** A status that cannot be read may hide that the cluster was born long ago. */
export function planOf({ malformed, reign, bootstrap }: ClusterView, pod: string): Plan {
  if (malformed) return { kind: 'Wait', reason: 'the status of the RedisCluster cannot be read' }
  if (reign.currentEpoch !== undefined) return { kind: 'Start' }
  if (bootstrap === undefined)
    return { kind: 'Wait', reason: 'the operator has not said yet what to restore (status.bootstrap)' }
  if (!Value.Check(Bootstrap, bootstrap))
    return {
      kind: 'Wait',
      reason: 'status.bootstrap of the RedisCluster cannot be read: was the operator upgraded only in part?',
    }
  return bootstrap.pod === pod ? { kind: 'Restore', bootstrap } : { kind: 'Start' }
}
