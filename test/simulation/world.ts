// Simulated time, and the processes that live in it: each may stall, die, and have a clock that drifts.
import type { Clock } from '../../instance/parts.ts'
import { EventQueue, type Timed } from './queue.ts'
import { randomOf, type Random } from './random.ts'

interface Event extends Timed {
  readonly owner: Process | undefined
  readonly run: () => void
  cancelled: boolean
}

/** Takes back an event that has become pointless. */
export type Cancel = () => void

/** How often it is asked whether to stop, if nothing else is said. */
const usuallyAskMs = 20

/** Whatever a process was about to do is lost when it dies, and waits while it is stalled. */
export class Process {
  readonly name: string
  readonly startedMs: number
  /** How much faster than the world its clock runs. */
  readonly drift: number
  alive = true
  stalled = false
  /** Called when it stalls. */
  onStall: (() => void) | undefined
  /** How often it has stalled. */
  stalls = 0
  readonly waiting: (() => void)[] = []

  constructor(name: string, startedMs: number, drift: number) {
    this.name = name
    this.startedMs = startedMs
    this.drift = drift
  }
}

export class World {
  readonly random: Random
  readonly story: string[] = []
  nowMs = 0
  private order = 0
  private readonly events = new EventQueue<Event>()
  private readonly telling: boolean

  constructor(seed: number, telling: boolean) {
    this.random = randomOf(seed)
    this.telling = telling
  }

  after(delayMs: number, owner: Process | undefined, run: () => void): Cancel {
    this.order += 1
    const event = { atMs: this.nowMs + delayMs, order: this.order, owner, run, cancelled: false }
    this.events.push(event)
    return () => {
      event.cancelled = true
    }
  }

  /** Resolves after the delay, in the life of `owner`; never, when that ends before. */
  wait(delayMs: number, owner: Process | undefined): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, owner, resolve)
    })
  }

  spawn(name: string): Process {
    return new Process(name, this.nowMs, this.random.chance(0.5) ? 1 : 0.99 + this.random.next() * 0.02)
  }

  stall(process: Process): void {
    process.stalled = true
    process.stalls += 1
    process.onStall?.()
  }

  resume(process: Process): void {
    process.stalled = false
    for (const run of process.waiting.splice(0)) this.after(0, process, run)
  }

  kill(process: Process): void {
    process.alive = false
    process.waiting.length = 0
  }

  /** Runs until the time is reached, or until `done` says so after an event. */
  async run(untilMs: number, done: () => boolean = () => false, askEveryMs = usuallyAskMs): Promise<void> {
    let askAtMs = 0
    for (;;) {
      const event = this.events.pop()
      if (event === undefined) break
      if (event.atMs > untilMs) {
        this.events.push(event)
        break
      }
      this.nowMs = event.atMs
      if (!perform(event)) continue
      await settled()
      if (this.nowMs < askAtMs) continue
      if (done()) return
      askAtMs = this.nowMs + askEveryMs
    }
    this.nowMs = untilMs
  }

  tell(line: string): void {
    if (this.telling) this.story.push(`${(this.nowMs / 1000).toFixed(3).padStart(8)}  ${line}`)
  }

  clockOf(process: Process): Clock {
    return {
      nowMs: () => (this.nowMs - process.startedMs) * process.drift + 1000,
      pause: (ms, signal) =>
        new Promise((resolve) => {
          const cancel = this.after(ms / process.drift, process, resolve)
          const stop = (): void => {
            cancel()
            resolve()
          }
          if (signal?.aborted === true) stop()
          else signal?.addEventListener('abort', stop, { once: true })
        }),
      chance: () => this.random.next(),
    }
  }
}

function perform({ owner, run, cancelled }: Event): boolean {
  if (cancelled) return false
  if (owner?.alive === false) return false
  if (owner?.stalled === true) {
    owner.waiting.push(run)
    return false
  }
  run()
  return true
}

/** Ticks come after every promise that is ready: then all that follows from the event has happened. */
const settled = (): Promise<void> =>
  new Promise((resolve) => {
    process.nextTick(resolve)
  })
