// What people change in a spec while it is in use, at any moment: no faults, but nothing may get lost in them either.
import { annotations as names } from '../../hooks/rediscluster/names.ts'
import type { RedisClusterSpec } from '../../hooks/rediscluster/spec.ts'
import { defaults } from '../../hooks/rediscluster/timings.ts'
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
  /** What the API would refuse for more than there are replicas is left out. */
  syncReplicas: (simulation) => {
    change(simulation, { minSyncReplicas: anyK(simulation, simulation.api.cluster.spec.instances) })
    return undefined
  },
  /** Taken back some moments later. */
  syncReplicasAndBack: (simulation) => {
    const { instances, minSyncReplicas = 0 } = simulation.api.cluster.spec
    change(simulation, { minSyncReplicas: anyK(simulation, instances) })
    return () => change(simulation, { minSyncReplicas })
  },
  isolationTimeouts: (simulation) => {
    change(simulation, { primaryIsolation: anyIsolation(simulation) })
    return undefined
  },
  /** Switched on again some moments later. */
  noIsolation: (simulation) => {
    isolate(simulation, false)
    return () => isolate(simulation, true)
  },
  patience: (simulation) => {
    const { random } = simulation.world
    const delay = random.pick(['500ms', '2s', '5s'])
    const hung = random.pick(['1s', '10s', '20s'])
    const unreachable = random.pick(['2s', '10s', '20s'])
    change(simulation, { failover: { delay, hung, unreachable } })
    return undefined
  },
  /** Members, k and timeouts in one step. */
  everything: (simulation) => {
    const instances = simulation.world.random.between(1, mostInstances)
    const minSyncReplicas = anyK(simulation, instances)
    change(simulation, { instances, minSyncReplicas, primaryIsolation: anyIsolation(simulation) })
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

const mostK = 2

const anyK = ({ world }: Simulation, instances: number): number =>
  world.random.between(0, Math.min(mostK, instances - 1))

function anyIsolation({ world: { random } }: Simulation): NonNullable<RedisClusterSpec['primaryIsolation']> {
  const apiServerTimeout = random.pick(['1500ms', '2500ms', '6s'])
  const peerTimeout = random.pick(['2500ms', '5s', '12s'])
  return { enabled: true, apiServerTimeout, peerTimeout }
}

function isolate(simulation: Simulation, enabled: boolean): void {
  const { apiServerTimeout, peerTimeout } = { ...defaults, ...simulation.api.cluster.spec.primaryIsolation }
  change(simulation, { primaryIsolation: { enabled, apiServerTimeout, peerTimeout } })
}

function scale(simulation: Simulation): void {
  change(simulation, { instances: simulation.world.random.between(1, mostInstances) })
}

export function change({ api, world }: Simulation, spec: Partial<RedisClusterSpec>): void {
  world.tell(`spec: ${JSON.stringify(spec)}`)
  api.setCluster({ ...api.cluster, spec: { ...api.cluster.spec, ...spec } })
}
