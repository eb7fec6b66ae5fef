// The RedisBackup resource as a whole: its type, and the CRD made from its schemas.
import { crdFor } from '../crd.ts'
import type { KubernetesObject } from '../kubernetes.ts'
import { group, version } from '../rediscluster/names.ts'
import { kind, plural } from './names.ts'
import { RedisBackupStatus } from './recorded.ts'
import { RedisBackupSpec } from './spec.ts'

export interface RedisBackup extends KubernetesObject {
  readonly spec: RedisBackupSpec
  readonly status?: RedisBackupStatus
}

export function redisBackupCrd(): object {
  return crdFor({
    group,
    version,
    kind,
    plural,
    singular: 'redisbackup',
    shortNames: ['rb'],
    categories: ['redis'],
    spec: RedisBackupSpec,
    status: RedisBackupStatus,
    printerColumns: [
      { name: 'Cluster', type: 'string', jsonPath: '.spec.clusterName' },
      { name: 'Method', type: 'string', jsonPath: '.spec.method' },
      { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
      { name: 'Target', type: 'string', jsonPath: '.status.targetPod' },
      { name: 'Size', type: 'integer', jsonPath: '.status.backupSize' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      { name: 'Progress', type: 'string', jsonPath: '.status.progress', priority: 1 },
      { name: 'Path', type: 'string', jsonPath: '.status.backupPath', priority: 1 },
      { name: 'Error', type: 'string', jsonPath: '.status.error', priority: 1 },
    ],
    validations: [],
  })
}
