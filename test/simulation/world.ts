// Simulated time, and the processes that live in it: each may stall, die, and have a clock that drifts.
import type { Clock } from '../../instance/parts.ts'
import { EventQueue, type Timed } from './queue.ts'
import { randomOf, type Random } from './random.ts'

interface Event extends Timed {
  readonly owner: Process | undefined
  readonly run: () => void
  /** Nothing in it settles a promise, or begins what waits for one. */
  readonly plain: boolean
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
  /** For how long its clock has stood still, as that of a guest does whose hypervisor stops it. */
  clockLostMs = 0
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
  /** What has happened at least once, so that it can be said what schedules meet. */
  readonly reached = new Set<string>()
  nowMs = 0
  private order = 0
  private readonly aborts = new WeakMap<AbortSignal, Set<() => void>>()
  private readonly events = new EventQueue<Event>()
  readonly telling: boolean

  constructor(seed: number, telling: boolean) {
    this.random = randomOf(seed)
    this.telling = telling
  }

  after(delayMs: number, owner: Process | undefined, run: () => void): Cancel {
    const event = this.add(delayMs, owner, run, false)
    return () => {
      event.cancelled = true
    }
  }

  /** Like `after`, within the model alone: it settles no promise and begins nothing that waits for one. */
  plainly(delayMs: number, owner: Process | undefined, run: () => void): void {
    this.add(delayMs, owner, run, true)
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
    const isDone = (): boolean => {
      if (this.nowMs < askAtMs) return false
      askAtMs = this.nowMs + askEveryMs
      return done()
    }
    while (this.play(untilMs, isDone)) {
      await settled()
      if (isDone()) return
    }
  }

  /** True after an event that promises may follow from; false at the end. */
  private play(untilMs: number, isDone: () => boolean): boolean {
    for (;;) {
      const event = this.events.pop()
      if (event === undefined || event.atMs > untilMs) {
        if (event !== undefined) this.events.push(event)
        this.nowMs = untilMs
        return false
      }
      this.nowMs = event.atMs
      if (!perform(event)) continue
      if (!event.plain) return true
      if (isDone()) return false
    }
  }

  private add(delayMs: number, owner: Process | undefined, run: () => void, plain: boolean): Event {
    this.order += 1
    const event = { atMs: this.nowMs + delayMs, order: this.order, owner, run, plain, cancelled: false }
    this.events.push(event)
    return event
  }

  tell(line: string): void {
    if (this.telling) this.story.push(`${(this.nowMs / 1000).toFixed(3).padStart(8)}  ${line}`)
  }

  /** Whatever its clock loses meanwhile comes on top. */
  private afterByClock(delayMs: number, owner: Process, run: () => void): Cancel {
    const { clockLostMs } = owner
    const dueMs = this.nowMs + delayMs
    let cancel = this.after(delayMs, owner, () => {
      const lostMs = owner.clockLostMs - clockLostMs
      if (lostMs === 0) run()
      else cancel = this.afterByClock(Math.max(0, dueMs + lostMs - this.nowMs), owner, run)
    })
    return () => cancel()
  }

  clockOf(process: Process): Clock {
    return {
      nowMs: () => (this.nowMs - process.startedMs - process.clockLostMs) * process.drift + 1000,
      pause: (ms, signal) =>
        new Promise((resolve) => {
          const cancel = this.afterByClock(ms / process.drift, process, () => {
            forget()
            resolve()
          })
          const forget = this.onAbort(signal, () => {
            cancel()
            resolve()
          })
        }),
      chance: () => this.random.next(),
    }
  }

  /** One listener for each signal, however many pauses it ends: a signal may live as long as the schedule. */
  private onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
    if (signal === undefined) return () => undefined
    if (signal.aborted) {
      stop()
      return () => undefined
    }
    const stops = this.aborts.get(signal) ?? this.listenTo(signal)
    stops.add(stop)
    return () => stops.delete(stop)
  }

  private listenTo(signal: AbortSignal): Set<() => void> {
    const stops = new Set<() => void>()
    const stopAll = (): void => {
      for (const stop of stops) stop()
    }
    signal.addEventListener('abort', stopAll, { once: true })
    this.aborts.set(signal, stops)
    return stops
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
