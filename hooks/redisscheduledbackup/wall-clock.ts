// What the clocks of a time zone show, with the hours that they skip and those that they repeat. A face is shown time, as if it were UTC.
import { CronDate } from 'cron-parser'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** Clocks are never set back by more than this. */
export const longestRepeatMs = 4 * hourMs
/** Whatever the zone, a face is shown no farther from the same time in UTC. */
const farthestMs = 26 * hourMs

/** Face minus time. */
export const offsetMs = (timeZone: string, timeMs: number): number =>
  new CronDate(new Date(timeMs), timeZone).getUTCOffset() * minuteMs

/** The latest that the clocks have shown so far: while they repeat an hour, the end of its first pass. */
export function latestFace(timeZone: string, timeMs: number): number {
  const faceMs = timeMs + offsetMs(timeZone, timeMs)
  const earlierMs = timeMs - longestRepeatMs
  const before = offsetMs(timeZone, earlierMs)
  if (before <= faceMs - timeMs) return faceMs
  return Math.max(faceMs, changeBetween(timeZone, earlierMs, timeMs) + before - 1)
}

/** When the clocks first show this face, or skip it. With it `latestFace` never goes back. */
export function firstShown(timeZone: string, faceMs: number): number {
  const before = offsetMs(timeZone, faceMs - farthestMs)
  const after = offsetMs(timeZone, faceMs + farthestMs)
  const shown = [before, after].filter((offset) => offsetMs(timeZone, faceMs - offset) === offset)
  if (shown.length > 0) return faceMs - Math.max(...shown)
  return changeBetween(timeZone, faceMs - after, faceMs - before)
}

/** The first minute with the new offset, where it changes once after `fromMs` and until `toMs`. */
function changeBetween(timeZone: string, fromMs: number, toMs: number): number {
  const before = offsetMs(timeZone, fromMs)
  let last = Math.floor(fromMs / minuteMs)
  let first = Math.ceil(toMs / minuteMs)
  while (first - last > 1) {
    const middle = Math.floor((last + first) / 2)
    if (offsetMs(timeZone, middle * minuteMs) === before) last = middle
    else first = middle
  }
  return first * minuteMs
}
