// Sorts the volume claims of a cluster by what is the matter with them, each into one list.
import type { PersistentVolumeClaim } from '../kubernetes.ts'
import type { Instance } from './facts.ts'
import { annotations, ordinalOfVolume } from './names.ts'
import { allOf, isTerminating, kinds, type Request } from './observed.ts'
import { quantityValue } from './quantity.ts'
import type { RedisClusterStatus } from './recorded.ts'

/** Unusable: no instance can go on with it. Resizing: grows. Healthy: in use. Dangling: no instance belongs to it. */
export type VolumeState = 'healthyPVC' | 'resizingPVC' | 'unusablePVC' | 'danglingPVC'

export type VolumeLists = Pick<RedisClusterStatus, VolumeState>

export const claimsOf = (request: Request): readonly PersistentVolumeClaim[] =>
  allOf(request.children, kinds.volume)

/** `used` are the ordinals of the instances that exist, or are to exist. */
export function volumeLists(request: Request, cluster: string, used: readonly number[]): VolumeLists {
  const sorted = claimsOf(request).map((claim) => {
    const ordinal = ordinalOfVolume(cluster, claim.metadata.name)
    const isUsed = ordinal !== undefined && used.includes(ordinal)
    return [claim.metadata.name, stateOf(claim, isUsed), ordinal ?? 0] as const
  })
  sorted.sort(([, , a], [, , b]) => a - b)
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

export const doomedVolumes = (request: Request): readonly string[] =>
  claimsOf(request)
    .filter(isDoomed)
    .map(({ metadata }) => metadata.name)

/** The data on it go with the Pod that uses it, whoever replaces that. */
export const isDoomed = (claim: PersistentVolumeClaim): boolean => isTerminating(claim) || isLost(claim)

/** Said of the Pod. */
export const unmountFirst = 'must restart so that the file system of its volume grows'

/** Why its instance must be replaced before it can be used on, as a clause; undefined when it need not. */
export function whyVolumeNeedsRestart(
  instance: Pick<Instance, 'claim' | 'pod'>,
  now: Date,
): string | undefined {
  const { claim } = instance
  if (claim === undefined) return undefined
  if (isTerminating(claim)) return 'has a volume that is being deleted'
  if (claim.status?.phase === 'Lost') return 'has lost its volume'
  return needsUnmount(instance, now) ? unmountFirst : undefined
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

/** Kubelet looks after a mounted file system every minute or two. */
const mountedGrowthSeconds = 180

/**
 * Most drivers set the condition, and then kubelet grows the file system while it is mounted. Where it cannot, the condition
 * stays until a Pod mounts the volume anew. One that did so in vain is left alone: another would do no better.
 */
export function needsUnmount({ claim, pod }: Pick<Instance, 'claim' | 'pod'>, now: Date): boolean {
  const since = claim && unmountedSince(claim)
  if (since === undefined || pod?.metadata.annotations?.[annotations.mounted] === since) return false
  return now.getTime() - Date.parse(since) >= mountedGrowthSeconds * 1000
}

/** Since when its file system has been waiting to grow, as the API tells it. */
export function unmountedSince({ status }: PersistentVolumeClaim): string | undefined {
  const pending = (status?.conditions ?? []).find(
    (condition) => condition.type === 'FileSystemResizePending' && condition.status === 'True',
  )
  return pending?.lastTransitionTime ?? undefined
}
