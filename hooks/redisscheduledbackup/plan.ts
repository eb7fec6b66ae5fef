// The plan that a sync of a RedisScheduledBackup gives back: all of it data.
import type { KubernetesObject } from '../kubernetes.ts'
import type { PlannedEvent } from '../rediscluster/event.ts'
import type { Deletion } from '../rediscluster/plan.ts'
import type { RedisScheduledBackupStatus } from './recorded.ts'

export interface SchedulePlan {
  readonly status: RedisScheduledBackupStatus
  readonly children: readonly KubernetesObject[]
  readonly deletions: readonly Deletion[]
  readonly events: readonly PlannedEvent[]
  readonly resyncAfterSeconds: number
  /** What was seen and decided, as one sentence for the log. */
  readonly decision: string
}
