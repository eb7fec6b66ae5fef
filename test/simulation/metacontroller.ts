// A model of Metacontroller with the shipped hooks behind it: reads that lag, one sync at a time, back-off, timers.
import { lastAnswers, type LastAnswers } from '../../hooks/io/last-answers.ts'
import { decide, type Verdict } from '../../hooks/rediscluster/decide.ts'
import { wantedNames } from '../../hooks/rediscluster/hibernation.ts'
import { labels } from '../../hooks/rediscluster/names.ts'
import { addressesToPoll, ownedPods, type Request } from '../../hooks/rediscluster/observed.ts'
import type { Address, Command, InstanceReport } from '../../hooks/rediscluster/plan.ts'
import { asOf, type Api } from './api.ts'
import type { Host } from './host.ts'
import type { Network, Party } from './network.ts'
import { obey } from './obey.ts'
import { claimsOf, createPod, deletePod, labelPod } from './pods.ts'
import { reach } from './reached.ts'
import { briefly, copies, lineOf, proofsOf } from './story.ts'
import type { Process, World } from './world.ts'

export interface Surroundings {
  readonly world: World
  readonly network: Network
  readonly api: Api
  hostOf(uid: string): Host | undefined
  hostAt(address: string): Host | undefined
  readonly newUid: () => string
}

const hookTimeoutMs = 5000
const pollDeadlineMs = 1000
const silentDeadlineMs = 500
const commandDeadlineMs = 2500
const hookDeadlineMs = 4000
const hookRestartMs = 700
const longestBackOffMs = 5000
const bornAtMs = Date.UTC(2026, 0, 1)

export class Metacontroller {
  /** How far behind the API its caches are, apart for the RedisCluster and its Pods. */
  lagMs = { parent: 3, children: 3 }
  /** The hooks' wall clock against the world's. */
  wallOffsetMs = 0
  /** The last sentences, one per change, for stories and live asserts. */
  lastSituation = ''
  /** Everything that was ever sent, and may come again. */
  readonly sent: Command[] = []
  private readonly around: Surroundings
  private readonly name: string
  private process: Process
  private hooks: Process
  private answers: LastAnswers = lastAnswers()
  private readonly silent = new Set<string>()
  private running = false
  private dirty = false
  private failures = 0
  private resyncAtMs = Infinity
  private newestMs = { parent: 0, children: 0 }

  constructor(around: Surroundings, name: string) {
    this.around = around
    this.name = name
    this.process = around.world.spawn(name)
    this.hooks = around.world.spawn(`hooks of ${name}`)
    around.api.listeners.push(() => this.changed())
    this.enqueue(1)
  }

  get alive(): boolean {
    return this.process.alive
  }

  stop(): void {
    this.around.world.kill(this.process)
    this.around.world.kill(this.hooks)
  }

  /** Starts again, perhaps on an older list. */
  restart(): void {
    this.stop()
    this.process = this.around.world.spawn(this.name)
    this.newestMs = { parent: 0, children: 0 }
    this.running = this.dirty = false
    this.resyncAtMs = Infinity
    this.restartHooks()
    this.enqueue(100)
  }

  crashHooks(): void {
    const { world } = this.around
    world.tell(`hooks of ${this.name} die`)
    world.kill(this.hooks)
    world.after(hookRestartMs, this.process, () => this.restartHooks())
  }

  get hooksProcess(): Process {
    return this.hooks
  }

  private restartHooks(): void {
    this.hooks = this.around.world.spawn(`hooks of ${this.name}`)
    this.answers = lastAnswers()
    this.silent.clear()
  }

  private changed(): void {
    this.enqueue(this.lagMs.parent + 1)
    if (this.lagMs.children !== this.lagMs.parent) this.enqueue(this.lagMs.children + 1)
  }

  private enqueue(delayMs: number): void {
    this.around.world.after(delayMs, this.process, () => {
      if (this.running) this.dirty = true
      else void this.syncOnce()
    })
  }

  private async syncOnce(): Promise<void> {
    const { network } = this.around
    this.running = true
    this.dirty = false
    const request = this.request()
    try {
      const verdict = await network.call(this.party(), this.hooksParty(), 'http', hookTimeoutMs, () =>
        this.handle(request),
      )
      this.failures = 0
      await this.apply(request, verdict)
      this.resync(verdict.resyncAfterSeconds * 1000)
    } catch {
      this.failures += 1
      this.enqueue(Math.min(5 * 2 ** this.failures, longestBackOffMs))
    }
    this.running = false
    this.catchUp()
  }

  /** Whatever changed during a sync is looked at in the next. */
  private catchUp(): void {
    if (this.dirty) this.enqueue(1)
  }

  /** One timer: an earlier one replaces a later one, a later one never postpones an earlier. */
  private resync(afterMs: number): void {
    const { world } = this.around
    const atMs = world.nowMs + afterMs
    if (atMs >= this.resyncAtMs && this.resyncAtMs > world.nowMs) return
    this.resyncAtMs = atMs
    world.after(afterMs, this.process, () => {
      if (this.resyncAtMs !== atMs) return
      this.resyncAtMs = Infinity
      this.enqueue(0)
    })
  }

