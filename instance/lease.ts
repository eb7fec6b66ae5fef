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
import {
  granted,
  mayLetGo,
  renewed,
  rightFrom,
  rightUntilMs,
  roundIsGranted,
  type Right,
} from './reign/right.ts'
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
  /** Since when every heartbeat has told of these terms. */
  heldSinceMs: number
  /** Whom heartbeats were sent to since the term came into use; but members of the one before, who came before its own. */
  readonly asked: Set<string>
  former: readonly string[]
}

export class Lease {
  private readonly options: LeaseOptions
  private held: Held | undefined
  private beats = 0
  /** The last reign that ended because its right lapsed. */
  lapsedEpoch: number | undefined

  constructor(options: LeaseOptions) {
    this.options = options
  }

  /** Before it opens: the right counts from the start of the live read that allowed it. */
  begin(epoch: number, term: Term, readStartedMs: number): void {
    this.held = {
      epoch,
      tenure: tenureOf(term),
      right: rightFrom(readStartedMs),
      adoptedAtOffset: undefined,
      heldSinceMs: readStartedMs,
      asked: new Set(),
      former: [],
    }
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
        if (!this.hasLapsed) return
        await engine.refuseWrites(true)
        this.lapsedEpoch = this.held?.epoch
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
    const listed = this.options.view()?.reign.terms ?? []
    // Those of a term that is to come are asked before it counts.
    const others = membersOf([...tenure.held, ...listed]).filter((uid) => uid !== config.podUid)
    for (const uid of others) if (!held.former.includes(uid)) held.asked.add(uid)
    await this.sendAll(others, epoch, config.podUid, true, (uid) => {
      held.right = granted(held.right, uid, sentMs)
    })
    const { right } = held
    if (!roundIsGranted(right, tenure.held, config.podUid, sentMs)) await this.renewByRead(held)
    await this.followTerms(held)
  }

  /** Never a right that has lapsed. */
  private async renewByRead(held: Held): Promise<void> {
    if (this.hasLapsed) return
    const readMs = this.options.parts.clock.nowMs()
    if (await this.readsItselfTarget(held.epoch)) held.right = renewed(held.right, readMs)
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
    const listed = this.options.view()?.reign.terms ?? []
    const next = termsToWrite(held.tenure, listed)
    if (next !== undefined && (await this.mayHold(held, next))) {
      await this.writeTerms(next)
      held.tenure = { ...held.tenure, held: next, written: next }
      held.heldSinceMs = this.options.parts.clock.nowMs()
      held.adoptedAtOffset = undefined
    }
    this.adopt(held, listed)
  }

  /** With a compare: an earlier write that arrives late must not hide this one. */
  private async writeTerms(terms: readonly Term[]): Promise<void> {
    const { api, config } = this.options
    const pod = await api.getPod(config.pod)
    if (pod?.uid !== config.podUid) throw new Error(`Pod ${config.pod} is not this one any more`)
    const value = { [instanceAnnotations.terms]: JSON.stringify(terms) }
    await api.annotateOwnPod(value, pod.resourceVersion)
  }

  /** A term is taken on only when the right holds in it for a while. */
  private async mayHold(held: Held, next: readonly Term[]): Promise<boolean> {
    const { config, parts } = this.options
    const soonMs = parts.clock.nowMs() + 2 * beatEveryMs
    if (rightUntilMs(held.right, next, config.podUid) >= soonMs) return true
    await this.renewByRead(held)
    return rightUntilMs(held.right, next, config.podUid) >= parts.clock.nowMs() + beatEveryMs
  }

  /**
   * From its use on newcomers may acknowledge, and the one before is let go: whoever counts over that one alone, be it
   * copies or this primary's right, must meet somebody who was told of the next.
   */
  private adopt(held: Held, listed: readonly Term[]): void {
    const { engine, onTransition, config } = this.options
    const adopted = nextTerm(held.tenure, listed)
    if (adopted === undefined) return
    const { used } = held.tenure
    const telling = { sinceMs: held.heldSinceMs, gone: this.goneIn(held), asked: held.asked }
    if (!mayLetGo(held.right, used, [adopted], config.podUid, telling)) return
    // What redis-server said before may lack what was acknowledged since, and was promised under the term in use.
    const { info, askedAtMs } = engine.seen()
    if (askedAtMs < held.heldSinceMs) return
    held.adoptedAtOffset ??= info?.offsetBytes
    const needed = acknowledgementsNeeded(held.tenure, adopted, config.podUid)
    if (held.adoptedAtOffset === undefined || this.acknowledging(adopted, held.adoptedAtOffset) < needed)
      return
    held.tenure = { ...held.tenure, used: adopted }
    held.asked.clear()
    held.former = used.members
    held.adoptedAtOffset = undefined
    onTransition('a new term is in use')
  }

  /** What was seen in an earlier reign says nothing of whom this one has told. */
  private goneIn({ epoch }: Held): readonly string[] {
    const { currentPrimaryUID, currentEpoch, gone = [] } = this.options.view()?.reign ?? {}
    return currentPrimaryUID === this.options.config.podUid && currentEpoch === epoch ? gone : []
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
    const { openedEpoch, seen, ended } = keeper.state()
    // A last word would be taken back by what comes after it.
    if (ended === this.options.config.podUid) return false
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
    const terms = writable ? [...(this.holds()?.tenure.held ?? [])] : []
    this.beats += 1
    const beat = this.beats
    const send = async (pod: string): Promise<void> => {
      const ip = view()?.addresses[pod]
      if (ip === undefined) return
      const from = config.podUid
      const heartbeat: Heartbeat = { cluster: config.uid, pod, from, epoch, target, writable, beat, terms }
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
