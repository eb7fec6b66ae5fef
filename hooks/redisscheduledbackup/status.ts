// Describes a RedisScheduledBackup. Nothing here moves with the clock: only when a time comes, or a backup changes.
import type { RedisBackup } from '../redisbackup/resource.ts'
import { lastClaim, noneYet, recordedCondition, validClaim, withTimes, type Claim } from './conditions.ts'
import { lastServedMs, nextDueMs, type Due, type Timetable } from './due.ts'
import { backupName, conditionTypes, scheduleTimeOf } from './names.ts'
import { activeOf, backupsOf, hasEnded, type Request, type ScheduledBackup } from './observed.ts'
import { mostActive, type RedisScheduledBackupStatus } from './recorded.ts'

export interface Verdict {
  readonly timetable: Timetable
  readonly due: Due
  /** The backup that is made now. */
  readonly made: RedisBackup | undefined
}

export function describeStatus(request: Request, verdict: Verdict, now: Date): RedisScheduledBackupStatus {
  const { parent } = request
  const { timetable } = verdict
  const nextMs = nextDueMs(request, timetable, now)
  const inForce = timetable.kind === 'Valid' ? timetable.inForce : parent.status?.inForce
  const newest = newestOf(request, hasEnded, parent.status?.lastFinishedBackup)
  const last = lastClaim(newest) ?? recordedLast(request) ?? noneYet
  return {
    observedGeneration: parent.metadata.generation ?? 1,
    phase: parent.spec.suspend ? 'Suspended' : 'Active',
    phaseReason: sentenceOf(request, verdict, nextMs).slice(0, 1024),
    ...(inForce === undefined ? {} : { inForce }),
    ...served(request, verdict),
    ...(nextMs === undefined ? {} : { nextScheduleTime: new Date(nextMs).toISOString() }),
    ...finished(request, newest),
    ...succeeded(request),
    ...activeNames(request, verdict),
    conditions: withTimes([validClaim(request, timetable, now), clipped(last)], request, now),
  }
}

/** The same until something else comes next: not of what is done just now. */
export function sentenceOf({ parent }: Request, { timetable, due }: Verdict, nextMs?: number): string {
  const timeOf = (timeMs: number): string => new Date(timeMs).toISOString()
  if (timetable.kind === 'Invalid') return `no backups are made: ${timetable.message}`
  if (parent.spec.suspend) return 'no backups are made: spec.suspend is set'
  const next = nextMs === undefined ? '' : `the next backup is due at ${timeOf(nextMs)}`
  if (due.kind === 'Postponed') {
    const others = due.by.slice(0, 3).join(', ')
    return `the backup of ${timeOf(due.timeMs)} waits for ${others} to end; ${next}`
  }
  if (due.kind === 'TooLate')
    return `the backup of ${timeOf(due.timeMs)} was skipped: startingDeadlineSeconds is over; ${next}`
  return next
}

/** For which times there are backups, and how many since one was verified. */
function served(request: Request, { made }: Verdict): RedisScheduledBackupStatus {
  const { metadata, status = {} } = request.parent
  const beforeMs = lastServedMs(request)
  const lastMs = made === undefined ? beforeMs : scheduleTimeOf(metadata.name, made.metadata.name)
  if (lastMs === undefined) return {}
  const lastBackupName = backupName(metadata.name, lastMs)
  const isNew = lastBackupName !== status.lastBackupName
  const last = made ?? backupsOf(request).find(({ name }) => name === lastBackupName)?.backup
  const since = status.backupsSinceVerification
  const count = isNew ? sinceVerification(last, since) : since
  return {
    lastScheduleTime: new Date(lastMs).toISOString(),
    lastBackupName,
    ...(count === undefined ? {} : { backupsSinceVerification: count }),
  }
}

const sinceVerification = (last: RedisBackup | undefined, since = 0): number =>
  last?.spec.verify === true ? 0 : since + 1

/** The newest that is of this sort, if none newer was recorded before and has gone since. */
function newestOf(
  request: Request,
  isMeant: (backup: ScheduledBackup) => boolean,
  recorded = '',
): ScheduledBackup | undefined {
  const newest = backupsOf(request).filter(isMeant).at(-1)
  const recordedMs = scheduleTimeOf(request.parent.metadata.name, recorded) ?? -Infinity
  return newest !== undefined && newest.timeMs >= recordedMs ? newest : undefined
}

function finished({ parent }: Request, newest: ScheduledBackup | undefined): RedisScheduledBackupStatus {
  const lastFinishedBackup = newest?.name ?? parent.status?.lastFinishedBackup
  return lastFinishedBackup === undefined ? {} : { lastFinishedBackup }
}

function succeeded(request: Request): RedisScheduledBackupStatus {
  const { lastSuccessfulBackup, lastSuccessfulTime } = request.parent.status ?? {}
  const newest = newestOf(request, ({ phase }) => phase === 'Completed', lastSuccessfulBackup)
  const name = newest?.name ?? lastSuccessfulBackup
  const time = newest?.backup.status?.completedAt ?? lastSuccessfulTime
  return {
    ...(name === undefined ? {} : { lastSuccessfulBackup: name }),
    ...(time === undefined ? {} : { lastSuccessfulTime: time }),
  }
}

function activeNames(request: Request, { made }: Verdict): RedisScheduledBackupStatus {
  const names = activeOf(backupsOf(request)).map(({ name }) => name)
  const active = [...names, ...(made === undefined ? [] : [made.metadata.name])].slice(-mostActive)
  return active.length > 0 ? { active } : {}
}

function recordedLast({ parent }: Request): Claim | undefined {
  const recorded = recordedCondition(parent.status, conditionTypes.lastSucceeded)
  if (recorded === undefined) return undefined
  const { type, status, reason, message } = recorded
  return { type, status, reason, message }
}

const clipped = (claim: Claim): Claim => ({ ...claim, message: claim.message.slice(0, 4096) })
