// The one place that indexes Metacontroller's maps of children and related objects.
import type { KubernetesObject, ObjectMap, SyncRequest } from '../../metacontroller/contract.ts'
import type { Pod } from '../kubernetes.ts'
import type { Address } from './plan.ts'
import { kind } from './names.ts'
import type { RedisCluster } from './resource.ts'

export type Request = SyncRequest<RedisCluster>

/** Kinds as Metacontroller spells them in its maps. */
export const kinds = {
  pod: 'Pod.v1',
  volume: 'PersistentVolumeClaim.v1',
  secret: 'Secret.v1',
  configMap: 'ConfigMap.v1',
  service: 'Service.v1',
  serviceAccount: 'ServiceAccount.v1',
  role: 'Role.rbac.authorization.k8s.io/v1',
  roleBinding: 'RoleBinding.rbac.authorization.k8s.io/v1',
  disruptionBudget: 'PodDisruptionBudget.policy/v1',
  namespace: 'Namespace.v1',
  storageClass: 'StorageClass.storage.k8s.io/v1',
  backup: 'RedisBackup.redis.io/v1',
} as const
export type Kind = (typeof kinds)[keyof typeof kinds]

/** All observed objects of one kind, by name. */
export function allOf(map: ObjectMap, of: Kind): readonly KubernetesObject[] {
  return Object.values(map[of] ?? {}).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

export function find(map: ObjectMap, of: Kind, name: string): KubernetesObject | undefined {
  return allOf(map, of).find((object) => object.metadata.name === name)
}

export const isTerminating = (object: KubernetesObject): boolean =>
  object.metadata.deletionTimestamp !== undefined

/** The Pods that this RedisCluster owns, by UID: a label or a name alone proves nothing. */
export function ownedPods(request: Request): readonly Pod[] {
  const owner = request.parent.metadata.uid
  return allOf(request.children, kinds.pod).filter((pod): pod is Pod =>
    (pod.metadata.ownerReferences ?? []).some(
      (reference) => reference.uid === owner && reference.kind === kind && reference.controller === true,
    ),
  )
}

/**
 * Whom to poll: the Pods that the parent owns, and the contenders that its status remembers although their Pods are gone
 * (a force-deleted Pod's process may live on, and must be told). Nothing else in a request is ever contacted.
 */
export function addressesToPoll(request: Request): readonly Address[] {
  const byUid = new Map<string, Address>()
  for (const { uid, name, ip } of request.parent.status?.contenders ?? []) {
    if (ip !== undefined) byUid.set(uid, { uid, name, ip })
  }
  for (const pod of ownedPods(request)) {
    const { uid, name } = pod.metadata
    const ip = pod.status?.podIP
    if (uid !== undefined && ip !== undefined) byUid.set(uid, { uid, name, ip })
  }
  return [...byUid.values()].sort((a, b) => (a.uid < b.uid ? -1 : 1))
}
