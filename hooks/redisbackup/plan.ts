// What a sync of a RedisBackup takes in beside the request, and the plan it gives back: all of it data.
import type { BackupReport, BackupRequest } from '../../instance/artifact.ts'
import type { PlannedEvent } from '../rediscluster/event.ts'
import type { Address, InstanceReports } from '../rediscluster/plan.ts'
import type { RedisBackupStatus } from './recorded.ts'

/** What the target says about the job. */
export type JobReport =
  | { readonly kind: 'Answered'; readonly report: BackupReport }
  /** It answers, and knows of no such job. */
  | { readonly kind: 'Unknown' }
  | { readonly kind: 'Silent'; readonly reason: string }

export interface BackupReports {
  /** What was asked of instances, by Pod UID. */
  readonly instances: InstanceReports
  /** Of the target. */
  readonly job?: JobReport
}

/** Whom a sync needs to hear before it decides. */
export interface Questions {
  readonly statusOf: readonly Address[]
  readonly jobAt?: Address
}

/** The same twice is the same job: the instance knows it by name and UID. */
export interface StartBackup {
  readonly kind: 'StartBackup'
  readonly to: Address
  readonly cluster: string
  readonly body: BackupRequest
}

export interface BackupPlan {
  readonly status: RedisBackupStatus
  readonly resyncAfterSeconds: number
  readonly commands: readonly StartBackup[]
  readonly events: readonly PlannedEvent[]
  /** What was seen and decided, as one sentence for the log. */
  readonly decision: string
}

/** What the phases decide; the Events follow from it. */
export type Decided = Omit<BackupPlan, 'events'>
