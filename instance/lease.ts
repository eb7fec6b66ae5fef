// How a primary keeps its right: heartbeats to the other members, reads of the API while too few grant, and the tick that ends it.
import { instanceAnnotations, type Heartbeat, type HeartbeatAnswer } from './api.ts'
import type { Term } from './ballot.ts'
import type { ClusterConfig } from './config.ts'
import type { Engine } from './engine.ts'
import type { Keeper } from './keeper.ts'
import type { ClusterView, KubernetesApi } from './kubernetes/api.ts'
import type { Mutex } from './mutex.ts'
import { readCluster } from './opening.ts'
import type { Parts } from './parts.ts'
import { granted, renewed, rightFrom, rightUntilMs, roundIsGranted, type Right } from './reign/right.ts'
import { acknowledgementsNeeded, nextTerm, tenureOf, termsToWrite, type Tenure } from './reign/terms.ts'

export interface LeaseOptions {
  readonly config: ClusterConfig
  readonly parts: Parts
  readonly keeper: Keeper
  readonly engine: Engine
  /** The RedisCluster as the watch or a read has shown it last. */
  readonly view: () => ClusterView | undefined
  readonly api: KubernetesApi
  readonly roles: Mutex
  readonly onRead: (view: ClusterView) => void
  readonly onSuperseded: (epoch: number, target: string) => void
  readonly onTransition: (what: string) => void
}

const tickMs = 250
const beatEveryMs = 1000
const beatDeadlineMs = 800

interface Held {
  readonly epoch: number
  tenure: Tenure
  right: Right
  /** The offset that the replicas must hold before the next term counts; undefined until it is written down. */
  adoptedAtOffset: number | undefined
}

export class Lease {
  private readonly options: LeaseOptions
  private held: Held | undefined

  constructor(options: LeaseOptions) {
    this.options = options
  }

  /** Before it opens: the right counts from the start of the live read that allowed it. */
  begin(epoch: number, term: Term, readStartedMs: number): void {
    this.held = { epoch, tenure: tenureOf(term), right: rightFrom(readStartedMs), adoptedAtOffset: undefined }
  }

  /** The term by which the right is held, while it is. */
  get term(): Term | undefined {
    return this.holds()?.tenure.used
  }

  get hasLapsed(): boolean {
    const held = this.holds()
    if (held === undefined) return false
    const { config, parts } = this.options
    return rightUntilMs(held.right, held.tenure.held, config.podUid) <= parts.clock.nowMs()
  }

  async beatForever(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.options.parts
    while (!signal.aborted) {
      const startedMs = clock.nowMs()
      await this.beat().catch((error: unknown) => log.debug({ err: error }, 'a heartbeat failed'))
      await clock.pause(Math.max(0, startedMs + beatEveryMs - clock.nowMs()), signal)
    }
  }

  /** A right that has lapsed ends the stretch: the door of this epoch stays shut. */
  async endForever(signal: AbortSignal): Promise<void> {
    const { parts, engine, roles, onTransition } = this.options
    while (!signal.aborted) {
      await parts.clock.pause(tickMs, signal)
      if (!this.hasLapsed) continue
      parts.log.warn({ epoch: engine.seen().writableEpoch }, 'the right to accept writes has lapsed: fencing')
      await roles(async () => {
        if (this.hasLapsed) await engine.refuseWrites(true)
      })
      onTransition('the right has lapsed')
    }
  }

  private holds(): Held | undefined {
    return this.options.engine.seen().writableEpoch === this.held?.epoch ? this.held : undefined
  }

  private async beat(): Promise<void> {
    const held = this.holds()
    if (held !== undefined) await this.keepRight(held)
    else if (this.isFenced()) await this.sayPromise()
  }

  private async keepRight(held: Held): Promise<void> {
    const { config, parts } = this.options
    const { tenure, epoch } = held
    const sentMs = parts.clock.nowMs()
    const others = membersOf(tenure.held).filter((uid) => uid !== config.podUid)
    await this.sendAll(others, epoch, config.podUid, true, (uid) => {
      held.right = granted(held.right, uid, sentMs)
    })
    const { right } = held
    if (!roundIsGranted(right, tenure.held, config.podUid, sentMs) && !this.hasLapsed) {
      const readMs = parts.clock.nowMs()
      if (await this.readsItselfTarget(epoch)) held.right = renewed(held.right, readMs)
    }
    await this.followTerms(held)
  }

