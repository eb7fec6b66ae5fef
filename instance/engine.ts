// One redis-server and what is known of it: starts it as a replica, polls it, makes it follow, open or refuse writes.
import type { InstanceStatus } from './api.ts'
import { within } from './clock.ts'
import type { Clock, Log, Parts, RedisServer } from './parts.ts'
import { nobody, type Upstream } from './reign/boot.ts'
import type { RedisControl } from './redis/control.ts'
import type { RedisInfo } from './redis/info.ts'
import type { Settings } from './settings.ts'

/** What is known of redis-server at this moment. */
export interface Sight {
  readonly state: InstanceStatus['redis']['state']
  readonly info: RedisInfo | undefined
  /** When `info` was asked for. */
  readonly askedAtMs: number
  /** Nothing was changed since `info` was asked for; what is older gives no exact position. */
  readonly fresh: boolean
  readonly silentSeconds: number
  readonly reason: string | undefined
  readonly upstream: Upstream
  /** The epoch for which it is, or may be, writable; 0 for none. */
  readonly writableEpoch: number
  /** The reign that it was in sync with last, or is primary of; 0 for none since it was started. */
  readonly syncedEpoch: number
  /** The reign that its data say they come from, read once after a start; undefined when they do not say. */
  readonly markedEpoch: number | undefined
}

/** A fence that redis-server has not confirmed by then becomes a SIGKILL: a long script lets no command through. */
const fenceDeadlineMs = 800
const hungAfterSeconds = 3
const gateDirective = 'min-replicas-to-write'

export class Engine {
  private readonly server: RedisServer
  private readonly clock: Clock
  private readonly log: Log
  private readonly onExit: () => void
  private readonly clusterUID: string
  private connection: RedisControl | undefined
  private info: RedisInfo | undefined
  private answeredAtMs = 0
  private askedAtMs = -Infinity
  private upstream = nobody
  private writableEpoch = 0
  private syncedEpoch = 0
  /** Of the history that it started with: another one shows that it was in sync, however short. */
  private firstReplid: string | undefined
  private marker: { readonly epoch: number | undefined } | undefined
  /** Replicas that must keep up, or redis-server refuses writes. */
  private gate = 0
  /** Counts what may have changed its role; and what it was when `info` was asked for. */
  private changes = 0
  private askedAt = 0
  private polling: { readonly change: number; readonly done: Promise<void> } | undefined

  constructor(
    { redis, clock, log }: Pick<Parts, 'redis' | 'clock' | 'log'>,
    clusterUID: string,
    onExit: () => void,
  ) {
    this.clock = clock
    this.log = log
    this.clusterUID = clusterUID
    this.onExit = onExit
    this.server = redis((reason) => this.ended(reason))
  }

  /** Starts redis-server as a read-only replica of `upstream`. */
  async boot(settings: Settings, upstream: Upstream): Promise<void> {
    this.upstream = upstream
    this.writableEpoch = 0
    this.changes += 1
    this.answeredAtMs = this.clock.nowMs()
    this.connection = await this.server.start(settings, upstream)
  }

  /** Asks redis-server; a failure shows only in `state`, `fresh` and `silentSeconds`. One question at a time. */
  async poll(): Promise<void> {
    if (this.polling?.change === this.changes) {
      await this.polling.done
      return
    }
    const polling = { change: this.changes, done: this.ask(this.changes) }
    this.polling = polling
    await polling.done
    if (this.polling === polling) this.polling = undefined
  }

  seen(): Sight {
    const running = this.server.running()
    const silentSeconds = running ? (this.clock.nowMs() - this.answeredAtMs) / 1000 : 0
    const { info, upstream, writableEpoch, syncedEpoch } = this
    return {
      state: this.state(silentSeconds),
      info,
      askedAtMs: this.askedAtMs,
      fresh: !running || (info !== undefined && this.askedAt === this.changes),
      silentSeconds,
      reason: running ? undefined : this.server.lastExit(),
      upstream,
      writableEpoch,
      syncedEpoch,
      markedEpoch: this.marker?.epoch,
    }
  }

  /**
   * Resolves when redis-server can accept no write and copies from nobody: confirmed, or killed and reaped.
   * With `disconnect`, applications lose their connections.
   */
  async refuseWrites(disconnect: boolean): Promise<void> {
    this.upstream = nobody
    this.changes += 1
    if (this.server.running()) {
      const asked = this.connection
      const confirmed = await within(this.clock, fenceDeadlineMs, async () => {
        await asked?.follow(nobody.host, nobody.port)
        if (disconnect) await asked?.disconnectClients()
      })
      if (!confirmed) await this.kill('it did not confirm in time that it refuses writes')
    }
    this.writableEpoch = 0
    this.changes += 1
  }

