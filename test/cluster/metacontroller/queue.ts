// The work queue of one CompositeController: keys coalesce, one key is never worked on twice at once, failures back off.
// Source: k8s.io/client-go/util/workqueue

export interface WorkQueue {
  readonly add: (key: string) => void
  /** One timer per key: the earliest wins, and nothing but its end removes it. */
  readonly addAfter: (key: string, milliseconds: number) => void
  /** After 5 ms · 2^n, up to 1000 s, n being the failures since the last `forget`. */
  readonly addRateLimited: (key: string) => void
  readonly forget: (key: string) => void
  /** Takes no more, and waits for what is under way. */
  readonly close: () => Promise<void>
}

const firstDelay = 5
const longestDelay = 1_000_000
const longestTimer = 2 ** 31 - 1

/** `work` must not reject: what to do after a failure is its own decision. */
export function startQueue(workers: number, work: (key: string) => Promise<void>): WorkQueue {
  const dirty = new Set<string>()
  const processing = new Map<string, Promise<void>>()
  const timers = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>()
  const failures = new Map<string, number>()
  const bucket = tokenBucket(10, 100)
  let closed = false

  const start = (): void => {
    for (const key of dirty) {
      if (closed || processing.size >= workers) return
      if (processing.has(key)) continue
      dirty.delete(key)
      processing.set(key, work(key).finally(end(key)))
    }
  }
  const end = (key: string) => (): void => {
    processing.delete(key)
    start()
  }
  const add = (key: string): void => {
    dirty.add(key)
    queueMicrotask(start)
  }
  const addAfter = (key: string, milliseconds: number): void => {
    if (closed) return
    if (milliseconds <= 0) {
      add(key)
      return
    }
    const delay = Math.min(milliseconds, longestTimer)
    const at = performance.now() + delay
    const earlier = timers.get(key)
    if (earlier !== undefined && earlier.at <= at) return
    clearTimeout(earlier?.timer)
    const fire = (): void => {
      timers.delete(key)
      add(key)
    }
    timers.set(key, { at, timer: setTimeout(fire, delay) })
  }
  return {
    add,
    addAfter,
    addRateLimited: (key) => {
      const count = failures.get(key) ?? 0
      failures.set(key, count + 1)
      addAfter(key, Math.max(Math.min(firstDelay * 2 ** count, longestDelay), bucket()))
    },
    forget: (key) => void failures.delete(key),
    close: async () => {
      closed = true
      for (const { timer } of timers.values()) clearTimeout(timer)
      await Promise.all(processing.values())
    },
  }
}

/** Takes a token and says how many milliseconds it must be waited for. */
function tokenBucket(perSecond: number, burst: number): () => number {
  let tokens = burst
  let at = performance.now()
  return () => {
    const now = performance.now()
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * perSecond) - 1
    at = now
    return tokens >= 0 ? 0 : (-tokens / perSecond) * 1000
  }
}
