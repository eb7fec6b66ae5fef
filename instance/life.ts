// The life of redis-server in this Pod: take the volume, start it as a replica, start it again when it ends, stop it gracefully.
import { redisPort } from './api.ts'
import type { Backups } from './backup/backups.ts'
import type { Config } from './config.ts'
import { Engine } from './engine.ts'
import { stopInOrder } from './farewell.ts'
import { keeperOf, type Keeper } from './keeper.ts'
import type { ClusterView } from './kubernetes/api.ts'
import { mutex } from './mutex.ts'
import type { Parts, SettingsSource } from './parts.ts'
import { planBoot } from './reign/boot.ts'
import { isRetired } from './reign/state.ts'
import { Birth } from './restore/birth.ts'
import { Salvage } from './salvage.ts'
import { byHand } from './status.ts'

export interface KeptPromise {
  readonly epoch: number
  readonly target: string
}

const retryMs = 200
const restartDelaysMs = [0, 200, 1000, 5000] as const
/** A redis-server that ran this long is started again at once when it ends. */
const steadyMs = 10_000

export class Life {
  readonly engine: Engine
  readonly keeper: Keeper
  readonly settings: SettingsSource
  readonly salvage: Salvage
  /** Of an instance whose cluster is born from a backup. */
  readonly birth: Birth | undefined
  readonly backups: Backups | undefined
  /** Held while redis-server's role is changed. */
  readonly roles = mutex()
  terminating = false
  /** Whether a backup is to be restored is not settled: a promise on the volume would settle it the wrong way. */
  isUnborn: boolean
  /** SIGTERM was received: it serves only until somebody else does. */
  leaving = false
  /** The promise that redis-server obeys already: what is only on disk yet is not reported. */
  obeyed: KeptPromise = { epoch: 0, target: '' }
  /** A person wants redis-server to be stopped, and to stay stopped. */
  held = false
  /** Why redis-server has not been started, as a sentence. */
  waitingFor: string | undefined = 'redis-server has not been started yet'
  private readonly config: Config
  private readonly parts: Parts
  private readonly onTransition: (what: string) => void
  private timesTold = 0
  private retiring = false
  private startedAtMs = 0
  private failures = 0

  constructor(config: Config, parts: Parts, onTransition: (what: string) => void) {
    this.config = config
    this.parts = parts
    this.onTransition = onTransition
    this.keeper = keeperOf(parts.volume)
    this.engine = new Engine(parts, config.cluster?.uid ?? byHand, () => this.ended())
    this.settings = parts.settings(this.engine)
    this.backups = parts.backups?.(this.engine)
    this.salvage = new Salvage(config.cluster?.uid, this.keeper, parts, onTransition)
    this.birth = this.birthFrom(config)
    this.isUnborn = this.birth !== undefined
  }

  /** Resolves when redis-server was started. Waits for as long as the volume is somebody else's. */
  async begin(signal: AbortSignal): Promise<void> {
    await this.untilDone(signal, () => this.settings.current())
    await this.untilDone(signal, () => this.takeVolume(signal))
    const { birth } = this
    if (birth !== undefined) await this.untilDone(signal, () => birth.begin(signal))
    this.isUnborn = false
    await this.untilDone(signal, () => this.boot())
    this.waitingFor = undefined
  }

  /** The Pod stays alive and calm; what its redis-server promised it goes on promising. */
  async hold(wanted: boolean): Promise<void> {
    this.timesTold += 1
    if (wanted === this.held) return
    this.held = wanted
    this.parts.log.warn({ held: wanted }, 'redis-server is stopped, or started again, by annotation')
    const { state } = this.engine.seen()
    const isDown = state === 'stopped' || state === 'waiting'
    if (wanted) await this.stopEngine()
    else if (isDown && this.keeper.loaded()) await this.restart()
  }

  /** It holds still to be removed. */
  get isRetired(): boolean {
    return isRetired(this.keeper.state(), this.config.cluster?.podUid ?? byHand)
  }

  /** It has said so, perhaps in an earlier life: it starts, obeys and grants nothing any more. */
  get hasEnded(): boolean {
    const { ended } = this.keeper.state()
    return ended !== undefined && ended === this.config.cluster?.podUid
  }

  /** Resolves when redis-server has stopped. */
  async retire(): Promise<void> {
    this.retiring = true
    this.waitingFor = 'it holds still: its Pod is about to be removed'
    // What is written down next is all that it will ever hold: the last write that was acknowledged may be here alone.
    await this.roles(() => this.engine.refuseWrites(false))
    await this.stopEngine()
  }

  /** A later reign may need what it holds. */
  async unretire(): Promise<void> {
    if (!this.retiring || this.isRetired) return
    this.retiring = false
    this.parts.log.warn('a later reign was promised: redis-server is started again')
    this.onTransition('called back')
    await this.restart()
  }

