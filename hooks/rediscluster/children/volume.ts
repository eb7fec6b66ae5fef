// The volume claim of one ordinal: made once, grown when the StorageClass allows it, and kept when the cluster goes.
import type { OwnerReference } from '../../../metacontroller/contract.ts'
import type { PersistentVolumeClaim, StorageClass } from '../../kubernetes.ts'
import type { Blueprint } from '../blueprint.ts'
import { clusterLabels, labels, podName, volumeName } from '../names.ts'
import { allOf, find, kinds } from '../observed.ts'
import { quantityValue } from '../quantity.ts'
import { isDoomed } from '../volumes.ts'

export function desiredVolume(blueprint: Blueprint, ordinal: number): PersistentVolumeClaim {
  const { name, namespace, spec } = blueprint
  const claim = volumeName(name, ordinal)
  const observed = find(blueprint.request.children, kinds.volume, claim) as PersistentVolumeClaim | undefined
  // One that was adopted may be of another class, and cannot change it.
  const { storageClassName } = observed?.spec ?? spec.storage
  const keepers = spec.storage.reclaimPolicy === 'Retain' ? [namespaceOwner(blueprint)] : []
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claim,
      namespace,
      labels: { ...clusterLabels(name), [labels.instance]: podName(name, ordinal) },
      ...(keepers.length > 0 ? { ownerReferences: keepers } : {}),
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: requestedSize(blueprint, observed) } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  }
}

/** Why a wished growth cannot be requested, or undefined. */
export function growthRefusal(blueprint: Blueprint, observed: PersistentVolumeClaim): string | undefined {
  if (!wantsGrowth(blueprint, observed) || isExpandable(blueprint, observed)) return undefined
  const storageClass = observed.spec?.storageClassName ?? 'without a name'
  return `${stays(observed)}: StorageClass ${storageClass} does not allow volume expansion`
}

/** Why it is not requested yet, or undefined. */
export function growthDelay(blueprint: Blueprint, observed: PersistentVolumeClaim): string | undefined {
  return wantsGrowth(blueprint, observed) && !isBound(observed) && !isDoomed(observed)
    ? `${stays(observed)} until it is bound to a volume`
    : undefined
}

const stays = ({ metadata, spec }: PersistentVolumeClaim): string =>
  `${metadata.name} stays at ${spec?.resources?.requests?.storage ?? '?'}`

/**
 * A second owner that outlives the RedisCluster: garbage collection takes the claim only when both are gone.
 * Without it the data would go with the cluster, so its absence is no reason to go on.
 */
function namespaceOwner({ namespace, request }: Blueprint): OwnerReference {
  const uid = find(request.related, kinds.namespace, namespace)?.metadata.uid
  if (uid === undefined)
    throw new Error(
      `Namespace ${namespace} is not among the related objects: its UID is needed to retain volumes`,
    )
  return { apiVersion: 'v1', kind: 'Namespace', name: namespace, uid }
}

/** Never below what is observed: a volume cannot shrink, and asking for it fails every later sync. */
function requestedSize(blueprint: Blueprint, observed: PersistentVolumeClaim | undefined): string {
  const current = observed?.spec?.resources?.requests?.storage
  if (observed === undefined || current === undefined) return blueprint.spec.storage.size
  return wantsGrowth(blueprint, observed) && isBound(observed) && isExpandable(blueprint, observed)
    ? blueprint.spec.storage.size
    : current
}

function wantsGrowth({ spec }: Blueprint, observed: PersistentVolumeClaim): boolean {
  return quantityValue(spec.storage.size) > quantityValue(observed.spec?.resources?.requests?.storage ?? '0')
}

/** The API refuses any other to grow, and with it every later sync. */
const isBound = ({ status }: PersistentVolumeClaim): boolean => (status?.phase ?? 'Bound') === 'Bound'

function isExpandable({ request }: Blueprint, observed: PersistentVolumeClaim): boolean {
  const storageClass = allOf(request.related, kinds.storageClass).find(
    ({ metadata }) => metadata.name === observed.spec?.storageClassName,
  ) as StorageClass | undefined
  return storageClass?.allowVolumeExpansion === true
}
