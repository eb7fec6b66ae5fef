// A model of kubelet and scheduler: starts a Pod's container on its volume, ends it, and reports that it ended.
import type { Pod } from '../../hooks/kubernetes.ts'
import { ordinalOf } from '../../hooks/rediscluster/names.ts'
import type { Api } from './api.ts'
import { Disk } from './disk.ts'
import type { Engine } from './engine.ts'
import { clusterName, Host, type Vicinity } from './host.ts'
import type { World } from './world.ts'

const syncMs = 100
/** An image that no registry has. */
export const brokenImage = 'nowhere/redis'
const probeEveryMs = 1000
/** So many failed probes in a row, and it is not ready any more. */
const mostMisses = 2

export class Kubelet {
  /** By Pod UID; whoever was ever started. */
  readonly hosts = new Map<string, Host>()
  readonly disks = new Map<number, Disk>()
  /** By ordinal: that node's kubelet does nothing and says nothing. */
  readonly silentNodes = new Set<number>()
  /** By Pod UID: left behind on a node that says nothing, while its ordinal has moved on. */
  readonly stranded = new Set<string>()
  private readonly world: World
  private readonly api: Api
  private readonly neighbours: Vicinity
  private started = 0

  constructor(neighbours: Vicinity, api: Api) {
    this.world = neighbours.world
    this.neighbours = neighbours
    this.api = api
    api.listeners.push(() => this.world.after(5, undefined, () => this.look()))
    this.lookForever()
  }

  hostAt(address: string): Host | undefined {
    const all = [...this.hosts.values()].filter((host) => host.address === address)
    return all.findLast((host) => host.server?.alive === true) ?? all.at(-1)
  }

  engineAt(address: string): Engine | undefined {
    return [...this.hosts.values()].findLast((host) => host.address === address && host.engine !== undefined)
      ?.engine
  }

  diskOf(ordinal: number): Disk {
    const disk = this.disks.get(ordinal) ?? new Disk(this.world)
    this.disks.set(ordinal, disk)
    return disk
  }

  /** The Pod as it is in the API, when it still is. */
  podOf(host: Host): Pod | undefined {
    return this.api.podOf(host.uid)
  }

  /** A forced deletion and a new volume: the ordinal goes on elsewhere, with nothing; what runs on the lost node runs on. */
  replaceElsewhere(host: Host): void {
    const ordinal = ordinalOf(clusterName, host.name) ?? 0
    this.stranded.add(host.uid)
    this.silentNodes.delete(ordinal)
    this.disks.set(ordinal, new Disk(this.world))
    this.api.removePod(host.uid)
  }

  private lookForever(): void {
    this.world.after(syncMs, undefined, () => {
      this.look()
      this.lookForever()
    })
  }

  private look(): void {
    for (const pod of Object.values(this.api.pods)) {
      const ordinal = ordinalOf(clusterName, pod.metadata.name) ?? 0
      if (!this.silentNodes.has(ordinal)) this.serve(pod, ordinal)
    }
    for (const host of this.hosts.values()) if (this.podOf(host) === undefined) this.finish(host)
  }

  private serve(pod: Pod, ordinal: number): void {
    const { name, uid = '', deletionTimestamp } = pod.metadata
    const host = this.hosts.get(uid)
    if (host === undefined && deletionTimestamp === undefined) this.start(name, uid, ordinal)
    else if (host === undefined) this.api.removePod(uid)
    else if (deletionTimestamp !== undefined && !host.terminating) void this.terminate(host)
  }

  private start(name: string, uid: string, ordinal: number): void {
    this.started += 1
    const taken = this.engineAt(`10.0.0.${ordinal}`) !== undefined
    const address = taken || this.world.random.chance(0.5) ? `10.0.1.${this.started}` : `10.0.0.${ordinal}`
    const host = new Host(this.neighbours, this.api, { name, uid, address }, this.diskOf(ordinal))
    this.hosts.set(uid, host)
    this.world.after(this.world.random.between(50, 500), undefined, () => {
      const pod = this.podOf(host)
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return
      if (pod.spec?.containers[0]?.image === brokenImage) this.setPodStatus(uid, notPulled(address))
      else this.run(host)
    })
  }

  private run(host: Host): void {
    host.start()
    this.setPodStatus(host.uid, { podIP: host.address, conditions: [ready('False')] })
    this.probeForever(host, 0)
  }

  private probeForever(host: Host, missed: number): void {
    this.world.after(probeEveryMs, undefined, () => {
      if (host.terminating) return
      if (this.isSilent(host)) {
        this.probeForever(host, missed)
        return
      }
      const misses = host.isReady ? 0 : missed + 1
      if (misses === 0) this.showReady(host, 'True')
      if (misses >= mostMisses || host.server?.alive !== true) this.showReady(host, 'False')
      this.probeForever(host, misses)
    })
  }

  private showReady(host: Host, status: 'True' | 'False'): void {
    const shown = this.podOf(host)?.status?.conditions?.[0]?.status
    if (shown !== status) this.setPodStatus(host.uid, { podIP: host.address, conditions: [ready(status)] })
  }

  /** SIGTERM, and SIGKILL after the grace period; then kubelet's word, then the object goes. */
  private async terminate(host: Host): Promise<void> {
    this.world.tell(`${host.name} is told to terminate`)
    const graceMs = 30_000
    await Promise.race([host.terminate(), this.world.wait(graceMs, undefined), this.ended(host)])
    host.crash()
    await this.world.wait(20, undefined)
    this.report(host)
  }

  private async ended(host: Host): Promise<void> {
    while (host.server?.alive === true) await this.world.wait(syncMs, undefined)
  }

  private report(host: Host): void {
    if (this.isSilent(host)) {
      this.world.after(syncMs, undefined, () => this.report(host))
      return
    }
    const terminated = { name: 'redis', state: { terminated: { exitCode: 0 } } }
    this.setPodStatus(host.uid, { podIP: host.address, containerStatuses: [terminated] })
    this.world.after(50, undefined, () => this.api.removePod(host.uid))
  }

  /** A Pod whose object was deleted by force: kubelet ends its container when it hears of it. */
  private finish(host: Host): void {
    if (host.terminating || this.isSilent(host)) return
    host.restarts = false
    host.terminating = true
    this.world.after(this.world.random.between(0, 3000), undefined, () => host.crash())
  }

  private isSilent({ name, uid }: Host): boolean {
    return this.stranded.has(uid) || this.silentNodes.has(ordinalOf(clusterName, name) ?? 0)
  }

  private setPodStatus(uid: string, status: NonNullable<Pod['status']>): void {
    const pod = this.api.podOf(uid)
    if (pod !== undefined) this.api.putPod({ ...pod, status })
  }
}

const ready = (status: 'True' | 'False'): { type: string; status: string } => ({ type: 'Ready', status })

const notPulled = (podIP: string): NonNullable<Pod['status']> => ({
  podIP,
  conditions: [ready('False')],
  containerStatuses: [{ name: 'redis', state: { waiting: { reason: 'ImagePullBackOff' } } }],
})
