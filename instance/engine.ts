// One redis-server and what is known of it: starts it as a replica, polls it, makes it follow, open or refuse writes.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { mounts, type InstanceStatus } from './api.ts'
import type { Config } from './config.ts'
import { nobody, type Upstream } from './reign/boot.ts'
import { confFileName, renderConf, usersFileName } from './redis/conf.ts'
import { controlOf, type RedisControl } from './redis/control.ts'
import type { RedisInfo } from './redis/info.ts'
import { renderUsers } from './redis/users.ts'
import type { Settings } from './settings.ts'
import { supervise, type Supervisor } from './supervisor.ts'

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

export interface EngineOptions {
  readonly config: Config
  readonly lockDescriptor: number
  readonly onExit: () => void
  readonly log: Logger
}

/** A fence that redis-server has not confirmed by then becomes a SIGKILL: a long script lets no command through. */
const fenceDeadlineMs = 800
const hungAfterSeconds = 3

export class Engine {
  private readonly options: EngineOptions
  private readonly supervisor: Supervisor
  private readonly runDirectory: string
  private connection: RedisControl | undefined
  private info: RedisInfo | undefined
  private answeredAtMs = 0
  private upstream = nobody
  private writableEpoch = 0
  private restarted = true

  constructor(options: EngineOptions) {
    const { config, lockDescriptor, log } = options
    this.options = options
    this.runDirectory = config.root + mounts.run
    this.supervisor = supervise({
      binary: config.redisServer,
      lockDescriptor,
      log,
      onExit: (reason) => this.ended(reason),
    })
  }

  /** Starts redis-server as a read-only replica of `upstream`, with its users in force from the first moment. */
  async boot(settings: Settings, upstream: Upstream): Promise<void> {
    await this.writeFiles(settings, upstream)
    this.upstream = upstream
    this.answeredAtMs = performance.now()
    this.supervisor.start(join(this.runDirectory, confFileName))
    this.connection = controlOf(this.runDirectory, settings.passwords.instance)
  }

  /** Asks redis-server; a failure shows only in `state` and `silentSeconds`. */
  async poll(): Promise<void> {
    const asked = this.connection
    if (asked === undefined) return
    try {
      const answer = await asked.info()
      if (asked !== this.connection) return
      this.info = answer
      this.answeredAtMs = performance.now()
      if (isInSync(answer, this.upstream)) this.restarted = false
    } catch {
      // Silence is measured from the last answer.
    }
  }

  seen(): Sight {
    const running = this.supervisor.running()
    const silentSeconds = running ? (performance.now() - this.answeredAtMs) / 1000 : 0
    const { info, upstream, writableEpoch, restarted } = this
    const reason = running ? undefined : this.supervisor.lastExit()
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
    if (!this.supervisor.running()) return
    const asked = this.connection
    const confirmed = await within(fenceDeadlineMs, async () => {
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
    if (!(await within(fenceDeadlineMs, () => control.open()))) {
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
    await this.supervisor.stop(deadlineMs)
  }

  private ended(reason: string): void {
    this.options.log.warn({ reason }, 'redis-server ended')
    this.connection?.close()
    this.connection = undefined
    this.info = undefined
    this.writableEpoch = 0
    this.restarted = true
    this.options.onExit()
  }

  private async kill(why: string): Promise<void> {
    this.options.log.warn({ why }, 'killing redis-server')
    await this.supervisor.kill()
  }

  private state(silentSeconds: number): Sight['state'] {
    if (!this.supervisor.running()) return this.supervisor.lastExit() === undefined ? 'waiting' : 'stopped'
    if (this.info === undefined) return 'starting'
    return silentSeconds >= hungAfterSeconds ? 'hung' : 'running'
  }

  private async writeFiles(settings: Settings, upstream: Upstream): Promise<void> {
    const { config } = this.options
    const conf = renderConf(settings.configText, {
      listen: config.listen,
      dataDirectory: config.root + mounts.data,
      runDirectory: this.runDirectory,
      announceIp: config.cluster?.podIp,
      replicationPassword: settings.passwords.replication,
      upstream,
    })
    await mkdir(this.runDirectory, { recursive: true })
    await writeFile(join(this.runDirectory, usersFileName), renderUsers(settings.passwords), { mode: 0o600 })
    await writeFile(join(this.runDirectory, confFileName), conf, { mode: 0o600 })
  }
}

function isInSync(info: RedisInfo, upstream: Upstream): boolean {
  const follows = info.follows?.host === upstream.host && info.follows.port === upstream.port
  return upstream.epoch > 0 && follows && info.linkUp && !info.syncInProgress && !info.loading
}

/** True when the step finished without an error before the deadline. */
async function within(deadlineMs: number, step: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), deadlineMs)
  })
  const done = step().then(
    () => true,
    () => false,
  )
  const result = await Promise.race([done, late])
  clearTimeout(timer)
  return result
}
