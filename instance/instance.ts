// One instance: every command ends up here, is checked against the promise, and is carried out on redis-server.
import { backupDeskOf, guardOf, type BackupDesk, type Guard } from './admission.ts'
import type { Chosen, Heartbeat, HeartbeatAnswer, InstanceStatus } from './api.ts'
import type { Proof } from './ballot.ts'
import { within } from './clock.ts'
import type { ClusterConfig, Config } from './config.ts'
import type { ClusterView, KubernetesApi } from './kubernetes/api.ts'
import { sayLastWord } from './last-word.ts'
import { Life } from './life.ts'
import { byHandOf, type ByHand } from './by-hand.ts'
import { depart } from './departure.ts'
import { handOverOf, type HandOver, type Successor } from './handover.ts'
import { Hearing } from './hearing.ts'
import { Lease } from './lease.ts'
import { heldBy, openFor, type Opening } from './opening.ts'
import type { Parts } from './parts.ts'
import { Promises } from './promises.ts'
import { PromiseBoard } from './shown-promise.ts'
import { positionRecorder, type PositionRecorder } from './position.ts'
import { pollForever, type Routine } from './routine.ts'
import { positionIn } from './salvage.ts'
import { follow, refuse, retire, type Identity, type Refusal } from './reign/rules.ts'
import { describe } from './status.ts'
import { wakeUps } from './wake-up.ts'
import { watchForever } from './watch.ts'

const hasRetired = 'this instance holds still: it is about to be removed'
/** GET /v1/status waits this long for a fresh answer of redis-server. */
const freshStatusMs = 300

export class Instance {
  readonly config: Config
  private readonly life: Life
  private readonly parts: Parts
  private readonly opening: Opening | undefined
  private readonly positions: PositionRecorder
  private readonly transition: (what: string) => void
  private readonly stopping = new AbortController()
  private readonly lease: Lease | undefined
  private readonly board: PromiseBoard | undefined
  private readonly promises: Promises
  private readonly handOver: HandOver
  private terminated: Promise<void> | undefined
  private readonly hearing: Hearing
  private readonly guard: Guard
  private view: ClusterView | undefined

  constructor(config: Config, parts: Parts) {
    const { api, clock } = parts
    this.config = config
    this.parts = parts
    this.transition = wakeUps(parts)
    this.life = new Life(config, parts, this.transition)
    const { keeper, engine } = this.life
    this.positions = positionRecorder(keeper, engine, clock)
    this.hearing = new Hearing(clock)
    this.guard = guardOf(config, this.life)
    const { cluster } = config
    const board = cluster && new PromiseBoard(parts, cluster)
    this.promises = new Promises(this.life, parts, board)
    this.handOver = handOverOf(engine, this.promises, parts)
    this.board = board
    if (cluster === undefined || api === undefined) return
    this.lease = this.leaseFor(cluster, api)
    this.opening = this.openingFor(cluster, api, this.lease)
  }

  /** Its right has lapsed, and nobody has told it of another reign. */
  get isIsolated(): boolean {
    return this.lease?.lapsedEpoch === this.life.keeper.state().seen
  }

  get inCluster(): boolean {
    return this.config.cluster !== undefined
  }

  /** Resolves when redis-server was started once; from then on it is watched until `terminate`. */
  async start(): Promise<void> {
    const { signal } = this.stopping
    await this.life.begin(signal)
    const { api } = this.parts
    if (api) void watchForever(this.parts, api, (view) => this.watched(view), signal)
    void pollForever(this.routine, signal)
    void this.lease?.beatForever(signal)
    void this.lease?.endForever(signal)
  }

  /** As fresh as redis-server lets it be within a moment; answers also when Redis does not. */
  async status(): Promise<InstanceStatus> {
    await within(this.parts.clock, freshStatusMs, () => this.life.engine.poll())
    return this.lastStatus()
  }

  lastStatus(): InstanceStatus {
    const { engine, keeper, settings, salvage, backups, birth, waitingFor, held } = this.life
    const { config } = this
    return describe({
      config,
      state: keeper.state(),
      obeyed: this.life.obeyed,
      sight: engine.seen(),
      settings: settings.report(),
      locked: keeper.loaded(),
      promises: this.board?.list() ?? [],
      heard: this.hearing.heard,
      grantSeconds: this.hearing.grantSeconds(),
      term: this.lease?.term,
      salvage: salvage.report,
      backup: backups?.running(),
      restore: birth?.report,
      waitingFor,
      terminating: this.life.leaving,
      held,
      retired: this.life.isRetired,
    })
  }

  /** INFO as it was printed last, for metrics. */
  infoFields(): Readonly<Record<string, string>> {
    return this.life.engine.seen().info?.fields ?? {}
  }

  /** The promise, and what it means; resolves only when both are done. Safe to repeat. */
  async fence(named: Identity, epoch: number, target: string): Promise<Refusal | undefined> {
    return this.guard(named) ?? (await this.promises.to(epoch, target))
  }

