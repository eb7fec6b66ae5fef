// One simulated cluster: everything put together, a client that writes to whoever lets it, and what must never happen.
import type { Pod } from '../../hooks/kubernetes.ts'
import { templateHash } from '../../hooks/rediscluster/children/pod.ts'
import { annotations } from '../../hooks/rediscluster/names.ts'
import type { RedisCluster } from '../../hooks/rediscluster/resource.ts'
import { isolationOf } from '../../hooks/rediscluster/timings.ts'
import type { Term } from '../../instance/ballot.ts'
import { Api } from './api.ts'
import { writesIn, type LogNode } from './dataset.ts'
import type { Engine } from './engine.ts'
import { clusterName, clusterUID, namespace, type Host, type Vicinity } from './host.ts'
import { Kubelet } from './kubelet.ts'
import { Metacontroller } from './metacontroller.ts'
import { Network } from './network.ts'
import { Promises } from './promises.ts'
import { World } from './world.ts'

export interface Setting {
  readonly seed: number
  readonly instances: number
  /** `minSyncReplicas` at first. */
  readonly k: number
  readonly telling: boolean
}

const writeEveryMs = 100
const lookEveryMs = 100

export class Simulation {
  readonly setting: Setting
  readonly world: World
  readonly network: Network
  readonly api: Api
  readonly kubelet: Kubelet
  readonly metacontrollers: Metacontroller[] = []
  readonly promises: Promises
  /** What must never happen, and did. */
  readonly violations: string[] = []
  /** Each redis-server that stood still together with all that could have stopped it. */
  readonly thawed = new Set<Engine>()
  /** When two were writable, one of which had just been frozen: the one case that is told to users, and has an end. */
  readonly residueMs: number[] = []
  private uids = 0
  private writes = 0

  constructor(setting: Setting) {
    this.setting = setting
    this.world = new World(setting.seed, setting.telling)
    this.network = new Network(this.world)
    this.api = new Api(this.world, this.network, clusterOf(setting))
    const neighbours: Vicinity = {
      hostAt: (address) => this.kubelet.hostAt(address),
      world: this.world,
      network: this.network,
      engineAt: (address) => this.kubelet.engineAt(address),
      onWritable: (engine) => this.checkAlone(engine),
      thawed: this.thawed,
      onEnded: (engine) => this.promises.impair(this.nameAt(engine.address)),
      onReplaced: (engine, next) => this.checkSalvaged(engine, next),
    }
    this.kubelet = new Kubelet(neighbours, this.api)
    this.promises = new Promises(this)
    this.metacontrollers.push(this.newMetacontroller('mc-1'))
    this.writeForever()
    this.lookForever()
  }

  get hosts(): readonly Host[] {
    return [...this.kubelet.hosts.values()]
  }

  /** The host of the Pod that has this ordinal now. */
  hostOfOrdinal(ordinal: number): Host | undefined {
    const uid = this.api.pods[`${clusterName}-${ordinal}`]?.metadata.uid
    return uid === undefined ? undefined : this.kubelet.hosts.get(uid)
  }

  /** As many as are wanted, or more, while some leave. */
  get mostInstances(): number {
    return Math.max(this.api.cluster.spec.instances, Object.keys(this.api.pods).length)
  }

  newMetacontroller(name: string): Metacontroller {
    const { world, network, api, kubelet } = this
    return new Metacontroller(
      {
        world,
        network,
        api,
        hostOf: (uid) => kubelet.hosts.get(uid),
        hostAt: (address) => kubelet.hostAt(address),
        newUid: () => `uid-${++this.uids}`,
      },
      name,
    )
  }

  /** The one primary that serves, with every replica in sync, and a status that says so. */
  get converged(): boolean {
    const status = this.api.cluster.status ?? {}
    const { currentPrimaryUID, currentEpoch, targetPrimaryUID, primaryEpoch } = status
    if (!this.membersAreSettled) return false
    if (currentPrimaryUID !== targetPrimaryUID || currentEpoch !== primaryEpoch) return false
    const engines = Array.from(
      { length: this.api.cluster.spec.instances },
      (_, i) => this.hostOfOrdinal(i)?.engine,
    )
    const primary = this.kubelet.hosts.get(currentPrimaryUID ?? '')?.engine
    if (primary?.accepts !== true || engines.includes(undefined)) return false
    return engines.every((engine) => engine === primary || isFollower(engine, primary))
  }

