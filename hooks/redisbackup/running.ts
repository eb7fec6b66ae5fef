// A RedisBackup whose target is recorded: what the job there has come to, and what follows from it.
import type { BackupReport } from '../../instance/artifact.ts'
import { completedClaim, withTimes } from './conditions.ts'
import { completed, failed, failedAttempt, untimely, type Failure } from './ended.ts'
import { clusterOf, isBeingUpdated, targetOf, type Request } from './observed.ts'
import { attemptMessage, waiting } from './pending.ts'
import type { BackupReports, Decided, StartBackup } from './plan.ts'
import type { RedisBackupStatus } from './recorded.ts'
import { resync, silentSeconds, startSeconds } from './timings.ts'

export function running(request: Request, reports: BackupReports, now: Date): Decided {
  const target = targetOf(request)
  const { targetPod = '' } = request.parent.status ?? {}
  if (target.kind === 'Gone') {
    const message = `Pod ${targetPod} is gone, and the backup that it ran with it`
    return failedAttempt(request, { reason: 'PodGone', message }, now)
  }
  const { job = { kind: 'Silent', reason: 'it has no address' } } = reports
  switch (job.kind) {
    case 'Silent':
      return silent(request, job.reason, now)
    case 'Unknown':
      return unknown(request, reports, now)
    case 'Answered':
      return isOurs(request, job.report) ? reported(request, job.report, now) : unknown(request, reports, now)
  }
}

/** Not an earlier RedisBackup of the same name, and not the attempt that failed before on the same instance. */
function isOurs({ parent }: Request, { backupUID, phase, startedAt }: BackupReport): boolean {
  const { lastFailure, targetPodUID } = parent.status ?? {}
  const isLast = lastFailure?.targetPodUID === targetPodUID && lastFailure?.jobStartedAt === startedAt
  return backupUID === parent.metadata.uid && !(phase === 'Failed' && isLast)
}

function reported(request: Request, report: BackupReport, now: Date): Decided {
  switch (report.phase) {
    case 'Running':
      return goingOn(request, progressOf(report), now)
    case 'Completed':
      return completed(request, report, now)
    case 'Failed': {
      const {
        reason = 'Unknown',
        detail = 'the instance gave no reason',
        retriable = true,
      } = report.error ?? {}
      const failure = { reason, message: detail, jobStartedAt: report.startedAt }
      if (reason === 'CredentialsMissing' && mayGetThem(request)) return untimely(request, failure, now)
      return retriable ? failedAttempt(request, failure, now) : failed(request, failure, now, report)
    }
  }
}

/** The Secret was named in the spec, but not every Pod was made since. */
function mayGetThem(request: Request): boolean {
  const cluster = clusterOf(request)
  return cluster?.spec.backupCredentialsSecret !== undefined && isBeingUpdated(cluster)
}

function goingOn(request: Request, progress: string, now: Date): Decided {
  const { silentSince: _heardAgain, ...status } = request.parent.status ?? {}
  const { attempts = 1, targetPod = '' } = status
  const claim = completedClaim('False', 'Running', attemptMessage(attempts, targetPod))
  return {
    status: { ...status, progress, conditions: withTimes([claim], request.parent, now) },
    resyncAfterSeconds: resync.running,
    commands: [],
    decision: `Running on ${targetPod}: ${progress}`,
  }
}

/** In steps of ten per cent: each other value would be a write of the status. */
function progressOf({ step, bytes, totalBytes = 0 }: BackupReport): string {
  if (totalBytes === 0) return step
  return `${step} ${Math.min(10, Math.floor((10 * bytes) / totalBytes)) * 10} %`
}

function silent(request: Request, why: string, now: Date): Decided {
  const { status = {} } = request.parent
  const { targetPod = '', silentSince = now.toISOString() } = status
  if (secondsSince(silentSince, now) >= silentSeconds) {
    const message = `${targetPod} does not answer for ${silentSeconds} s: ${why}`
    return failedAttempt(request, { reason: 'InstanceSilent', message }, now)
  }
  return unchanged({ ...status, silentSince }, resync.running, [], `${targetPod} does not answer: ${why}`)
}

/** Either it was never started, or whoever ran it has forgotten it: a job that was seen does not start by itself again. */
function unknown(request: Request, { instances }: BackupReports, now: Date): Decided {
  const { silentSince: _heardAgain, ...status } = request.parent.status ?? {}
  const { targetPod = '', targetPodUID = '', startedAt = now.toISOString(), progress } = status
  if (progress !== undefined) return failedAttempt(request, lost(targetPod), now)
  const report = instances[targetPodUID]
  const busy = report?.kind === 'Answered' ? report.status.backup : undefined
  if (busy !== undefined && busy.backupUID !== request.parent.metadata.uid)
    return givenBack(request, `${targetPod} runs ${busy.backupName}`, now)
  if (secondsSince(startedAt, now) >= startSeconds) {
    const message = `${targetPod} did not start the backup within ${startSeconds} s; the log of the hooks tells what it answered`
    return failedAttempt(request, { reason: 'NotStarted', message }, now)
  }
  const decision = `Running: ${targetPod} is told to start`
  return unchanged(status, resync.starting, startBackup(request), decision)
}

const lost = (targetPod: string): Failure => ({
  reason: 'JobLost',
  message: `the instance on ${targetPod} no longer knows the backup that it ran: it was restarted`,
})

/** Somebody else's backup was faster: that is no attempt. */
function givenBack(request: Request, who: string, now: Date): Decided {
  const { parent } = request
  const attempts = Math.max((parent.status?.attempts ?? 1) - 1, 0)
  const status = { ...parent.status, attempts }
  const message = `waiting for another backup to end: ${who}`
  return waiting({ ...request, parent: { ...parent, status } }, 'TargetBusy', message, now)
}

function startBackup(request: Request): readonly StartBackup[] {
  const target = targetOf(request)
  const clusterUID = clusterOf(request)?.metadata.uid
  if (target.kind !== 'Known' || clusterUID === undefined) return []
  const { metadata, spec } = request.parent
  const { method, destination, verify } = spec
  const uid = metadata.uid === undefined ? {} : { backupUID: metadata.uid }
  const body = { backupName: metadata.name, ...uid, method, destination, verify }
  return [{ kind: 'StartBackup', to: target.address, cluster: clusterUID, body }]
}

const unchanged = (
  status: RedisBackupStatus,
  resyncAfterSeconds: number,
  commands: readonly StartBackup[],
  decision: string,
): Decided => ({ status, resyncAfterSeconds, commands, decision })

const secondsSince = (time: string, now: Date): number => (now.getTime() - Date.parse(time)) / 1000