  /** Throws while redis-server does not run, and when it does not confirm. */
  async follow(upstream: Upstream): Promise<void> {
    const control = this.control()
    const before = this.upstream
    // Before it is sent: if the answer is lost, a later fence must still detach it.
    this.upstream = upstream
    this.changes += 1
    try {
      await control.follow(upstream.host, upstream.port)
    } catch (error) {
      // A refusal changed nothing; silence may have.
      if (error instanceof Error && error.name === 'ReplyError') this.upstream = before
      throw error
    }
    this.changes += 1
  }

  /** Resolves when it is a primary for `epoch`. An unknown outcome kills it and rejects. */
  async open(epoch: number): Promise<void> {
    const control = this.control()
    // What may be writable from here on is reported as writable.
    this.writableEpoch = epoch
    this.changes += 1
    if (!(await within(this.clock, fenceDeadlineMs, () => this.openWide(control)))) {
      await this.kill('it is not known whether it became primary')
      throw new Error('redis-server did not confirm that it became primary, and was killed')
    }
    this.upstream = nobody
    this.syncedEpoch = epoch
    this.changes += 1
  }

  /**
   * Writes the marker that tells the data's reign, and puts it back when somebody took it away. Data without it count as
   * the reign that was recorded beside them. Then the gate, for the marker is a write: it bounds what an application that
   * does not WAIT can lose, and proves nothing, for Redis looks at it once a second.
   */
  async keepMarkAndGate(replicas: number): Promise<void> {
    const epoch = this.writableEpoch
    if (epoch === 0) return
    const control = this.control()
    if ((await control.readMark(this.clusterUID)) !== epoch) await control.mark(this.clusterUID, epoch)
    if (this.gate === replicas) return
    await control.configSet(gateDirective, String(replicas))
    this.gate = replicas
  }

  /** Throws while redis-server does not run. */
  control(): RedisControl {
    if (this.connection === undefined) throw new Error('redis-server is not running')
    return this.connection
  }

  async stop(deadlineMs: number): Promise<void> {
    await this.server.stop(deadlineMs)
  }

  /** The marker is a write: the gate of an earlier reign must not keep it out. */
  private async openWide(control: RedisControl): Promise<void> {
    await control.configSet(gateDirective, '0')
    this.gate = 0
    await control.open()
  }

  private async ask(change: number): Promise<void> {
    const asked = this.connection
    if (asked === undefined) return
    const askedAtMs = this.clock.nowMs()
    try {
      const answer = await asked.info()
      if (asked !== this.connection) return
      this.info = answer
      this.askedAtMs = askedAtMs
      this.answeredAtMs = this.clock.nowMs()
      this.askedAt = change
      if (change === this.changes && isInSync(answer, this.upstream)) this.syncedEpoch = this.upstream.epoch
      if (this.syncedEpoch === 0 && !answer.loading) await this.readData(asked, answer)
    } catch {
      // Silence is measured from the last answer.
    }
  }

  /** What the data say of themselves. A sync may have come and gone between two questions. */
  private async readData(asked: RedisControl, { replid, role, syncInProgress }: RedisInfo): Promise<void> {
    const epoch = await asked.readMark(this.clusterUID)
    if (asked !== this.connection) return
    this.marker = { epoch }
    this.firstReplid ??= replid
    const wasInSync = replid !== this.firstReplid && role === 'slave' && !syncInProgress
    if (wasInSync && epoch !== undefined) this.syncedEpoch = epoch
  }

  private ended(reason: string): void {
    this.log.warn({ reason }, 'redis-server ended')
    this.connection?.close()
    this.connection = undefined
    this.info = undefined
    this.marker = undefined
    this.firstReplid = undefined
    this.gate = 0
    this.writableEpoch = 0
    this.syncedEpoch = 0
    this.changes += 1
    this.onExit()
  }

  private async kill(why: string): Promise<void> {
    this.log.warn({ why }, 'killing redis-server')
    await this.server.kill()
  }

  private state(silentSeconds: number): Sight['state'] {
    if (!this.server.running()) return this.server.lastExit() === undefined ? 'waiting' : 'stopped'
    if (silentSeconds >= hungAfterSeconds) return 'hung'
    return this.info === undefined ? 'starting' : 'running'
  }
}

function isInSync(info: RedisInfo, upstream: Upstream): boolean {
  const follows = info.follows?.host === upstream.host && info.follows.port === upstream.port
  return upstream.epoch > 0 && follows && info.linkUp && !info.syncInProgress && !info.loading
}