  private party(): Party {
    return { address: this.name, process: this.process }
  }

  private hooksParty(): Party {
    return { address: 'hooks', process: this.hooks }
  }

  /** A cache never goes back in time while it lives. */
  private request(): Request {
    const { api, world } = this.around
    this.newestMs = {
      parent: Math.max(this.newestMs.parent, world.nowMs - this.lagMs.parent),
      children: Math.max(this.newestMs.children, world.nowMs - this.lagMs.children),
    }
    const pods = asOf(api.podsOverTime, this.newestMs.children)
    return {
      parent: asOf(api.clusters, this.newestMs.parent),
      children: { 'Pod.v1': pods, 'PersistentVolumeClaim.v1': claimsOf(pods) },
      related: {},
      finalizing: false,
    }
  }

  /** hooks/handle-sync.ts, with calls into the model. */
  private async handle(received: Request): Promise<Verdict> {
    const { world } = this.around
    const startedMs = world.nowMs
    const request = this.answers.refreshed(received, startedMs)
    const reports = await Promise.all(addressesToPoll(request).map((address) => this.poll(address)))
    const verdict = decide(
      request,
      Object.fromEntries(reports),
      new Date(bornAtMs + world.nowMs + this.wallOffsetMs),
    )
    this.note(verdict)
    await Promise.all(verdict.commands.map((command) => this.execute(command)))
    if (world.nowMs - startedMs > hookDeadlineMs) throw new Error('late')
    this.answers.answered(request, verdict.status, world.nowMs)
    return verdict
  }

  private async poll(address: Address): Promise<readonly [string, InstanceReport]> {
    const host = this.around.hostAt(address.ip)
    try {
      if (host === undefined) throw new Error('refused')
      const deadlineMs = this.silent.has(address.uid) ? silentDeadlineMs : pollDeadlineMs
      const status = await host.status(this.hooksParty(), deadlineMs)
      if (status.podUID !== address.uid) throw new Error('another Pod answers at this address')
      this.silent.delete(address.uid)
      return [address.uid, { kind: 'Answered', status }]
    } catch (error) {
      this.silent.add(address.uid)
      return [address.uid, { kind: 'Silent', reason: (error as Error).message }]
    }
  }

  private async execute(command: Command): Promise<void> {
    const { epoch, to } = command
    this.sent.push(command)
    this.around.world.tell(`${this.name}: ${command.kind} ${to.name} epoch ${epoch}${proofsOf(command)}`)
    const outcome = await this.around
      .hostAt(to.ip)
      ?.command<unknown>(
        this.hooksParty(),
        this.silent.has(to.uid) ? silentDeadlineMs : commandDeadlineMs,
        (instance) => obey(instance, command),
      )
      .catch((error: unknown) => error)
    const said =
      outcome instanceof Error ? outcome.message : (outcome as { detail: string } | undefined)?.detail
    if (said === undefined) return
    this.around.world.reached.add(`${command.kind} refused`)
    this.around.world.tell(`${this.name}: ${command.kind} ${to.name}: ${said}`)
  }

  private note(verdict: Verdict): void {
    reach(verdict, this.around.world.reached)
    const line = lineOf(verdict)
    if (line === this.lastSituation) return
    this.lastSituation = line
    this.around.world.tell(`${this.name}: ${line}`)
    const { kind } = verdict.decision
    if (kind === 'Name' || kind === 'Promote') this.around.world.tell(`  copies: ${copies(verdict)}`)
  }

  /** Children first, then the status: whatever is there is replaced. */
  private async apply(request: Request, verdict: Verdict): Promise<void> {
    const { api, network, world } = this.around
    const write = (step: () => void): Promise<void> =>
      network.call(this.party(), api.party, 'api', hookTimeoutMs, () => {
        step()
        return Promise.resolve()
      })
    await this.applyPods(request, verdict, write)
    await write(() => undefined)
    await write(() => {
      if (api.statusText !== JSON.stringify(verdict.status)) {
        world.tell(`${this.name}: status ${briefly(verdict)}`)
        api.setStatus(verdict.status)
      }
    })
  }

  /** Metacontroller deletes what is left out first, the very object that it saw; then it updates and creates. */
  private async applyPods(
    request: Request,
    { labelled, rollout, facts }: Verdict,
    write: (step: () => void) => Promise<void>,
  ): Promise<void> {
    const { api, world } = this.around
    const omitted = rollout.kind === 'Replace' ? rollout.instance.uid : undefined
    if (omitted !== undefined) await write(() => deletePod(api, world, omitted))
    const observed = ownedPods(request)
    for (const { metadata } of observed) {
      const { uid = '' } = metadata
      const role = uid === labelled ? 'primary' : 'replica'
      if (uid !== omitted && metadata.labels?.[labels.role] !== role)
        await write(() => labelPod(api, uid, role))
    }
    if (facts.hibernates) return
    for (const name of wantedNames(facts)) {
      if (observed.some(({ metadata }) => metadata.name === name)) continue
      await write(() => createPod(api, name, this.around.newUid, request.parent))
    }
  }
}
