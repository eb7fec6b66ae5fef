// One instance: every command ends up here, is checked against the promise, and is carried out on redis-server.
import { type InstanceStatus, type Proof } from './api.ts'
import { within } from './clock.ts'
import type { Config } from './config.ts'
import type { ClusterView, KubernetesApi } from './kubernetes/api.ts'
import { Life } from './life.ts'
import { openFor, type Opening } from './opening.ts'
import type { Parts } from './parts.ts'
import { positionRecorder, type PositionRecorder } from './position.ts'
import { checkIdentity, follow, promise, refuse, type Identity, type Refusal } from './reign/rules.ts'
import { describe } from './status.ts'
import { wakeUps } from './wake-up.ts'

const pollMs = 250
/** GET /v1/status waits this long for a fresh answer of redis-server. */
const freshStatusMs = 300
/** A stopped primary answers this long, so that the proof can be read. */
const promiseWaitMs = 10_000

export class Instance {
  readonly config: Config
  private readonly life: Life
  private readonly parts: Parts
  private readonly opening: Opening | undefined
  private readonly positions: PositionRecorder
  private readonly transition: (what: string) => void
  private readonly stopping = new AbortController()

  constructor(config: Config, parts: Parts) {
    const { api, clock } = parts
    this.config = config
    this.parts = parts
    this.transition = wakeUps(parts)
    this.life = new Life(config, parts, this.transition)
    const { keeper, engine, roles } = this.life
    this.positions = positionRecorder(keeper, engine, clock)
    this.opening = config.cluster &&
      api && { config: config.cluster, keeper, engine, api, clock, roles, claimedEpoch: 0 }
  }

  get inCluster(): boolean {
    return this.config.cluster !== undefined
  }

  get controlToken(): string | undefined {
    return this.life.settings.controlToken()
  }

  /** Resolves when redis-server was started once; from then on it is watched until `terminate`. */
  async start(): Promise<void> {
    const { signal } = this.stopping
    await this.life.begin(signal)
    const { api } = this.parts
    if (api) void watchForever(this.parts, api, (view) => this.watched(view), signal)
    void this.pollForever(signal)
  }

  /** As fresh as redis-server lets it be within a moment; answers also when Redis does not. */
  async status(): Promise<InstanceStatus> {
    await within(this.parts.clock, freshStatusMs, () => this.life.engine.poll())
    return this.lastStatus()
  }

  lastStatus(): InstanceStatus {
    const { engine, keeper, settings, waitingFor, terminating } = this.life
    const { config } = this
    return describe({
      config,
      state: keeper.state(),
      sight: engine.seen(),
      settings: settings.report(),
      locked: keeper.loaded(),
      waitingFor,
      terminating,
    })
  }

  /** INFO as it was printed last, for metrics. */
  infoFields(): Readonly<Record<string, string>> {
    return this.life.engine.seen().info?.fields ?? {}
  }

  /** The promise, and what it means; resolves only when both are done. Safe to repeat. */
  async fence(named: Identity, epoch: number, target: string): Promise<Refusal | undefined> {
    return this.guard(named) ?? (await this.promiseTo(epoch, target))
  }

  async promote(named: Identity, epoch: number, proofs: readonly Proof[]): Promise<Refusal | undefined> {
    const refused = this.guard(named)
    if (refused || this.opening === undefined) return refused
    const { keeper, engine } = this.life
    const outcome = await openFor(this.opening, epoch, proofs)
    if (outcome) return outcome
    if (keeper.state().dataEpoch !== epoch) {
      await keeper.record({ dataEpoch: epoch, offsetBytes: engine.seen().info?.offsetBytes ?? 0 })
      this.transition(`opened epoch ${epoch}`)
    }
    return undefined
  }

  async follow(
    named: Identity,
    epoch: number,
    primary: string,
    host: string,
    port: number,
  ): Promise<Refusal | undefined> {
    const refused = this.guard(named)
    if (refused) return refused
    const { keeper, engine, roles } = this.life
    const outcome = await keeper.decide((state) =>
      follow(state, epoch, primary, engine.seen().writableEpoch >= epoch),
    )
    if (outcome.kind === 'Refused') return outcome
    await this.obeyPromise()
    return await roles(async () => {
      const { seen } = keeper.state()
      if (seen !== epoch) return refuse('older-epoch', `epoch ${seen} was promised meanwhile`)
      const { upstream } = engine.seen()
      if (upstream.host === host && upstream.port === port && upstream.epoch === epoch) return undefined
      await engine.follow({ host, port, epoch })
      // Applications may have come while redis-server restarted under the primary's address: they must look again.
      if (keeper.state().openedEpoch > 0) await engine.control().disconnectClients()
      return undefined
    })
  }

