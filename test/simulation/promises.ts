// The writes that WAIT acknowledged, and whether they are still there; and which copies were lost meanwhile.
import { ordinalOf } from '../../hooks/rediscluster/names.ts'
import { isRetired } from '../../instance/reign/state.ts'
import { writesIn } from './dataset.ts'
import type { Engine } from './engine.ts'
import { clusterName } from './host.ts'
import { isFollower, type Simulation } from './simulation.ts'

const looksMs = [4, 10, 40]

export class Promises {
  private readonly simulation: Simulation
  /** Each with the number of copies that may be lost and leave it: k, or fewer while k changes. */
  private readonly promised = new Map<number, number>()
  /** Ordinals of copies that restarted or were lost, and are not whole again. */
  private readonly impaired = new Set<number>()
  private acknowledged = 0
  /** Of what is promised. */
  private highestK = 0

  constructor(simulation: Simulation) {
    this.simulation = simulation
    simulation.api.listeners.push(() => this.lower())
  }

  get count(): number {
    return this.acknowledged
  }

  /** The client waits for as many as any k that may be in force asks for, and relies on the lowest of them. */
  write(engine: Engine, id: number): void {
    if (engine.write(id) === undefined) return
    const ks = this.ksInForce(engine)
    const survives = Math.min(...ks)
    if (survives === 0) return
    const { offset } = engine.data
    for (const afterMs of looksMs)
      this.simulation.world.plainly(afterMs, engine.process, () => {
        if (this.promised.has(id) || engine.acknowledgedBy(offset) < Math.max(...ks)) return
        this.acknowledged += 1
        const promised = Math.min(survives, this.wantedK)
        this.promised.set(id, promised)
        this.highestK = Math.max(this.highestK, promised)
      })
  }

  impair(podName: string): void {
    const ordinal = ordinalOf(clusterName, podName) ?? 0
    const host = this.simulation.hostOfOrdinal(ordinal)
    // It stops on purpose: that must cost nothing.
    if (host !== undefined && isRetired(host.disk.reign, host.uid)) return
    this.impaired.add(ordinal)
    this.excuse()
  }

  look(): void {
    const { simulation } = this
    const { currentPrimaryUID } = simulation.api.cluster.status ?? {}
    const primary = simulation.kubelet.hosts.get(currentPrimaryUID ?? '')?.engine
    for (const ordinal of this.impaired) {
      const engine = simulation.hostOfOrdinal(ordinal)?.engine
      if (ordinal >= simulation.mostInstances) this.impaired.delete(ordinal)
      if (primary?.accepts === true && (engine === primary || isFollower(engine, primary)))
        this.impaired.delete(ordinal)
    }
    this.excuse()
  }

  /** Asked of the primary at the end: whatever was promised is there. */
  check(primary: Engine): void {
    const present = writesIn(primary.data.log)
    const lost = [...this.promised].filter(([id, survives]) => survives > 0 && !present.has(id))
    const [first] = lost
    if (first !== undefined)
      this.simulation.violate(
        `lost ${lost.length} writes that WAIT acknowledged, the first is ${first[0]}, with ${first[1]} copies to lose`,
      )
  }

  private get wantedK(): number {
    return this.simulation.api.cluster.spec.minSyncReplicas ?? 0
  }

  /** By the spec, by the status, and by the primary itself. */
  private ksInForce(engine: Engine): readonly number[] {
    const { api, kubelet } = this.simulation
    const used = kubelet.hostAt(engine.address)?.instance?.lastStatus().term
    const terms = [...(api.cluster.status?.terms ?? []), ...(used === undefined ? [] : [used])]
    return [this.wantedK, ...terms.map(({ minSyncReplicas }) => minSyncReplicas)]
  }

  /** Whoever asks for less is promised less, also of what was acknowledged before. */
  private lower(): void {
    if (this.wantedK >= this.highestK) return
    this.highestK = this.wantedK
    for (const [id, survives] of this.promised)
      if (survives > this.wantedK) this.promised.set(id, this.wantedK)
  }

  /** More copies restarted or were lost together than may be. */
  private excuse(): void {
    for (const [id, survives] of this.promised) {
      if (this.impaired.size <= Math.min(survives, this.mostLosses)) continue
      this.promised.delete(id)
      this.simulation.world.reached.add('more than k copies lost at once')
    }
  }

  /** Nobody can wait for more replicas than there are. */
  private get mostLosses(): number {
    const { terms = [] } = this.simulation.api.cluster.status ?? {}
    return terms.length === 0 ? Infinity : Math.max(...terms.map(({ members }) => members.length)) - 1
  }
}