  /** As many Pods as are wanted, each as it is wanted, none is leaving, and one term holds them all and nobody else. */
  private get membersAreSettled(): boolean {
    const pods = Object.values(this.api.pods).map(({ metadata }) => metadata)
    const { spec, metadata: wanted } = this.api.cluster
    const isCurrent = ({ annotations: shown = {} }: Pod['metadata']): boolean =>
      shown[annotations.template] === templateHash({ spec }) &&
      shown[annotations.restartedAt] === wanted.annotations?.[annotations.restartedAt]
    if (pods.length !== spec.instances || !pods.every(isCurrent)) return false
    const [term, other] = this.api.cluster.status?.terms ?? []
    const members = [...(term?.members ?? [])].sort().join()
    const leaving = pods.some(({ deletionTimestamp }) => deletionTimestamp !== undefined)
    return (
      !leaving &&
      other === undefined &&
      this.isAsWanted(term) &&
      members ===
        pods
          .map(({ uid = '' }) => uid)
          .sort()
          .join()
    )
  }

  private isAsWanted(term: Term | undefined): boolean {
    const { spec } = this.api.cluster
    const k = Math.min(spec.minSyncReplicas ?? 0, spec.instances - 1)
    const { isolation, apiServerTimeoutSeconds, peerTimeoutSeconds } = isolationOf(spec)
    return (
      term?.minSyncReplicas === k &&
      term.isolation === isolation &&
      term.apiServerTimeoutSeconds === apiServerTimeoutSeconds &&
      term.peerTimeoutSeconds === peerTimeoutSeconds
    )
  }

  violate(what: string): void {
    this.world.tell(`VIOLATION ${what}`)
    this.violations.push(what)
  }

  private nameAt(address: string): string {
    return this.kubelet.hostAt(address)?.name ?? ''
  }

  private checkAlone(engine: Engine): void {
    for (const host of this.hosts) {
      const other = host.engine
      if (other === undefined || other === engine || !other.accepts || other.process.stalled) continue
      if (this.thawed.has(engine) || this.thawed.has(other)) this.residueMs.push(this.world.nowMs)
      else this.violate(`two writable primaries: ${engine.address} and ${other.address}`)
    }
  }

  /** What an old primary had in its files, and the new one has not, is in a copy; unless an earlier one is in its place. */
  private checkSalvaged({ disk, address }: Engine, next: LogNode | undefined): void {
    const { openedEpoch, dataEpoch } = disk.reign
    const isOwnReign = openedEpoch > 0 && dataEpoch <= openedEpoch && (disk.log?.mark ?? 0) <= openedEpoch
    const { salvaged } = disk
    if (!isOwnReign || disk.isTight || (salvaged !== undefined && salvaged.epoch !== openedEpoch)) return
    const kept = new Set([...writesIn(next), ...writesIn(salvaged?.log)])
    const lost = [...writesIn(disk.log)].filter((write) => write > 0 && !kept.has(write))
    if (lost.length > 0)
      this.violate(`${lost.length} writes of epoch ${openedEpoch} on ${address} are in no salvage copy`)
  }

  /** Tries every redis-server, all the time: whoever accepts is a primary. */
  private writeForever(): void {
    this.world.plainly(writeEveryMs, undefined, () => {
      for (const { engine } of this.hosts) {
        if (engine === undefined) continue
        const id = ++this.writes
        this.world.plainly(0.5, engine.process, () => this.promises.write(engine, id))
      }
      this.writeForever()
    })
  }

  private lookForever(): void {
    this.world.plainly(lookEveryMs, undefined, () => {
      this.promises.look()
      this.lookForever()
    })
  }
}

export function isFollower(engine: Engine | undefined, primary: Engine): boolean {
  return (
    engine?.role === 'slave' &&
    engine.linked &&
    !engine.rewriting &&
    primary.links.some(({ replica }) => replica === engine)
  )
}

function clusterOf({ instances, k }: Setting): RedisCluster {
  return {
    apiVersion: 'redis.io/v1',
    kind: 'RedisCluster',
    metadata: { name: clusterName, namespace, uid: clusterUID, generation: 1, resourceVersion: '1' },
    spec: {
      instances,
      mode: 'standalone',
      storage: { type: 'pvc', size: '1Gi', reclaimPolicy: 'Retain' },
      minSyncReplicas: k,
      enablePodDisruptionBudget: true,
    },
  }
}