  /** With quorum, and every Pod: an older status may have been written back, but no Pod's own promise. */
  private async readsItselfTarget(epoch: number): Promise<boolean> {
    const { api, config, onRead } = this.options
    const { cluster, pods } = await readCluster(api, config)
    onRead(cluster)
    const { reign } = cluster
    const isTarget = reign.targetPrimaryUID === config.podUid && reign.primaryEpoch === epoch
    const stays =
      reign.planned !== undefined && reign.currentPrimaryUID === config.podUid && reign.currentEpoch === epoch
    const others = pods.filter(({ uid }) => uid !== config.podUid)
    const superseded = others.some(
      ({ epoch: claimed, promised }) =>
        claimed >= epoch ||
        promised.epoch > epoch ||
        (promised.epoch === epoch && promised.target !== config.podUid),
    )
    return (isTarget || stays) && !superseded
  }

  /** Written on the own Pod before it is held, held before it is used, used once those who stay have what was written. */
  private async followTerms(held: Held): Promise<void> {
    const { api, view, engine, onTransition, config } = this.options
    const listed = view()?.reign.terms ?? []
    const next = termsToWrite(held.tenure, listed)
    if (next !== undefined) {
      await api.annotateOwnPod({ [instanceAnnotations.terms]: JSON.stringify(next) })
      if (next.length > 1) held.adoptedAtOffset = undefined
      held.tenure = { ...held.tenure, held: next, written: next }
    }
    const adopted = nextTerm(held.tenure)
    if (adopted === undefined) return
    const { info } = engine.seen()
    held.adoptedAtOffset ??= info?.offsetBytes
    const needed = acknowledgementsNeeded(held.tenure, adopted, config.podUid)
    if (held.adoptedAtOffset === undefined || this.acknowledging(adopted, held.adoptedAtOffset) < needed)
      return
    held.tenure = { ...held.tenure, used: adopted }
    onTransition('a new term is in use')
  }

  private acknowledging({ members }: Term, offset: number): number {
    const { engine, view } = this.options
    const addresses = members.map((uid) => view()?.addresses[uid])
    const replicas = engine.seen().info?.replicas ?? []
    return replicas.filter((replica) => addresses.includes(replica.ip) && replica.offsetBytes >= offset)
      .length
  }

  /** It was writable once, and follows nobody yet: whoever hears of its promise may tell the hooks. */
  private isFenced(): boolean {
    const { engine, keeper } = this.options
    const { openedEpoch, seen } = keeper.state()
    return keeper.loaded() && openedEpoch > 0 && seen > openedEpoch && engine.seen().upstream.epoch === 0
  }

  private async sayPromise(): Promise<void> {
    const { seen, seenTarget } = this.options.keeper.state()
    const members = membersOf(this.options.view()?.reign.terms ?? [])
    const others = members.filter((uid) => uid !== this.options.config.podUid)
    await this.sendAll(others, seen, seenTarget, false, () => undefined)
  }

  private async sendAll(
    members: readonly string[],
    epoch: number,
    target: string,
    writable: boolean,
    onGranted: (uid: string) => void,
  ): Promise<void> {
    const { config, parts, view, onSuperseded } = this.options
    const send = async (pod: string): Promise<void> => {
      const ip = view()?.addresses[pod]
      if (ip === undefined) return
      const heartbeat: Heartbeat = { cluster: config.uid, pod, from: config.podUid, epoch, target, writable }
      const answer: HeartbeatAnswer = await parts.beat(ip, heartbeat, beatDeadlineMs)
      if (answer.kind === 'granted') onGranted(pod)
      else onSuperseded(answer.epoch, answer.target)
    }
    await Promise.allSettled(members.map(send))
  }
}

const membersOf = (terms: readonly Term[]): readonly string[] => [
  ...new Set(terms.flatMap(({ members }) => members)),
]
