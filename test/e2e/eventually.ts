// Waits for a condition instead of sleeping: asks again until it holds, or says what was seen last.
import { setTimeout as pause } from 'node:timers/promises'

const pollMs = 50

/** Resolves with the first value that `probe` gives other than undefined; rejects after `seconds` with the last reason. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  seconds = 60,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000
  let last: unknown = 'the condition never held'
  while (performance.now() < deadline) {
    try {
      const value = await probe()
      if (value !== undefined) return value
    } catch (error) {
      last = error
    }
    await pause(pollMs)
  }
  throw new Error(`${what}: not within ${seconds} s`, { cause: last })
}
