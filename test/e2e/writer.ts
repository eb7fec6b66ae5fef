// A client that writes all the time and retries what fails: what it was acknowledged, and how long it had to wait.
import type { Redis } from 'ioredis'
import { setTimeout as pause } from 'node:timers/promises'

export interface Writer {
  readonly acknowledged: string[]
  /** Attempts that came to nothing. */
  failures(): number
  longestGapMs(): number
  stop(): Promise<void>
}

const writeEveryMs = 5

/** Writes one key after another, each until it is acknowledged. */
export function writes(redis: Redis): Writer {
  const acknowledged: string[] = []
  let longestMs = 0
  let failures = 0
  let running = true
  const loop = async (): Promise<void> => {
    let lastMs = performance.now()
    for (let index = 0; running;) {
      const done = await redis.set(`w ${index}`, '1').catch(() => undefined)
      if (done !== undefined) {
        acknowledged.push(`w ${index}`)
        longestMs = Math.max(longestMs, performance.now() - lastMs)
        lastMs = performance.now()
        index += 1
      } else failures += 1
      await pause(writeEveryMs)
    }
  }
  const ended = loop()
  return {
    acknowledged,
    failures: () => failures,
    longestGapMs: () => Math.round(longestMs),
    async stop() {
      running = false
      await ended
    },
  }
}
