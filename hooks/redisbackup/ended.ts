// How an attempt ends: with an artifact, with another attempt after a pause, or with a reason and for good.
import type { BackupReport } from '../../instance/artifact.ts'
import { completedClaim, verifiedClaim, withTimes, type Claim } from './conditions.ts'
import type { Request } from './observed.ts'
import { history } from './pending.ts'
import type { Decided } from './plan.ts'
import type { FailedAttempt, RedisBackupStatus } from './recorded.ts'
import { mostAttempts, pausesSeconds, resync } from './timings.ts'

export type Failure = Pick<FailedAttempt, 'reason' | 'message' | 'jobStartedAt'>

/** An artifact that was seen not to restore is no backup: it is told where it lies, and called failed. */
export function completed(request: Request, report: BackupReport, now: Date): Decided {
  const { verification, backupPath } = report
  if (verification?.kind === 'Failed') {
    const message = `${backupPath} was written, but does not restore: ${verification.reason}`
    return failed(request, { reason: 'DoesNotRestore', message }, now, report)
  }
  const claims = [
    completedClaim('True', 'Completed', `the artifact is ${backupPath}`),
    verifiedClaim(verification),
  ]
  const status = { ...attemptOf(request, report, now), ...artifactOf(report) }
  return ended(request, { ...status, phase: 'Completed' }, claims, now)
}

/** Another attempt, as long as there are any, after a pause that grows. */
export function failedAttempt(request: Request, failure: Failure, now: Date): Decided {
  const { status = {} } = request.parent
  const { attempts = 1, targetPod = '' } = status
  const pauseSeconds = pausesSeconds[attempts - 1]
  if (pauseSeconds === undefined) return failed(request, failure, now)
  const message = `attempt ${attempts} of ${mostAttempts} on ${targetPod} failed and is made again: ${sentence(failure)}`
  return again(request, failure, { message, attempts, pauseSeconds }, now)
}

/** The instance is still to get what it needs: that is no attempt. */
export function untimely(request: Request, failure: Failure, now: Date): Decided {
  const { attempts = 1, targetPod = '' } = request.parent.status ?? {}
  const message = `${targetPod} has no credentials while its RedisCluster is being updated: it is tried again. ${sentence(failure)}`
  return again(request, failure, { message, attempts: attempts - 1, pauseSeconds: resync.pending }, now)
}

interface Again {
  readonly message: string
  readonly attempts: number
  readonly pauseSeconds: number
}

function again(request: Request, failure: Failure, { message, ...next }: Again, now: Date): Decided {
  const { status = {} } = request.parent
  const { targetPod = '', targetPodUID = '' } = status
  const { attempts, pauseSeconds } = next
  const claim = completedClaim('False', 'Retrying', message)
  return {
    status: {
      ...history(status),
      phase: 'Pending',
      attempts,
      lastFailure: { ...failure, message: failure.message.slice(0, 1024), targetPod, targetPodUID },
      retryAt: new Date(now.getTime() + pauseSeconds * 1000).toISOString(),
      conditions: withTimes([claim], request.parent, now),
    },
    resyncAfterSeconds: Math.min(pauseSeconds, resync.pending),
    commands: [],
    decision: `Running → Pending: ${claim.message}`,
  }
}

export function failed(request: Request, failure: Failure, now: Date, report?: BackupReport): Decided {
  const error = sentence(failure)
  const artifact = report?.phase === 'Completed' ? artifactOf(report) : {}
  const status = { ...attemptOf(request, report, now), ...artifact, error: error.slice(0, 2048) }
  return ended(request, { ...status, phase: 'Failed' }, [completedClaim('False', failure.reason, error)], now)
}

function ended(request: Request, status: RedisBackupStatus, claims: readonly Claim[], now: Date): Decided {
  return {
    status: { ...status, conditions: withTimes(claims, request.parent, now) },
    resyncAfterSeconds: resync.ended,
    commands: [],
    decision: `Running → ${status.phase ?? ''}: ${claims[0]?.message ?? ''}`,
  }
}

/** Both times by the clock of the instance, where it told them. */
function attemptOf({ parent }: Request, report: BackupReport | undefined, now: Date): RedisBackupStatus {
  const { targetPod, targetPodUID, startedAt } = parent.status ?? {}
  const began = timeOf(report?.startedAt) ?? startedAt
  return {
    ...history(parent.status),
    ...(targetPod === undefined ? {} : { targetPod }),
    ...(targetPodUID === undefined ? {} : { targetPodUID }),
    ...(began === undefined ? {} : { startedAt: began }),
    completedAt: timeOf(report?.completedAt) ?? now.toISOString(),
  }
}

/** As the API server takes it; undefined for what is no time. */
function timeOf(text = ''): string | undefined {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}

function artifactOf(report: BackupReport): RedisBackupStatus {
  const { backupPath, objectKey, artifactType, verification } = report
  const { backupSize, checksumSHA256, redisVersion, datasetBytes } = report
  const keys = verification?.kind === 'Verified' ? verification.keys : undefined
  return {
    backupPath,
    objectKey,
    artifactType,
    ...(backupSize === undefined ? {} : { backupSize }),
    ...(checksumSHA256 === undefined ? {} : { checksumSHA256 }),
    ...(redisVersion === undefined ? {} : { redisVersion }),
    ...(datasetBytes === undefined ? {} : { datasetBytes }),
    ...(keys === undefined ? {} : { keys }),
    ...(verification === undefined ? {} : { verification }),
  }
}

const sentence = ({ reason, message }: Failure): string => `${reason}: ${message}`
