// A model of the Kubernetes API: one RedisCluster, its Pods, compare-and-set, watches; and what each reader has seen of it.
import { instanceAnnotations } from '../../instance/api.ts'
import {
  ApiError,
  clusterView,
  podView,
  type Annotations,
  type ClusterView,
  type KubernetesApi,
} from '../../instance/kubernetes/api.ts'
import type { Pod } from '../../hooks/kubernetes.ts'
import type { RedisClusterStatus } from '../../hooks/rediscluster/recorded.ts'
import type { RedisCluster } from '../../hooks/rediscluster/resource.ts'
import type { Network, Party } from './network.ts'
import { Process, type World } from './world.ts'

export type Pods = Readonly<Record<string, Pod>>

interface Version<T> {
  readonly atMs: number
  readonly value: T
}

interface Watcher {
  readonly party: Party
  readonly onChange: (view: ClusterView) => void
  missed: boolean
}

const callDeadlineMs = 2000

export class Api {
  readonly party: Party
  /** Everything that ever was, so that a reader may lag behind. */
  readonly clusters: Version<RedisCluster>[]
  readonly podsOverTime: Version<Pods>[] = [{ atMs: 0, value: {} }]
  /** By address: watches that are behind for as long as they are held. */
  readonly heldWatches = new Set<string>()
  /** Called on every change. */
  readonly listeners: (() => void)[] = []
  private readonly world: World
  private readonly network: Network
  private readonly watchers = new Set<Watcher>()
  private readonly clusterViewOf = once(clusterView)
  private readonly podViewOf = once(podView)
  private readonly textOf = once((status: RedisClusterStatus) => JSON.stringify(status))
  private version = 1

  constructor(world: World, network: Network, cluster: RedisCluster) {
    this.world = world
    this.network = network
    this.party = { address: 'api', process: new Process('api', 0, 1) }
    this.clusters = [{ atMs: 0, value: cluster }]
  }

  get cluster(): RedisCluster {
    return (this.clusters.at(-1) as Version<RedisCluster>).value
  }

  get pods(): Pods {
    return (this.podsOverTime.at(-1) as Version<Pods>).value
  }

  /** To see whether a status would change anything. */
  get statusText(): string {
    return this.textOf(this.cluster.status ?? {})
  }

  setStatus(status: RedisClusterStatus): void {
    this.setCluster({ ...this.cluster, status })
  }

  setCluster(cluster: RedisCluster): void {
    this.version += 1
    const metadata = { ...cluster.metadata, resourceVersion: String(this.version) }
    this.clusters.push({ atMs: this.world.nowMs, value: { ...cluster, metadata } })
    for (const watcher of this.watchers) this.notify(watcher)
    this.changed()
  }

  putPod(pod: Pod): void {
    this.version += 1
    const metadata = { ...pod.metadata, resourceVersion: String(this.version) }
    this.setPods({ ...this.pods, [pod.metadata.name]: { ...pod, metadata } })
  }

  removePod(uid: string): void {
    this.setPods(Object.fromEntries(Object.entries(this.pods).filter(([, pod]) => pod.metadata.uid !== uid)))
  }

  podOf(uid: string): Pod | undefined {
    return Object.values(this.pods).find((pod) => pod.metadata.uid === uid)
  }

  /** What the Pod of `self` may do here. */
  clientOf(self: Party, podName: string, podUid: string): KubernetesApi {
    const call = <T>(handle: () => T): Promise<T> =>
      this.network.call(self, this.party, 'api', callDeadlineMs, () =>
        this.world.wait(this.network.latencyMs(), this.party.process).then(handle),
      )
    const view = (name: string) => {
      const pod = this.pods[name]
      return pod === undefined ? undefined : this.podViewOf(pod)
    }
    return {
      getCluster: () => call(() => this.clusterViewOf(this.cluster)),
      getPod: (name) => call(() => view(name)),
      annotateOwnPod: (annotations, version) =>
        call(() => this.annotate(podName, podUid, annotations, version)),
      watchCluster: (onChange, signal) =>
        call(() => this.watch({ party: self, onChange, missed: false })).then(
          () => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
        ),
      close: () => Promise.resolve(),
    }
  }

  annotate(name: string, uid: string, annotations: Annotations, version: string | undefined): void {
    const pod = this.pods[name]
    if (pod === undefined) throw new ApiError(404, 'no such Pod')
    const { metadata } = pod
    if (metadata.uid !== uid || (version !== undefined && version !== metadata.resourceVersion))
      throw new ApiError(409, 'the Pod has changed')
    const epoch = annotations[instanceAnnotations.epoch]
    if (typeof epoch === 'string') this.world.tell(`${name} claims epoch ${epoch}`)
    const merged = Object.entries({ ...metadata.annotations, ...annotations })
    const kept = merged.filter((entry): entry is [string, string] => entry[1] !== null)
    this.putPod({ ...pod, metadata: { ...metadata, annotations: Object.fromEntries(kept) } })
  }

  private watch(watcher: Watcher): void {
    for (const other of this.watchers) if (other.party.process?.alive !== true) this.watchers.delete(other)
    this.watchers.add(watcher)
    this.notify(watcher)
  }

  /** A watch that a cut holds back shows the newest state when it goes on. */
  private notify(watcher: Watcher): void {
    const { party } = watcher
    this.world.after(this.network.latencyMs(), party.process, () => {
      watcher.missed =
        this.heldWatches.has(party.address) || !this.network.passes('api', party.address, 'api', true)
      if (watcher.missed) this.world.after(500, party.process, () => this.notify(watcher))
      else watcher.onChange(this.clusterViewOf(this.cluster))
    })
  }

  private setPods(pods: Pods): void {
    this.podsOverTime.push({ atMs: this.world.nowMs, value: pods })
    this.changed()
  }

  private changed(): void {
    for (const listener of this.listeners) listener()
  }
}

/** The newest version that is at least this old. */
export function asOf<T>(versions: readonly Version<T>[], atMs: number): T {
  for (let index = versions.length - 1; index > 0; index--) {
    const version = versions[index] as Version<T>
    if (version.atMs <= atMs) return version.value
  }
  return (versions[0] as Version<T>).value
}

/** What is never changed is looked at once. */
function once<A extends object, B>(look: (object: A) => B): (object: A) => B {
  const seen = new WeakMap<A, B>()
  return (object) => {
    const known = seen.get(object)
    if (known !== undefined) return known
    const view = look(object)
    seen.set(object, view)
    return view
  }
}
