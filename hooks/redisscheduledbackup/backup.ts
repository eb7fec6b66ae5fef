// The RedisBackup of one schedule time.
import type { OwnerReference } from '../../metacontroller/contract.ts'
import { kind } from '../redisbackup/names.ts'
import type { RedisBackup } from '../redisbackup/resource.ts'
import { apiVersion, labels } from '../rediscluster/names.ts'
import { backupName, scheduleLabel } from './names.ts'
import { namespaceUid, type Request } from './observed.ts'

export function backupFor(request: Request, timeMs: number): RedisBackup {
  const { metadata, spec } = request.parent
  const { name, namespace = '' } = metadata
  const { clusterName, target, method, destination } = spec
  return {
    apiVersion,
    kind,
    metadata: {
      name: backupName(name, timeMs),
      namespace,
      labels: { [labels.cluster]: clusterName, [scheduleLabel]: name },
      ownerReferences: [namespaceOwner(request, namespace)],
    },
    spec: { clusterName, target, method, destination, verify: isToBeVerified(request) },
  }
}

/** Every so many, counted from the last; after a lost count at once. */
function isToBeVerified({ parent }: Request): boolean {
  const { verify, verifyEvery } = parent.spec
  const since = parent.status?.backupsSinceVerification
  return verify || (verifyEvery > 0 && (since === undefined || since + 1 >= verifyEvery))
}

/**
 * A second owner that outlives the schedule: garbage collection takes a backup only when both are gone. Without it the
 * backups would go with the schedule, so its absence is no reason to go on.
 */
function namespaceOwner(request: Request, namespace: string): OwnerReference {
  const uid = namespaceUid(request)
  if (uid === undefined)
    throw new Error(
      `Namespace ${namespace} is not among the related objects: its UID is needed for backups to outlive their schedule`,
    )
  return { apiVersion: 'v1', kind: 'Namespace', name: namespace, uid }
}
