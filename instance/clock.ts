// The real clock of this process.
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from './parts.ts'

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  pause: (ms, signal) => pause(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
  chance: () => Math.random(),
}

/** Whether the step finished without an error before the deadline. */
export async function within(
  clock: Clock,
  deadlineMs: number,
  step: () => Promise<unknown>,
): Promise<boolean> {
  const timer = new AbortController()
  const late = clock.pause(deadlineMs, timer.signal).then(() => false)
  const done = step().then(
    () => true,
    () => false,
  )
  const result = await Promise.race([done, late])
  // A reason of its own spares the making of an exception that nobody reads.
  timer.abort('done')
  return result
}
