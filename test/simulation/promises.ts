// The writes that WAIT acknowledged, and whether they are still there; and which copies were lost meanwhile.
import { ordinalOf } from '../../hooks/rediscluster/names.ts'
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
    this.impaired.add(ordinalOf(clusterName, podName) ?? 0)
    this.excuse()
  }

  private excuse(): void {
    if (this.impaired.size <= this.k) return
    this.excused = this.newest
    this.simulation.world.reached.add('more than k copies lost at once')
  }

  look(): void {
    const { simulation } = this
    const { currentPrimaryUID } = simulation.api.cluster.status ?? {}
    const primary = simulation.kubelet.hosts.get(currentPrimaryUID ?? '')?.engine
    for (const ordinal of this.impaired) {
      const engine = simulation.hostOfOrdinal(ordinal)?.engine
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