  async promote(
    named: Identity,
    epoch: number,
    proofs: readonly Proof[],
    chosen: Chosen,
  ): Promise<Refusal | undefined> {
    const refused = this.guard(named)
    if (refused || this.opening === undefined) return refused
    if (this.life.leaving) return refuse('not-ready', 'this instance is terminating')
    if (this.life.isRetired) return refuse('not-ready', hasRetired)
    try {
      return await openFor(this.opening, epoch, proofs, chosen)
    } finally {
      // Whatever came of it, the epoch was promised on the way.
      await this.promises.obey().catch(() => undefined)
      await this.opened(epoch)
    }
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
    if (this.life.isRetired) return refuse('not-ready', hasRetired)
    if (engine.seen().info?.loading === true) return refuse('not-ready', 'redis-server is loading its data')
    const outcome = await keeper.decide((state) =>
      follow(state, epoch, primary, engine.seen().writableEpoch >= epoch),
    )
    if (outcome.kind === 'Refused') return outcome
    await this.promises.obey()
    await this.life.salvage.before({ host, port, epoch }, positionIn(engine.seen()))
    return await roles(async () => {
      const { seen } = keeper.state()
      if (seen !== epoch) return refuse('older-epoch', `epoch ${seen} was promised meanwhile`)
      const { upstream, info } = engine.seen()
      const asked = upstream.host === host && upstream.port === port && upstream.epoch === epoch
      // What was asked for may never have arrived: only redis-server's own word ends the asking.
      if (asked && info?.follows?.host === host && info.follows.port === port) return undefined
      await engine.follow({ host, port, epoch })
      // Applications may have come while redis-server restarted under the primary's address: they must look again.
      if (keeper.state().openedEpoch > 0) await engine.control().disconnectClients()
      return undefined
    })
  }

  async handover(named: Identity, epoch: number, successor: Successor): Promise<Refusal | undefined> {
    const refused = this.guard(named)
    if (refused) return refused
    return await this.handOver(epoch, successor)
  }

  /** Resolves when redis-server has stopped. Safe to repeat. */
  async retire(named: Identity, epoch: number): Promise<Refusal | undefined> {
    const refused = this.guard(named)
    if (refused) return refused
    const { keeper, engine, roles } = this.life
    const isWritable = (): boolean => engine.seen().writableEpoch > 0
    const outcome = await roles(() => keeper.decide((state) => retire(state, epoch, named.pod, isWritable())))
    if (outcome.kind === 'Refused') return outcome
    await this.life.retire()
    this.transition('retired')
    return undefined
  }

  /** A primary asks whether it still may; a fenced one tells that it may not. */
  hear(heartbeat: Heartbeat): HeartbeatAnswer | Refusal {
    const refused = this.guard({ cluster: heartbeat.cluster, pod: heartbeat.pod })
    if (refused) return refused
    return this.hearing.hear(this.life.keeper.state(), heartbeat)
  }

  get backupDesk(): BackupDesk {
    return backupDeskOf(this.config, this.life)
  }

  /** Without any protocol: for an instance that was started by hand. */
  get byHand(): ByHand {
    return byHandOf(this.life)
  }

  /** Redis stops first, gracefully; a primary with replicas then waits until the promise of its successor is in. */
  terminate(): Promise<void> {
    this.terminated ??= this.leave()
    return this.terminated
  }

  private async leave(): Promise<void> {
    await depart(this.life, this.promises, this.parts.clock, () => this.view, this.transition)
    await sayLastWord(this.config.cluster, this.parts, this.life, this.view)
    this.stopping.abort()
    await this.parts.api?.close()
  }

  private get routine(): Routine {
    const { life, positions, promises, hearing, transition: onTransition } = this
    const keepMarkAndGate = (): Promise<void> => this.keepMarkAndGate()
    return { life, positions, promises, hearing, clock: this.parts.clock, keepMarkAndGate, onTransition }
  }

  private leaseFor(config: ClusterConfig, api: KubernetesApi): Lease {
    const { keeper, engine, roles } = this.life
    return new Lease({
      config,
      parts: this.parts,
      keeper,
      engine,
      api,
      roles,
      view: () => this.view,
      onRead: (view) => this.watched(view),
      onSuperseded: (epoch, target) => this.promises.soon(epoch, target),
      onTransition: this.transition,
    })
  }

  private openingFor(config: ClusterConfig, api: KubernetesApi, lease: Lease): Opening {
    const { keeper, engine, roles } = this.life
    return {
      config,
      keeper,
      engine,
      api,
      clock: this.parts.clock,
      roles,
      lease,
      shown: () => this.board?.list() ?? [],
      mustObey: () => this.promises.highest(),
      holds: () => heldBy(this.lastStatus()),
      claimedEpoch: 0,
    }
  }

  private async opened(epoch: number): Promise<void> {
    const { keeper, engine } = this.life
    if (engine.seen().writableEpoch !== epoch || keeper.state().dataEpoch === epoch) return
    await this.keepMarkAndGate()
    // A copy that restarted begins a stream whose offsets say nothing about the one before.
    await keeper.record({ dataEpoch: epoch, offsetBytes: 0, foreign: false })
    this.transition(`opened epoch ${epoch}`)
  }

  private async keepMarkAndGate(): Promise<void> {
    await this.life.engine
      .keepMarkAndGate(this.lease?.term?.minSyncReplicas ?? 0)
      .catch((error: unknown) => this.parts.log.warn({ err: error }, 'no marker or gate yet; trying again'))
  }

  /** A watch may raise the promise, and never lowers or renews anything. */
  private watched(view: ClusterView): void {
    // Made again under its name, it is another cluster: its reigns are not ours.
    if (view.uid !== this.config.cluster?.uid) return
    this.view = view
    if (view.fenced !== undefined) void this.life.hold(view.fenced.includes(this.config.cluster.pod))
    const { primaryEpoch = 0, targetPrimaryUID, planned } = view.reign
    // A planned successor is no reason to stop: whoever is to hand over is told so.
    if (planned !== undefined) return
    if (targetPrimaryUID !== undefined && this.life.keeper.loaded())
      this.promises.soon(primaryEpoch, targetPrimaryUID)
  }
}