  /** Without any protocol: for an instance that was started by hand. */
  async promoteByHand(): Promise<undefined> {
    await this.life.roles(() => this.life.engine.open(1))
  }

  async followByHand(host: string, port: number): Promise<undefined> {
    const { engine, roles } = this.life
    await roles(async () => {
      await engine.refuseWrites(true)
      await engine.follow({ host, port, epoch: 0 })
    })
  }

  /** Redis stops first, gracefully; a primary with replicas then waits until the promise of its successor is in. */
  async terminate(): Promise<void> {
    if (this.life.terminating) return
    const { writableEpoch, info } = this.life.engine.seen()
    const stopped = this.life.stop()
    this.transition('terminating')
    await stopped
    this.transition('stopped')
    if (writableEpoch > 0 && (info?.connectedReplicas ?? 0) > 0) await this.waitForPromiseAbove(writableEpoch)
    this.stopping.abort()
    await this.parts.api?.close()
  }

  private guard(named: Identity): Refusal | undefined {
    const { cluster } = this.config
    if (cluster === undefined)
      return refuse('bad-request', 'this instance was started by hand, without a cluster')
    if (!this.life.keeper.loaded())
      return refuse('not-ready', this.life.waitingFor ?? 'the data volume is not ours yet')
    return checkIdentity({ cluster: cluster.uid, pod: cluster.podUid }, named)
  }

  private async promiseTo(epoch: number, target: string): Promise<Refusal | undefined> {
    const { keeper } = this.life
    const before = keeper.state().seen
    const outcome = await keeper.decide((state) => promise(state, epoch, target))
    if (outcome.kind === 'Refused') return outcome
    await this.obeyPromise()
    if (epoch > before) await this.reignEnded(before)
    if (epoch > before) this.transition(`promised epoch ${epoch}`)
    return undefined
  }

  /** Applications that came while this was the primary's address would go on talking to a replica. */
  private async reignEnded(epoch: number): Promise<void> {
    const { engine, keeper, roles } = this.life
    if (epoch === 0 || keeper.state().openedEpoch !== epoch) return
    await roles(async () => {
      if (engine.seen().state === 'running') await engine.control().disconnectClients()
    }).catch((error: unknown) => this.parts.log.warn({ err: error }, 'applications could not be disconnected'))
  }

  /** What a promise means for redis-server: no writes of a lower reign, and no copying from one. */
  private async obeyPromise(): Promise<void> {
    const { keeper, engine, roles } = this.life
    await roles(async () => {
      const { seen } = keeper.state()
      const { writableEpoch, upstream } = engine.seen()
      const wasWritable = writableEpoch > 0 && writableEpoch < seen
      if (wasWritable || (upstream.epoch > 0 && upstream.epoch < seen)) await engine.refuseWrites(wasWritable)
    })
  }

  /** A watch may raise the promise, and never lowers or renews anything. */
  private watched({ reign }: ClusterView): void {
    const { primaryEpoch = 0, targetPrimaryUID } = reign
    if (targetPrimaryUID === undefined || primaryEpoch <= this.life.keeper.state().seen) return
    this.promiseTo(primaryEpoch, targetPrimaryUID).catch((error: unknown) =>
      this.parts.log.error({ err: error }, 'a promise seen in the watch failed'),
    )
  }

  private async pollForever(signal: AbortSignal): Promise<void> {
    const { engine, settings } = this.life
    let before = ''
    while (!signal.aborted) {
      await engine.poll()
      const joined = await this.positions.record().catch(() => false)
      await settings.refresh()
      const { state } = engine.seen()
      if (joined) this.transition('in sync')
      else if (state !== before && state === 'running') this.transition('redis-server answers')
      before = state
      await this.parts.clock.pause(pollMs, signal)
    }
  }

  /** That this redis-server is stopped can be read only while somebody answers. */
  private async waitForPromiseAbove(epoch: number): Promise<void> {
    const { clock } = this.parts
    const deadlineMs = clock.nowMs() + promiseWaitMs
    while (this.life.keeper.state().seen <= epoch && clock.nowMs() < deadlineMs) await clock.pause(pollMs)
    // One more poll of the hooks must find the stopped state.
    await clock.pause(4 * pollMs)
  }
}

async function watchForever(
  { clock, log }: Parts,
  api: KubernetesApi,
  onChange: (view: ClusterView) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await api
      .watchCluster(onChange, signal)
      .catch((error: unknown) => log.debug({ err: error }, 'the watch ended'))
    // Jittered, so that the instances of many clusters do not come back in one burst.
    await clock.pause(500 + clock.chance() * 1500, signal)
  }
}
