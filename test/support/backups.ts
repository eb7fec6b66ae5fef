// Builders of what a sync of a RedisBackup sees: the backup, its cluster, and what instances report.
import type { JobReport, BackupPlan, BackupReports } from '../../hooks/redisbackup/plan.ts'
import type { Request } from '../../hooks/redisbackup/observed.ts'
import type { RedisBackupStatus } from '../../hooks/redisbackup/recorded.ts'
import type { RedisBackupSpec } from '../../hooks/redisbackup/spec.ts'
import { sync } from '../../hooks/redisbackup/sync.ts'
import type { KubernetesObject } from '../../hooks/kubernetes.ts'
import { controlSecretName } from '../../hooks/rediscluster/names.ts'
import type { RedisClusterStatus } from '../../hooks/rediscluster/recorded.ts'
import { controlKeys, type InstanceStatus } from '../../instance/api.ts'
import type { BackupReport } from '../../instance/artifact.ts'
import {
  clusterName,
  clusterUID,
  ipOf,
  namespace,
  now,
  objectMap,
  reigning,
  reports,
  uidOf,
} from './builders.ts'

export const backupName = 'nightly'
export const backupUID = 'backup-uid'
export const token = 'control-token'

export function backupSpec(overrides: Partial<RedisBackupSpec> = {}): RedisBackupSpec {
  return {
    clusterName,
    target: 'prefer-replica',
    method: 'rdb',
    destination: { s3: { bucket: 'backups', path: 'cache' } },
    verify: false,
    ...overrides,
  }
}

/** Its Pods, by ordinal; the first is primary. */
export function instancesStatus(
  ...ordinals: readonly number[]
): NonNullable<RedisClusterStatus['instancesStatus']> {
  return Object.fromEntries(
    ordinals.map((ordinal) => [
      `${clusterName}-${ordinal}`,
      {
        uid: uidOf(ordinal),
        ip: ipOf(ordinal),
        role: ordinal === 0 ? 'primary' : 'replica',
        connected: true,
        ready: true,
      },
    ]),
  )
}

/** A RedisCluster of three that serves. */
export const seenCluster = (
  status: RedisClusterStatus = {},
): KubernetesObject & { status: RedisClusterStatus } => ({
  apiVersion: 'redis.io/v1',
  kind: 'RedisCluster',
  metadata: { name: clusterName, namespace, uid: clusterUID },
  status: reigning({ instancesStatus: instancesStatus(0, 1, 2), ...status }),
})

const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: controlSecretName(clusterName), namespace },
  data: { [controlKeys.token]: btoa(token) },
}

export interface Seen {
  readonly status?: RedisBackupStatus | undefined
  readonly spec?: Partial<RedisBackupSpec>
  readonly cluster?: KubernetesObject | undefined
}

/** A RedisBackup as it was created, of a cluster that serves; pass `cluster: undefined` for none. */
export function backupRequest(seen: Seen = {}): Request {
  const { status, spec } = seen
  const cluster = 'cluster' in seen ? seen.cluster : seenCluster()
  return {
    parent: {
      apiVersion: 'redis.io/v1',
      kind: 'RedisBackup',
      metadata: { name: backupName, namespace, uid: backupUID, generation: 1 },
      spec: backupSpec(spec),
      ...(status === undefined ? {} : { status }),
    },
    children: {},
    related: objectMap(cluster === undefined ? [] : [cluster, secret]),
    finalizing: false,
  }
}

export const heard = (...statuses: readonly InstanceStatus[]): BackupReports => ({
  instances: reports(...statuses),
})

export const jobIs = (job: JobReport, ...statuses: readonly InstanceStatus[]): BackupReports => ({
  ...heard(...statuses),
  job,
})

export function report(overrides: Partial<BackupReport> = {}): BackupReport {
  return {
    backupName,
    backupUID,
    phase: 'Running',
    step: 'Upload',
    artifactType: 'rdb',
    backupPath: 's3://backups/cache/nightly.rdb',
    objectKey: 'cache/nightly.rdb',
    startedAt: now.toISOString(),
    bytes: 45,
    totalBytes: 100,
    bytesPerSecond: 10,
    ...overrides,
  }
}

export const completedReport = (overrides: Partial<BackupReport> = {}): BackupReport =>
  report({
    phase: 'Completed',
    bytes: 100,
    completedAt: later(5).toISOString(),
    backupSize: 100,
    checksumSHA256: 'a'.repeat(64),
    redisVersion: '7.2.4',
    datasetBytes: 4096,
    ...overrides,
  })

export const answered = (of: BackupReport): JobReport => ({ kind: 'Answered', report: of })
export const unknownJob: JobReport = { kind: 'Unknown' }
export const silentJob: JobReport = { kind: 'Silent', reason: 'it does not answer in time' }

export const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000)

/** The plan, `seconds` after now. */
export const planAt = (seconds: number, seen: Seen, reported: BackupReports = heard()): BackupPlan =>
  sync(backupRequest(seen), reported, later(seconds))

/** What is recorded of the first attempt, on the replica 1, just begun. */
export function begun(overrides: RedisBackupStatus = {}): RedisBackupStatus {
  return {
    phase: 'Running',
    observedGeneration: 1,
    attempts: 1,
    targetPod: `${clusterName}-1`,
    targetPodUID: uidOf(1),
    startedAt: now.toISOString(),
    ...overrides,
  }
}

export const claimOf = (
  { status }: BackupPlan,
  type = 'Completed',
): readonly [string, string, string] | undefined => {
  const found = status.conditions?.find((condition) => condition.type === type)
  return found === undefined ? undefined : [found.status, found.reason, found.message]
}
