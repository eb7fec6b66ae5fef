// Sorts the volume claims of a cluster by what is the matter with them, each into one list.
import type { PersistentVolumeClaim } from '../kubernetes.ts'
import { ordinalOfVolume } from './names.ts'
import { allOf, isTerminating, kinds, type Request } from './observed.ts'
import { quantityValue } from './quantity.ts'
import type { RedisClusterStatus } from './recorded.ts'

/** Unusable: no instance can go on with it. Resizing: grows. Healthy: in use. Dangling: no instance belongs to it. */
export type VolumeState = 'healthyPVC' | 'resizingPVC' | 'unusablePVC' | 'danglingPVC'

export type VolumeLists = Pick<RedisClusterStatus, VolumeState>

export const claimsOf = (request: Request): readonly PersistentVolumeClaim[] =>
  allOf(request.children, kinds.volume)

/** `used` are the ordinals of the instances that exist. */
export function volumeLists(request: Request, cluster: string, used: readonly number[]): VolumeLists {
  const sorted = claimsOf(request).map((claim) => {
    const ordinal = ordinalOfVolume(cluster, claim.metadata.name)
    return [claim.metadata.name, stateOf(claim, ordinal !== undefined && used.includes(ordinal))] as const
  })
  const lists = [...new Set(sorted.map(([, state]) => state))].sort()
  return Object.fromEntries(
    lists.map((list) => [list, sorted.filter(([, state]) => state === list).map(([name]) => name)]),
  )
}

/** Lost, and used by nobody any more: their objects only stand in the way of new ones. */
export function lostVolumes(request: Request, cluster: string, used: readonly number[]): readonly string[] {
  return claimsOf(request)
    .filter((claim) => isLost(claim) && !isTerminating(claim))
    .map(({ metadata }) => metadata.name)
    .filter((name) => !used.includes(ordinalOfVolume(cluster, name) ?? -1))
}

/** The data on it go with the Pod that uses it, whoever replaces that. */
export const isDoomed = (claim: PersistentVolumeClaim): boolean => isTerminating(claim) || isLost(claim)

/** Why its instance must be replaced before it can be used on, as a clause; undefined when it need not. */
export function whyVolumeNeedsRestart(claim: PersistentVolumeClaim): string | undefined {
  if (isTerminating(claim)) return 'has a volume that is being deleted'
  if (claim.status?.phase === 'Lost') return 'has lost its volume'
  return needsUnmount(claim) ? 'must restart so that the file system of its volume grows' : undefined
}

const isLost = ({ status }: PersistentVolumeClaim): boolean => status?.phase === 'Lost'

function stateOf(claim: PersistentVolumeClaim, isUsed: boolean): VolumeState {
  if (isDoomed(claim)) return 'unusablePVC'
  // Also while its Pod restarts, which some drivers need for it.
  if (isGrowing(claim)) return 'resizingPVC'
  return isUsed ? 'healthyPVC' : 'danglingPVC'
}

/** What a storage driver has not done yet; before it is bound a claim has no capacity to speak of. */
export function isGrowing(claim: PersistentVolumeClaim): boolean {
  const capacity = claim.status?.capacity?.storage
  const wanted = claim.spec?.resources?.requests?.storage
  if (capacity === undefined || wanted === undefined) return false
  return quantityValue(wanted) > quantityValue(capacity)
}

/** Set by the driver that grows a file system only while no Pod uses it. */
export const needsUnmount = ({ status }: PersistentVolumeClaim): boolean =>
  (status?.conditions ?? []).some(
    (condition) => condition.type === 'FileSystemResizePending' && condition.status === 'True',
  )
