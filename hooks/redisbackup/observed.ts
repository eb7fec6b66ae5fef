// What a sync of a RedisBackup sees: the one place that looks into Metacontroller's map of related objects.
import type { KubernetesObject, SyncRequest } from '../../metacontroller/contract.ts'
import { apiVersion, controlSecretName, kind as clusterKind, ordinalOf } from '../rediscluster/names.ts'
import { find, isTerminating, kinds } from '../rediscluster/observed.ts'
import type { Address } from '../rediscluster/plan.ts'
import type { RedisCluster } from '../rediscluster/resource.ts'
import type { RedisBackup } from './resource.ts'

export type Request = SyncRequest<RedisBackup>

const clusterKey = `${clusterKind}.${apiVersion}`

/** The RedisCluster to back up; one that is being deleted counts no more. */
export function clusterOf({ parent, related }: Request): RedisCluster | undefined {
  const { clusterName } = parent.spec
  const clusters = Object.values(related[clusterKey] ?? {})
  const found = clusters.find(({ metadata }) => metadata.name === clusterName)
  return found === undefined || isTerminating(found) ? undefined : (found as RedisCluster)
}

export function controlSecretOf({ parent, related }: Request): KubernetesObject | undefined {
  return find(related, kinds.secret, controlSecretName(parent.spec.clusterName))
}

/** Instances may lack what the spec gives them by now: a Pod gets its credentials when it is made anew. */
export function isBeingUpdated({ metadata, status = {} }: RedisCluster): boolean {
  const applied = status.conditions?.find(({ type }) => type === 'SpecApplied')
  return applied?.status === 'False' || (status.observedGeneration ?? 0) < (metadata.generation ?? 1)
}

export interface Candidate extends Address {
  readonly ordinal: number
}

/**
 * The instances of the cluster, by ordinal, as its status shows them: only the operator writes that status, from the
 * Pods that the cluster owns. Nothing else in a request is ever contacted.
 */
export function instancesOf(cluster: RedisCluster): readonly Candidate[] {
  const states = Object.entries(cluster.status?.instancesStatus ?? {})
  return states
    .flatMap(([name, { uid, ip }]): readonly Candidate[] => {
      const ordinal = ordinalOf(cluster.metadata.name, name)
      return ip === undefined || ordinal === undefined ? [] : [{ uid, name, ip, ordinal }]
    })
    .sort((a, b) => a.ordinal - b.ordinal)
}

export type Target =
  | { readonly kind: 'Known'; readonly address: Address }
  /** The Pod is there, but has no address at the moment. */
  | { readonly kind: 'Unreachable' }
  | { readonly kind: 'Gone' }

/** The Pod that runs the backup, told by its UID: another one of the same name knows nothing of it. */
export function targetOf(request: Request): Target {
  const { targetPod = '', targetPodUID } = request.parent.status ?? {}
  const state = clusterOf(request)?.status?.instancesStatus?.[targetPod]
  if (state === undefined || state.uid !== targetPodUID) return { kind: 'Gone' }
  const { uid, ip } = state
  return ip === undefined ? { kind: 'Unreachable' } : { kind: 'Known', address: { uid, name: targetPod, ip } }
}
