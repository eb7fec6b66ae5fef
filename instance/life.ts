// The life of redis-server in this Pod: take the volume, start it as a replica, start it again when it ends, stop it gracefully.
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { mounts, redisPort } from './api.ts'
import type { Config } from './config.ts'
import { Engine } from './engine.ts'
import { keeperOf, type Keeper } from './keeper.ts'
import type { KubernetesApi } from './kubernetes/api.ts'
import { LiveSettings } from './live-settings.ts'
import { mutex } from './mutex.ts'
import { planBoot, type Recorded } from './reign/boot.ts'
import { byHand } from './status.ts'
import { openLock, tryLock, type VolumeLock } from './volume-lock.ts'

const retryMs = 200
const restartDelaysMs = [0, 200, 1000, 5000] as const
/** A redis-server that ran this long is started again at once when it ends. */
const steadyMs = 10_000
/** Redis' own wait for its replicas, and the last write of the AOF. */
const redisStopMs = 40_000

export class Life {
  readonly engine: Engine
  readonly keeper: Keeper
  readonly settings: LiveSettings
  /** Held while redis-server's role is changed. */
  readonly roles = mutex()
  terminating = false
  /** Why redis-server has not been started, as a sentence. */
  waitingFor: string | undefined = 'redis-server has not been started yet'
  private readonly config: Config
  private readonly api: KubernetesApi | undefined
  private readonly log: Logger
  private readonly lock: VolumeLock
  private readonly onTransition: (what: string) => void
  private startedAtMs = 0
  private failures = 0

  constructor(
    config: Config,
    api: KubernetesApi | undefined,
    log: Logger,
    onTransition: (what: string) => void,
  ) {
    const data = config.root + mounts.data
    this.config = config
    this.api = api
    this.log = log
    this.onTransition = onTransition
    this.lock = openLock(data)
    this.keeper = keeperOf(data)
    this.engine = new Engine({
      config,
      lockDescriptor: this.lock.descriptor,
      log,
      onExit: () => this.ended(),
    })
    this.settings = new LiveSettings(config, this.engine, log)
  }

  /** Resolves when redis-server was started. Waits for as long as the volume is somebody else's. */
  async begin(signal: AbortSignal): Promise<void> {
    await this.readMounts(signal)
    await this.takeVolume(signal)
    this.waitingFor = undefined
    await this.boot()
  }

  async stop(): Promise<void> {
    this.terminating = true
    await this.engine.stop(redisStopMs)
  }

  /** It is always a replica that starts: of the installed primary if the API names one, else of nobody. */
  private async boot(): Promise<void> {
    const recorded = await this.recorded()
    await this.roles(async () => {
      const upstream = planBoot(this.keeper.state(), recorded, this.config.cluster?.podUid ?? '', redisPort)
      this.startedAtMs = performance.now()
      await this.engine.boot(await this.settings.current(), upstream)
      this.log.info({ upstream }, 'redis-server started as a replica')
    })
  }

  private ended(): void {
    this.onTransition('redis-server ended')
    if (!this.terminating) void this.restart()
  }

  private async restart(): Promise<void> {
    this.failures = performance.now() - this.startedAtMs > steadyMs ? 0 : this.failures + 1
    await pause(restartDelaysMs[Math.min(this.failures, restartDelaysMs.length - 1)] ?? 0)
    if (this.terminating) return
    await this.boot().catch((error: unknown) => {
      this.log.error({ err: error }, 'redis-server cannot be started; trying again')
      void this.restart()
    })
  }

  private async recorded(): Promise<Recorded | undefined> {
    try {
      return await this.api?.getCluster()
    } catch (error) {
      this.log.warn({ err: error }, 'the API does not answer: starting as a replica of nobody')
      return undefined
    }
  }

  /** The control token among them: from then on commands can be told from foreign ones. */
  private async readMounts(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.settings.current()
        return
      } catch (error) {
        this.waitingFor = error instanceof Error ? error.message : 'the mounted files cannot be read'
        this.log.warn({ err: error }, 'waiting for the mounted files')
        await pause(retryMs)
      }
    }
  }

  private async takeVolume(signal: AbortSignal): Promise<void> {
    while (!(await tryLock(this.lock))) {
      this.waitingFor = "the data volume's lock is held by another process: an earlier instance still runs"
      await pause(retryMs, undefined, { signal })
    }
    const { cluster } = this.config
    await this.keeper.load(cluster?.uid ?? '', cluster?.podUid ?? byHand)
    await this.recallClaim()
  }

  /** A wiped volume must not open an epoch that this Pod has claimed before. */
  private async recallClaim(): Promise<void> {
    const { cluster } = this.config
    if (cluster === undefined || this.api === undefined) return
    const own = await this.api.getPod(cluster.pod).catch(() => undefined)
    const { openedEpoch, seen } = this.keeper.state()
    if (own?.uid !== cluster.podUid || own.epoch <= openedEpoch) return
    await this.keeper.record({
      openedEpoch: own.epoch,
      ...(own.epoch > seen ? { seen: own.epoch, seenTarget: own.uid } : {}),
    })
  }
}
