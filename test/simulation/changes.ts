// What people change in a spec while it is in use, at any moment: no faults, but nothing may get lost in them either.
import { annotations as names } from '../../hooks/rediscluster/names.ts'
import type { RedisClusterSpec } from '../../hooks/rediscluster/spec.ts'
import type { Fault } from './faults.ts'
import { brokenImage } from './kubelet.ts'
import type { Simulation } from './simulation.ts'

const mostInstances = 5

export const changes: Readonly<Record<string, Fault>> = {
  scale: (simulation) => {
    scale(simulation)
    return undefined
  },
  /** Taken back some moments later. */
  scaleAndBack: (simulation) => {
    const { instances } = simulation.api.cluster.spec
    scale(simulation)
    return () => change(simulation, { instances })
  },
  newImage: (simulation) => {
    change(simulation, { imageName: `redis:${simulation.world.nowMs}` })
    return undefined
  },
  /** Rolled back some moments later. */
  brokenImage: (simulation) => {
    change(simulation, { imageName: brokenImage })
    return () => change(simulation, { imageName: 'redis' })
  },
  restart: (simulation) => {
    annotate(simulation, names.restartedAt, String(simulation.world.nowMs))
    return undefined
  },
  /** Woken up some moments later. */
  hibernation: (simulation) => {
    annotate(simulation, names.hibernation, 'on')
    return () => annotate(simulation, names.hibernation, 'off')
  },
}

function annotate({ api, world }: Simulation, name: string, value: string): void {
  world.tell(`a person writes ${name}: ${value}`)
  const { metadata } = api.cluster
  const annotations = { ...metadata.annotations, [name]: value }
  api.setCluster({ ...api.cluster, metadata: { ...metadata, annotations } })
}

function scale(simulation: Simulation): void {
  change(simulation, { instances: simulation.world.random.between(1, mostInstances) })
}

export function change({ api, world }: Simulation, spec: Partial<RedisClusterSpec>): void {
  world.tell(`spec: ${JSON.stringify(spec)}`)
  api.setCluster({ ...api.cluster, spec: { ...api.cluster.spec, ...spec } })
}
