// One Pod as kubelet runs it: the shipped instance server as PID 1, with modelled parts, and a modelled redis-server.
import type { Heartbeat, HeartbeatAnswer, InstanceStatus } from '../../instance/api.ts'
import { Instance } from '../../instance/instance.ts'
import type { Log, Parts } from '../../instance/parts.ts'
import type { Api } from './api.ts'
import type { Disk } from './disk.ts'
import type { Engine } from './engine.ts'
import type { Neighbours } from './neighbours.ts'
import type { Party } from './network.ts'
import { reachTransition } from './reached.ts'
import { endEngine, modelledServer, type Container } from './redis-server.ts'
import type { Process } from './world.ts'

export const clusterName = 'cache'
export const clusterUID = 'cluster-1'
export const namespace = 'shop'

/** Other instances, by address. */
export interface Vicinity extends Neighbours {
  hostAt(address: string): Host | undefined
  /** Each redis-server that stood still together with all that could have stopped it. */
  readonly thawed: Set<Engine>
}

const watchdogMs = 1200
/** Between two processes of a container that goes on. */
const mostWakeUpMs = 3

export class Host {
  readonly name: string
  readonly uid: string
  readonly address: string
  readonly disk: Disk
  instance: Instance | undefined
  /** Kubelet goes on restarting the container until the Pod is to go. */
  restarts = true
  terminating = false
  private readonly around: Vicinity
  private readonly api: Api
  private container: Container | undefined
  /** A redis-server that has outlived its PID 1. */
  private orphan: Engine | undefined

  constructor(around: Vicinity, api: Api, pod: { name: string; uid: string; address: string }, disk: Disk) {
    this.around = around
    this.api = api
    this.name = pod.name
    this.uid = pod.uid
    this.address = pod.address
    this.disk = disk
  }

  get server(): Process | undefined {
    return this.container?.server
  }

  get engine(): Engine | undefined {
    return [this.container?.engine, this.orphan].find((engine) => engine?.process.alive === true)
  }

  /** What GET /readyz of instance/server.ts would answer. */
  get isReady(): boolean {
    if (this.server?.alive !== true || this.server.stalled || this.instance === undefined) return false
    const { redis, writable, restarted } = this.instance.lastStatus()
    return redis.state === 'running' && !redis.loading && (writable || !restarted)
  }

  get party(): Party {
    return { address: this.address, process: this.server }
  }

  start(): void {
    const { world } = this.around
    const server = world.spawn(this.name)
    const container: Container = {
      around: this.around,
      server,
      address: this.address,
      disk: this.disk,
      engine: undefined,
      reap: () => undefined,
    }
    this.container = container
    this.instance = new Instance(this.config(), this.parts(container))
    server.onStall = () => this.watch(container)
    world.tell(`${this.name} (${this.uid}) starts`)
    world.after(1, server, () => void this.instance?.start())
  }

  /** instance/watchdog.ts: whoever is silent for so long is taken for dead. */
  private watch(container: Container): void {
    const { world } = this.around
    const { server } = container
    const { stalls } = server
    world.after(watchdogMs, undefined, () => {
      if (server.stalled && server.stalls === stalls) endEngine(container, 'killed by the watchdog')
    })
  }

  /**
   * PID 1, redis-server and the watchdog stand still together; with `clock`, so does the time that they see, as in a guest
   * whose hypervisor stops it. The worst case: redis-server wakes up first, and the watchdog finds a sign of life.
   */
  freeze(clock: 'runs' | 'stops'): () => void {
    const { world, thawed } = this.around
    const { container } = this
    if (container === undefined) return () => undefined
    world.tell(`${this.name} freezes, and its clock ${clock}`)
    const { server, engine } = container
    const startedMs = world.nowMs
    const wake = (process: Process): void => {
      if (clock === 'stops') process.clockLostMs += world.nowMs - startedMs
      world.resume(process)
    }
    server.onStall = undefined
    world.stall(server)
    if (engine !== undefined) world.stall(engine.process)
    return () => {
      world.tell(`${this.name} goes on`)
      if (engine !== undefined) {
        thawed.add(engine)
        wake(engine.process)
      }
      world.after(world.random.next() * mostWakeUpMs, undefined, () => wake(server))
      server.onStall = () => this.watch(container)
    }
  }

  /** Kernel and kubelet: redis-server dies with PID 1, and the container starts again. */
  crash(): void {
    const { world } = this.around
    if (this.container === undefined || this.server?.alive !== true) return
    world.tell(`${this.name}: PID 1 dies`)
    world.kill(this.container.server)
    endEngine(this.container, 'died with PID 1')
    world.after(world.random.between(200, 2000), undefined, () => {
      if (this.restarts && this.server?.alive === false) this.start()
    })
  }

