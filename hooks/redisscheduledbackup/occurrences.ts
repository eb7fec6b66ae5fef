// The times of a schedule. They depend on it alone, never on when or from where they are looked for.
import { cronFrom, type Schedule } from './cron.ts'
import { firstShown, latestFace, longestRepeatMs, offsetMs } from './wall-clock.ts'

type Cron = Extract<Schedule, { kind: 'Cron' }>

/** The first time after this one. */
export function nextAfter(schedule: Schedule, timeMs: number): number {
  if (schedule.kind === 'Cron') return Math.min(nextReached(schedule, timeMs), ...nextShown(schedule, timeMs))
  const { periodMs, anchorMs } = schedule
  return anchorMs + Math.max(Math.floor((timeMs - anchorMs) / periodMs) + 1, 1) * periodMs
}

/** The newest time that is not after this one; for @every undefined until the first. */
export function newestUpTo(schedule: Schedule, timeMs: number): number | undefined {
  if (schedule.kind === 'Cron')
    return Math.max(newestReached(schedule, timeMs), ...newestShown(schedule, timeMs))
  const { periodMs, anchorMs } = schedule
  const count = Math.floor((timeMs - anchorMs) / periodMs)
  return count < 1 ? undefined : anchorMs + count * periodMs
}

/** A scheduled face counts when the clocks first reach it, or go beyond: skipped ones at once, repeated ones once. */
function nextReached({ fields, timeZone }: Cron, timeMs: number): number {
  return firstShown(timeZone, cronFrom(fields, latestFace(timeZone, timeMs)).next().getTime())
}

function newestReached({ fields, timeZone }: Cron, timeMs: number): number {
  return firstShown(
    timeZone,
    cronFrom(fields, latestFace(timeZone, timeMs) + 1)
      .prev()
      .getTime(),
  )
}

/** What is due in every hour is due again while an hour is repeated. */
function nextShown({ fields, timeZone, everyHour }: Cron, timeMs: number): readonly number[] {
  if (!everyHour) return []
  const offsets = [offsetMs(timeZone, timeMs), offsetMs(timeZone, timeMs + longestRepeatMs)]
  return offsets
    .map((offset) => ({
      offset,
      shownMs:
        cronFrom(fields, timeMs + offset)
          .next()
          .getTime() - offset,
    }))
    .flatMap(({ offset, shownMs }) => (offsetMs(timeZone, shownMs) === offset ? [shownMs] : []))
}

function newestShown({ fields, timeZone, everyHour }: Cron, timeMs: number): readonly number[] {
  if (!everyHour) return []
  const offset = offsetMs(timeZone, timeMs)
  const shownMs =
    cronFrom(fields, timeMs + offset + 1)
      .prev()
      .getTime() - offset
  return offsetMs(timeZone, shownMs) === offset ? [shownMs] : []
}
