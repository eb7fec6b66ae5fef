// Builders of what a sync of a RedisScheduledBackup sees, and a small world in which its answers are carried out.
import type { KubernetesObject } from '../../hooks/kubernetes.ts'
import type { RedisBackupStatus } from '../../hooks/redisbackup/recorded.ts'
import type { RedisBackup } from '../../hooks/redisbackup/resource.ts'
import { childKinds } from '../../hooks/redisscheduledbackup/controller.ts'
import { backupName } from '../../hooks/redisscheduledbackup/names.ts'
import type { Request } from '../../hooks/redisscheduledbackup/observed.ts'
import type { SchedulePlan } from '../../hooks/redisscheduledbackup/plan.ts'
import type { RedisScheduledBackupStatus } from '../../hooks/redisscheduledbackup/recorded.ts'
import type { RedisScheduledBackupSpec } from '../../hooks/redisscheduledbackup/spec.ts'
import { sync } from '../../hooks/redisscheduledbackup/sync.ts'
import { violationsOf } from '../../metacontroller/validate.ts'
import { backupSpec } from './backups.ts'
import { namespace, objectMap } from './builders.ts'

export const scheduleName = 'nightly'
export const createdAt = '2026-03-01T10:00:00Z'

/** At 03:00 every day. */
export function scheduleSpec(overrides: Partial<RedisScheduledBackupSpec> = {}): RedisScheduledBackupSpec {
  return {
    ...backupSpec(),
    schedule: '0 3 * * *',
    timeZone: 'UTC',
    verifyEvery: 0,
    suspend: false,
    successfulBackupsHistoryLimit: 3,
    failedBackupsHistoryLimit: 3,
    concurrencyPolicy: 'Forbid',
    ...overrides,
  }
}

export interface Seen {
  readonly spec?: Partial<RedisScheduledBackupSpec>
  readonly status?: RedisScheduledBackupStatus | undefined
  readonly children?: readonly KubernetesObject[]
  readonly metadata?: Partial<KubernetesObject['metadata']>
  readonly related?: readonly KubernetesObject[]
}

export const keeper: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: namespace, uid: 'ns1' },
}

export function scheduleRequest({
  spec,
  status,
  children = [],
  metadata,
  related = [keeper],
}: Seen = {}): Request {
  return {
    parent: {
      apiVersion: 'redis.io/v1',
      kind: 'RedisScheduledBackup',
      metadata: {
        name: scheduleName,
        namespace,
        uid: 'schedule-uid',
        generation: 1,
        creationTimestamp: createdAt,
        ...metadata,
      },
      spec: scheduleSpec(spec),
      ...(status === undefined ? {} : { status }),
    },
    children: objectMap(children),
    related: objectMap(related),
    finalizing: false,
  }
}

export const nameAt = (time: string): string => backupName(scheduleName, Date.parse(time))

/** A backup of the schedule as it is observed. */
export function backupAt(
  time: string,
  phase?: RedisBackupStatus['phase'],
  more: RedisBackupStatus = {},
): RedisBackup {
  const isOver = phase === 'Completed' || phase === 'Failed'
  const completedAt = new Date(Date.parse(time) + 60_000).toISOString()
  const status = { ...(isOver ? { completedAt } : {}), ...(phase === undefined ? {} : { phase }), ...more }
  return {
    apiVersion: 'redis.io/v1',
    kind: 'RedisBackup',
    metadata: { name: nameAt(time), namespace, uid: nameAt(time) },
    spec: backupSpec(),
    ...(phase === undefined ? {} : { status }),
  }
}

/** Of an answer that may be sent; throws where it would be held back. */
export function planAt(time: string, seen: Seen = {}): SchedulePlan {
  const request = scheduleRequest(seen)
  const plan = sync(request, new Date(time))
  const { status, children, resyncAfterSeconds, deletions } = plan
  const answer = JSON.parse(JSON.stringify({ status, children, resyncAfterSeconds })) as typeof plan
  const violations = violationsOf(answer, { request, childKinds, deletions, namespace })
  if (violations.length > 0) throw new Error(violations.join('; '))
  return plan
}

export const namesOf = (objects: readonly KubernetesObject[]): readonly string[] =>
  objects.map(({ metadata }) => metadata.name)

/** The backups that a plan makes. */
export function madeBy(plan: SchedulePlan, { children = [] }: Seen): readonly RedisBackup[] {
  const before = namesOf(children)
  return plan.children.filter(({ metadata }) => !before.includes(metadata.name)) as RedisBackup[]
}

/** What the next sync sees when this one was carried out. */
export const after = (seen: Seen, { status, children }: SchedulePlan): Seen => ({ ...seen, status, children })
