// The network: calls that may be lost, late, repeated or unanswered; cut by direction and by port.
import type { Process, World } from './world.ts'

/** Where a packet goes: an API server, the hooks, an instance's HTTP server, or a redis-server. */
export type Port = 'api' | 'http' | 'redis'

/** Packets from one party to another are lost while a cut covers them; undefined means any. */
export interface Cut {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly port: Port | undefined
  /** Refuses new connections and requests only, as a NetworkPolicy does: what answers them passes. */
  readonly admission?: boolean
}

/** What may become of a request besides: it is never carried out, or is, and nobody hears of it, or too late, or again. */
export type Mishap = 'lost' | 'unanswered' | 'late' | 'repeated'

export interface Party {
  readonly address: string
  /** The process that listens there now. */
  readonly process: Process | undefined
}

/** Longer than callers wait, and than a live read is good for. */
const lateMs = 3000

export class Network {
  readonly cuts = new Set<Cut>()
  /** Chance that a command arrives once more, up to some seconds later. */
  repeatChance = 0
  /** When the last of them comes. */
  repeatedUntilMs = 0
  /** Asked for every request, in their order. */
  mishapOf: (from: string, to: string, port: Port) => Mishap | undefined = () => undefined
  private readonly world: World

  constructor(world: World) {
    this.world = world
  }

  /** `established`: part of a connection that was made the other way round, or long ago. */
  passes(from: string, to: string, port: Port, established = false): boolean {
    for (const cut of this.cuts) {
      if (established && cut.admission === true) continue
      const fits = (pattern: string | undefined, actual: string): boolean =>
        pattern === undefined || pattern === actual
      if (fits(cut.from, from) && fits(cut.to, to) && fits(cut.port, port)) return false
    }
    return true
  }

  /** Both ways: a connection that `a` makes. */
  connects(a: string, b: string, port: Port): boolean {
    return this.passes(a, b, port) && this.passes(b, a, port, true)
  }

  latencyMs(): number {
    return 0.2 + this.world.random.next() * 1.8
  }

  /** Rejects when refused or not answered in time; the callee may have done it all the same. */
  call<T>(
    caller: Party,
    callee: Party,
    port: Port,
    deadlineMs: number,
    handle: () => Promise<T>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { world } = this
      const mishap = this.mishapOf(caller.address, callee.address, port)
      const cancel = world.after(deadlineMs, caller.process, () => reject(new Error('timeout')))
      const answered = {
        resolve: (value: T) => {
          if (mishap === 'unanswered') return
          cancel()
          resolve(value)
        },
        reject: (reason: unknown) => {
          if (mishap === 'unanswered') return
          cancel()
          reject(reason instanceof Error ? reason : new Error('refused'))
        },
      }
      const arrive = (): void => {
        if (!this.passes(caller.address, callee.address, port)) return
        if (callee.process?.alive !== true)
          this.reply(callee, caller, port, () => answered.reject(new Error('refused')))
        else this.deliver(caller, callee, port, handle, answered)
      }
      const latencyMs = this.latencyMs()
      if (mishap !== 'lost') world.plainly(latencyMs + (mishap === 'late' ? lateMs : 0), undefined, arrive)
      if (mishap === 'repeated') world.plainly(latencyMs + lateMs, undefined, arrive)
    })
  }

  private deliver<T>(
    caller: Party,
    callee: Party,
    port: Port,
    handle: () => Promise<T>,
    { resolve, reject }: { resolve: (value: T) => void; reject: (reason: unknown) => void },
  ): void {
    const { world } = this
    const handled = (): void =>
      void handle().then(
        (value) => this.reply(callee, caller, port, () => resolve(value)),
        (error: unknown) => this.reply(callee, caller, port, () => reject(error)),
      )
    world.after(0, callee.process, handled)
    if (port === 'http' && this.repeatChance > 0 && world.random.chance(this.repeatChance)) {
      const delayMs = world.random.between(1, 8000)
      this.repeatedUntilMs = Math.max(this.repeatedUntilMs, world.nowMs + delayMs)
      world.after(delayMs, callee.process, () => void handle().catch(() => undefined))
    }
  }

  private reply(from: Party, to: Party, port: Port, arrive: () => void): void {
    this.world.after(this.latencyMs(), to.process, () => {
      if (this.passes(from.address, to.address, port, true)) arrive()
    })
  }
}
