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
  private readonly k: number
  private readonly acknowledged = new Set<number>()
  private newest = 0
  /** Writes up to this one may be lost: more than k copies restarted or were lost together. */
  private excused = 0
  /** Ordinals of copies that restarted or were lost, and are not whole again. */
  private readonly impaired = new Set<number>()

  constructor(simulation: Simulation, k: number) {
    this.simulation = simulation
    this.k = k
  }

  get count(): number {
    return this.acknowledged.size
  }

  write(engine: Engine, id: number): void {
    if (engine.write(id) === undefined) return
    this.newest = Math.max(this.newest, id)
    if (this.k === 0) return
    const { offset } = engine.data
    for (const afterMs of looksMs)
      this.simulation.world.plainly(afterMs, engine.process, () => {
        if (engine.acknowledgedBy(offset) >= this.k) this.acknowledged.add(id)
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

  /** Nobody can wait for more replicas than there are. */
  private get budget(): number {
    const { terms = [] } = this.simulation.api.cluster.status ?? {}
    return terms.length === 0
      ? this.k
      : Math.min(this.k, Math.max(...terms.map(({ members }) => members.length)) - 1)
  }

  private excuse(): void {
    if (this.impaired.size <= this.budget) return
    this.excused = this.newest
    this.simulation.world.reached.add('more than k copies lost at once')
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
    const lost = [...this.acknowledged].filter((id) => id > this.excused && !present.has(id))
    if (lost.length > 0)
      this.simulation.violate(
        `lost ${lost.length} writes that WAIT ${this.k} acknowledged, the first is ${lost[0] ?? 0}`,
      )
  }
}
