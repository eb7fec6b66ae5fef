// Which backup is due: the newest time that was not served yet, at most one, and not while others forbid it.
import { parseSchedule, type Schedule } from './cron.ts'
import { activeOf, backupsOf, type Request } from './observed.ts'
import { newestUpTo, nextAfter } from './occurrences.ts'
import { mostActive, type InForce } from './recorded.ts'

export type Due =
  | { readonly kind: 'Nothing' }
  | { readonly kind: 'Backup'; readonly timeMs: number }
  /** It starts when these have ended; by then a newer time may have taken its place. */
  | { readonly kind: 'Postponed'; readonly timeMs: number; readonly by: readonly string[] }
  | { readonly kind: 'TooLate'; readonly timeMs: number }

export type Timetable =
  | { readonly kind: 'Invalid'; readonly reason: 'InvalidSchedule' | 'NameTaken'; readonly message: string }
  | {
      readonly kind: 'Valid'
      readonly schedule: Schedule
      readonly inForce: InForce
      /** Served, or before the schedule: nothing up to this time is due. */
      readonly baselineMs: number
    }

/** Owner references may be merged by name: the backups could not keep their second owner, the namespace. */
export function timetableOf(request: Request, now: Date): Timetable {
  const { metadata, spec } = request.parent
  const { name, namespace, creationTimestamp } = metadata
  if (name === namespace) {
    const message = `a RedisScheduledBackup cannot be named like its namespace (${name}): create it under another name`
    return { kind: 'Invalid', reason: 'NameTaken', message }
  }
  const createdAtMs = timeOf(creationTimestamp) ?? now.getTime()
  const parsed = parseSchedule(spec.schedule, spec.timeZone, createdAtMs)
  if (parsed.kind === 'Invalid') return { ...parsed, reason: 'InvalidSchedule' }
  const inForce = inForceOf(request, createdAtMs, now)
  const baselineMs = Math.max(Date.parse(inForce.since), lastServedMs(request) ?? 0)
  return { kind: 'Valid', schedule: parsed.schedule, inForce, baselineMs }
}

export function dueOf(request: Request, timetable: Timetable, now: Date): Due {
  const { spec, metadata } = request.parent
  if (timetable.kind === 'Invalid' || spec.suspend || metadata.deletionTimestamp !== undefined)
    return { kind: 'Nothing' }
  const timeMs = newestUpTo(timetable.schedule, now.getTime())
  if (timeMs === undefined || timeMs <= timetable.baselineMs) return { kind: 'Nothing' }
  const { startingDeadlineSeconds = Infinity, concurrencyPolicy } = spec
  if (now.getTime() - timeMs > startingDeadlineSeconds * 1000) return { kind: 'TooLate', timeMs }
  const by = activeOf(backupsOf(request)).map(({ name }) => name)
  const most = concurrencyPolicy === 'Allow' ? mostActive : 1
  return by.length < most ? { kind: 'Backup', timeMs } : { kind: 'Postponed', timeMs, by }
}

/** Undefined when none will be made. */
export function nextDueMs(request: Request, timetable: Timetable, now: Date): number | undefined {
  if (timetable.kind === 'Invalid' || request.parent.spec.suspend) return undefined
  return nextAfter(timetable.schedule, Math.max(now.getTime(), timetable.baselineMs))
}

/**
 * The newest time that has its backup, by what is recorded and by what exists: a status that is one answer old, or was
 * lost, makes no second backup.
 */
export function lastServedMs(request: Request): number | undefined {
  const recorded = timeOf(request.parent.status?.lastScheduleTime)
  const newest = backupsOf(request).at(-1)?.timeMs
  return newest === undefined ? recorded : Math.max(newest, recorded ?? newest)
}

/** A schedule that was changed, or corrected, holds from then on: nothing that it would have asked for earlier was missed. */
function inForceOf({ parent }: Request, createdAtMs: number, now: Date): InForce {
  const { schedule, timeZone } = parent.spec
  const { inForce: before, observedGeneration } = parent.status ?? {}
  if (before?.schedule === schedule && before.timeZone === timeZone && timeOf(before.since) !== undefined)
    return before
  const isNew = before === undefined && observedGeneration === undefined
  const sinceMs = isNew ? createdAtMs : now.getTime()
  return { schedule, timeZone, since: new Date(sinceMs).toISOString() }
}

function timeOf(text = ''): number | undefined {
  const timeMs = Date.parse(text)
  return Number.isNaN(timeMs) ? undefined : timeMs
}