  /** Only PID 1: redis-server goes on until its watchdog misses the feed. */
  crashLeavingOrphan(): void {
    const { container } = this
    if (container?.server.alive !== true) return
    const { world } = this.around
    world.tell(`${this.name}: PID 1 dies, and redis-server goes on`)
    this.orphan = container.engine
    world.kill(container.server)
    world.after(watchdogMs, undefined, () => endEngine(container, 'killed by the watchdog'))
    world.after(world.random.between(100, 1000), undefined, () => {
      if (this.restarts && this.server?.alive === false) this.start()
    })
  }

  crashEngine(): void {
    if (this.container === undefined || this.engine === undefined) return
    this.around.world.tell(`${this.name}: redis-server dies`)
    endEngine(this.container, 'ended with SIGKILL')
  }

  /** SIGTERM; resolves never if it dies before. */
  async terminate(): Promise<void> {
    this.restarts = false
    this.terminating = true
    await this.instance?.terminate()
  }

  status(caller: Party, deadlineMs: number): Promise<InstanceStatus> {
    return this.call(caller, deadlineMs, (instance) => instance.status())
  }

  /** Runs in the life of PID 1, if it lives. */
  call<T>(caller: Party, deadlineMs: number, handle: (instance: Instance) => Promise<T>): Promise<T> {
    const { instance } = this
    return this.around.network.call(caller, this.party, 'http', deadlineMs, () =>
      instance === undefined ? Promise.reject(new Error('not listening')) : handle(instance),
    )
  }

  command<T>(caller: Party, deadlineMs: number, handle: (instance: Instance) => Promise<T>): Promise<T> {
    return this.call(caller, deadlineMs, handle)
  }

  private config(): Instance['config'] {
    const { name, uid, address } = this
    const cluster = { name: clusterName, uid: clusterUID, namespace, apiUrl: '' }
    return {
      root: '',
      listen: undefined,
      redisServer: '',
      logLevel: 'silent',
      cluster: { ...cluster, pod: name, podUid: uid, podIp: address },
    }
  }

  private parts(container: Container): Parts {
    const { world } = this.around
    const { server } = container
    const { disk } = this
    const self = { address: this.address, process: server }
    return {
      clock: world.clockOf(server),
      api: this.api.clientOf(self, this.name, this.uid),
      beat: (ip, heartbeat, deadlineMs) => this.beat(self, ip, heartbeat, deadlineMs),
      offsetOf: async (ip, deadlineMs) => {
        const status = await this.around.hostAt(ip)?.status(self, deadlineMs)
        if (status?.masterLinkStatus !== 'up') throw new Error('not in sync')
        return status.replicationOffset
      },
      statusOf: (ip, deadlineMs) =>
        this.around.hostAt(ip)?.status(self, deadlineMs) ?? Promise.reject(new Error('refused')),
      volume: {
        shelf: disk.shelf,
        tryLock: () => world.wait(1, server).then(() => disk.lock(server)),
        read: () => world.wait(1, server).then(() => disk.reign),
        write: async (state) => {
          disk.writing += 1
          await world.wait(disk.slowMs + world.random.next() * 3, server)
          disk.writing -= 1
          disk.reign = state
          await world.wait(world.random.next() * 3, server)
        },
      },
      redis: (onExit) => modelledServer(container, onExit),
      settings: () => quietSettings,
      incarnation: world.random.next().toString(36),
      log: this.log(),
    }
  }

  private async beat(
    self: Party,
    ip: string,
    heartbeat: Heartbeat,
    deadlineMs: number,
  ): Promise<HeartbeatAnswer> {
    const peer = this.around.hostAt(ip)
    if (peer === undefined) throw new Error('refused')
    const answer = await peer.call(self, deadlineMs, (instance) => Promise.resolve(instance.hear(heartbeat)))
    if (answer.kind === 'Refused') throw new Error(answer.detail)
    return answer
  }

  private log(): Log {
    const { world } = this.around
    const tell = (line: unknown, text?: string): void => {
      reachTransition(line, world.reached)
      if (!world.telling) return
      world.tell(
        `${this.name}: ${text ?? ''} ${typeof line === 'string' ? line : JSON.stringify(line, shortErrors)}`,
      )
    }
    return { debug: () => undefined, info: tell, warn: tell, error: tell }
  }
}

const shortErrors = (_key: string, value: unknown): unknown =>
  value instanceof Error ? value.message : value

const settings = {
  configText: '',
  configHash: '',
  passwords: { application: 'a', replication: 'r', instance: 'i' },
  acl: undefined,
}

const quietSettings: ReturnType<Parts['settings']> = {
  current: () => Promise.resolve(settings),
  refresh: () => Promise.resolve(),
  report: () => ({ hash: '', needsRestart: [], refused: [] }),
}