  async stop(): Promise<void> {
    this.terminating = true
    await this.stopEngine()
  }

  private async stopEngine(): Promise<void> {
    await stopInOrder(this.engine, this.keeper, this.parts.clock)
  }

  private birthFrom({ cluster: config }: Config): Birth | undefined {
    const { parts, keeper, settings, onTransition } = this
    const { api, restorer } = parts
    if (config?.bootstrap !== true || api === undefined || restorer === undefined) return undefined
    const onWaiting = (why: string): void => void (this.waitingFor = why)
    return new Birth({ config, parts, api, restorer, keeper, settings, onWaiting, onTransition })
  }

  /** It is always a replica that starts: of the installed primary if the API names one, else of nobody. */
  private async boot(): Promise<void> {
    const { timesTold } = this
    const recorded = await this.recorded()
    // Whoever was told meanwhile by a watch knows at least as much.
    if (timesTold === this.timesTold)
      this.held ||= recorded?.fenced?.includes(this.config.cluster?.pod ?? '') === true
    await this.roles(async () => {
      const state = this.keeper.state()
      const running = this.engine.seen().state
      if (this.isUnwanted() || (running !== 'stopped' && running !== 'waiting')) return
      const upstream = planBoot(state, recorded, this.config.cluster?.podUid ?? '', redisPort)
      this.startedAtMs = this.parts.clock.nowMs()
      const settings = await this.settings.current()
      await this.salvage.before(upstream, undefined)
      if (this.isUnwanted()) return
      await this.engine.boot(settings, upstream)
      this.obeyed = { epoch: state.seen, target: state.seenTarget }
      this.parts.log.info({ upstream }, 'redis-server started as a replica')
    })
  }

  private isUnwanted(): boolean {
    return this.held || this.terminating || this.isRetired || this.hasEnded
  }

  private ended(): void {
    this.onTransition('redis-server ended')
    if (!this.isUnwanted()) void this.restart()
  }

  private async restart(): Promise<void> {
    const { clock } = this.parts
    this.failures = clock.nowMs() - this.startedAtMs > steadyMs ? 0 : this.failures + 1
    await clock.pause(restartDelaysMs[Math.min(this.failures, restartDelaysMs.length - 1)] ?? 0)
    if (this.isUnwanted()) return
    await this.boot().catch((error: unknown) => {
      this.parts.log.error({ err: error }, 'redis-server cannot be started; trying again')
      void this.restart()
    })
  }

  private async recorded(): Promise<ClusterView | undefined> {
    try {
      const cluster = await this.parts.api?.getCluster()
      return cluster?.uid === this.config.cluster?.uid ? cluster : undefined
    } catch (error) {
      this.parts.log.warn({ err: error }, 'the API does not answer: starting as a replica of nobody')
      return undefined
    }
  }

  /** Whatever stands in the way is said, and tried again: a Pod that only crashes tells nobody why. */
  private async untilDone(signal: AbortSignal, step: () => Promise<unknown>): Promise<void> {
    while (!signal.aborted) {
      try {
        await step()
        return
      } catch (error) {
        this.waitingFor = error instanceof Error ? error.message : 'it cannot start'
        this.parts.log.warn({ err: error }, 'waiting')
        await this.parts.clock.pause(retryMs, signal)
      }
    }
  }

  private async takeVolume(signal: AbortSignal): Promise<void> {
    const { clock, volume, restorer } = this.parts
    while (!signal.aborted && !(await volume.tryLock())) {
      this.waitingFor = "the data volume's lock is held by another process: an earlier instance still runs"
      await clock.pause(retryMs, signal)
    }
    if (signal.aborted) return
    const { cluster } = this.config
    await this.salvage.begin()
    if (restorer !== undefined) await restorer.tidy()
    await this.keeper.load(cluster?.uid ?? '', cluster?.podUid ?? byHand)
    await this.recallClaim()
    const { seen, seenTarget } = this.keeper.state()
    this.obeyed = { epoch: seen, target: seenTarget }
    this.retiring = this.isRetired
  }

  /** A wiped volume must not open an epoch that this Pod has claimed before. */
  private async recallClaim(): Promise<void> {
    const { cluster } = this.config
    const { api } = this.parts
    if (cluster === undefined || api === undefined) return
    const own = await api.getPod(cluster.pod).catch(() => undefined)
    const { openedEpoch, seen } = this.keeper.state()
    if (own?.uid !== cluster.podUid || own.epoch <= openedEpoch) return
    await this.keeper.record({
      openedEpoch: own.epoch,
      ...(own.epoch > seen ? { seen: own.epoch, seenTarget: own.uid } : {}),
    })
  }
}
