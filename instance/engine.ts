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
  readonly silentSeconds: number
  readonly reason: string | undefined
  readonly upstream: Upstream
  /** The epoch for which it is, or may be, writable; 0 for none. */
  readonly writableEpoch: number
  /** Not in sync with a primary since it was started. */
  readonly restarted: boolean
}

/** A fence that redis-server has not confirmed by then becomes a SIGKILL: a long script lets no command through. */
const fenceDeadlineMs = 800
const hungAfterSeconds = 3

export class Engine {
  private readonly server: RedisServer
  private readonly clock: Clock
  private readonly log: Log
  private readonly onExit: () => void
  private connection: RedisControl | undefined
  private info: RedisInfo | undefined
  private answeredAtMs = 0
  private upstream = nobody
  private writableEpoch = 0
  private restarted = true

  constructor({ redis, clock, log }: Pick<Parts, 'redis' | 'clock' | 'log'>, onExit: () => void) {
    this.clock = clock
    this.log = log
    this.onExit = onExit
    this.server = redis((reason) => this.ended(reason))
  }

  /** Starts redis-server as a read-only replica of `upstream`. */
  async boot(settings: Settings, upstream: Upstream): Promise<void> {
    this.upstream = upstream
    this.answeredAtMs = this.clock.nowMs()
    this.connection = await this.server.start(settings, upstream)
  }

  /** Asks redis-server; a failure shows only in `state` and `silentSeconds`. */
  async poll(): Promise<void> {
    const asked = this.connection
    if (asked === undefined) return
    try {
      const answer = await asked.info()
      if (asked !== this.connection) return
      this.info = answer
      this.answeredAtMs = this.clock.nowMs()
      if (isInSync(answer, this.upstream)) this.restarted = false
    } catch {
      // Silence is measured from the last answer.
    }
  }

  seen(): Sight {
    const running = this.server.running()
    const silentSeconds = running ? (this.clock.nowMs() - this.answeredAtMs) / 1000 : 0
    const { info, upstream, writableEpoch, restarted } = this
    const reason = running ? undefined : this.server.lastExit()
    return {
      state: this.state(silentSeconds),
      info,
      silentSeconds,
      reason,
      upstream,
      writableEpoch,
      restarted,
    }
  }

  /**
   * Resolves when redis-server can accept no write and copies from nobody: confirmed, or killed and reaped.
   * With `disconnect`, applications lose their connections.
   */
  async refuseWrites(disconnect: boolean): Promise<void> {
    this.upstream = nobody
    if (!this.server.running()) return
    const asked = this.connection
    const confirmed = await within(this.clock, fenceDeadlineMs, async () => {
      await asked?.follow(nobody.host, nobody.port)
      if (disconnect) await asked?.disconnectClients()
    })
    if (!confirmed) await this.kill('it did not confirm in time that it refuses writes')
    this.writableEpoch = 0
    await this.poll()
  }

  async follow(upstream: Upstream): Promise<void> {
    // Before it is sent: if the answer is lost, a later fence must still detach it.
    this.upstream = upstream
    await this.control().follow(upstream.host, upstream.port)
    await this.poll()
  }

  /** Resolves when it is a primary for `epoch`. An unknown outcome kills it and rejects. */
  async open(epoch: number): Promise<void> {
    // What may be writable from here on is reported as writable.
    this.writableEpoch = epoch
    const control = this.control()
    if (!(await within(this.clock, fenceDeadlineMs, () => control.open()))) {
      await this.kill('it is not known whether it became primary')
      throw new Error('redis-server did not confirm that it became primary, and was killed')
    }
    this.upstream = nobody
    this.restarted = false
    await this.poll()
  }

  /** Throws while redis-server does not run. */
  control(): RedisControl {
    if (this.connection === undefined) throw new Error('redis-server is not running')
    return this.connection
  }

  async stop(deadlineMs: number): Promise<void> {
    await this.server.stop(deadlineMs)
  }

  private ended(reason: string): void {
    this.log.warn({ reason }, 'redis-server ended')
    this.connection?.close()
    this.connection = undefined
    this.info = undefined
    this.writableEpoch = 0
    this.restarted = true
    this.onExit()
  }

  private async kill(why: string): Promise<void> {
    this.log.warn({ why }, 'killing redis-server')
    await this.server.kill()
  }

  private state(silentSeconds: number): Sight['state'] {
    if (!this.server.running()) return this.server.lastExit() === undefined ? 'waiting' : 'stopped'
    if (this.info === undefined) return 'starting'
    return silentSeconds >= hungAfterSeconds ? 'hung' : 'running'
  }
}

function isInSync(info: RedisInfo, upstream: Upstream): boolean {
  const follows = info.follows?.host === upstream.host && info.follows.port === upstream.port
  return upstream.epoch > 0 && follows && info.linkUp && !info.syncInProgress && !info.loading
}
