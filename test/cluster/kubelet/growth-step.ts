// How a bound claim grows, as the drivers behind a StorageClass do it: the next change of its status, or none for now.
import type { KubernetesObject } from '../client.ts'

export interface GrowthStep {
  /** Merged into the claim's status. */
  readonly status: object
  readonly kind: 'Resizing' | 'FileSystemResizePending' | 'Grown'
}

interface Fields {
  readonly spec?: {
    readonly resources?: { readonly requests?: { readonly storage?: string } }
    readonly storageClassName?: string
  }
  readonly status?: {
    readonly phase?: string
    readonly capacity?: { readonly storage?: string }
    readonly conditions?: readonly { readonly type: string }[]
  }
}

export const wantedSize = (claim: KubernetesObject): string | undefined =>
  fieldsOf(claim).spec?.resources?.requests?.storage

/**
 * The controller grows the volume, and then the node the file system, which the API calls pending until it is done: with most
 * drivers while it is mounted, within a minute or two. `isHeld`: this node does it only when it mounts the volume anew.
 */
export function growthStep(claim: KubernetesObject, isHeld: boolean, now: Date): GrowthStep | undefined {
  const { status = {} } = fieldsOf(claim)
  const storage = wantedSize(claim)
  const isGone = claim.metadata.deletionTimestamp !== undefined
  if (isGone || status.phase !== 'Bound' || !isMore(storage, status.capacity?.storage)) return undefined
  const { conditions = [] } = status
  const has = (type: string): boolean => conditions.some((condition) => condition.type === type)
  if (!has('Resizing')) return { kind: 'Resizing', status: { conditions: [condition('Resizing', now)] } }
  if (!has('FileSystemResizePending')) {
    const pending = condition('FileSystemResizePending', now)
    return { kind: 'FileSystemResizePending', status: { conditions: [...conditions, pending] } }
  }
  return isHeld ? undefined : { kind: 'Grown', status: { capacity: { storage }, conditions: null } }
}

const fieldsOf = (claim: KubernetesObject): Fields => claim as unknown as Fields

function condition(type: string, now: Date): object {
  return {
    type,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: now.toISOString().replace(/\.\d+/, ''),
  }
}

/** Shrinking is refused by the API: whatever differs is more. */
const isMore = (wanted: string | undefined, given: string | undefined): boolean =>
  wanted !== undefined && given !== undefined && wanted !== given
