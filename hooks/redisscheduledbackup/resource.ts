// The RedisScheduledBackup resource as a whole: its type, and the CRD made from its schemas.
import { crdFor } from '../crd.ts'
import type { KubernetesObject } from '../kubernetes.ts'
import { group, version } from '../rediscluster/names.ts'
import { kind, longestScheduleName, plural } from './names.ts'
import { RedisScheduledBackupStatus } from './recorded.ts'
import { RedisScheduledBackupSpec } from './spec.ts'

export interface RedisScheduledBackup extends KubernetesObject {
  readonly spec: RedisScheduledBackupSpec
  readonly status?: RedisScheduledBackupStatus
}

export function redisScheduledBackupCrd(): object {
  return crdFor({
    group,
    version,
    kind,
    plural,
    singular: 'redisscheduledbackup',
    shortNames: ['rsb'],
    categories: ['redis'],
    spec: RedisScheduledBackupSpec,
    status: RedisScheduledBackupStatus,
    printerColumns: [
      { name: 'Cluster', type: 'string', jsonPath: '.spec.clusterName' },
      { name: 'Schedule', type: 'string', jsonPath: '.spec.schedule' },
      { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
      { name: 'Last Backup', type: 'date', jsonPath: '.status.lastScheduleTime' },
      // As text: kubectl shows a date only as an age, and this one is yet to come.
      { name: 'Next', type: 'string', jsonPath: '.status.nextScheduleTime' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      { name: 'Last Success', type: 'date', jsonPath: '.status.lastSuccessfulTime', priority: 1 },
      { name: 'Reason', type: 'string', jsonPath: '.status.phaseReason', priority: 1 },
    ],
    validations: [
      {
        rule: `size(self.metadata.name) <= ${longestScheduleName}`,
        message: `the name of a RedisScheduledBackup has at most ${longestScheduleName} characters: those of its backups must fit in 63`,
      },
    ],
  })
}
