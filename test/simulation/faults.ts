// What can go wrong, each at any moment: every fault says what it does, and how it ends.
import { annotations as names } from '../../hooks/rediscluster/names.ts'
import { clusterName, type Host } from './host.ts'
import type { Cut, Port } from './network.ts'
import type { Simulation } from './simulation.ts'
import type { Process } from './world.ts'

/** Returns how the fault is healed, when it does not heal by itself. */
export type Fault = (simulation: Simulation) => (() => void) | undefined

const anyHost = ({ world, simulation, hostOfOrdinal }: Bound): Host | undefined =>
  hostOfOrdinal(world.random.between(0, simulation.mostInstances - 1))

/** More often the primary: that is where it hurts. */
const someHost = (bound: Bound): Host | undefined => {
  const { currentPrimaryUID, targetPrimaryUID } = bound.simulation.api.cluster.status ?? {}
  const uid = bound.world.random.pick([
    currentPrimaryUID,
    currentPrimaryUID,
    targetPrimaryUID,
    undefined,
    undefined,
  ])
  return uid === undefined ? anyHost(bound) : bound.simulation.kubelet.hosts.get(uid)
}

interface Bound {
  readonly simulation: Simulation
  readonly world: Simulation['world']
  readonly hostOfOrdinal: (ordinal: number) => Host | undefined
}

const onHost =
  (act: (host: Host, bound: Bound) => (() => void) | undefined): Fault =>
  (simulation) => {
    const { world } = simulation
    const bound = { simulation, world, hostOfOrdinal: (i: number) => simulation.hostOfOrdinal(i) }
    const host = someHost(bound)
    return host && act(host, bound)
  }

export function stalling(
  simulation: Simulation,
  name: string,
  ...processes: (Process | undefined)[]
): () => void {
  simulation.world.tell(`${name} stalls`)
  const stalled = processes.filter((process) => process !== undefined)
  for (const process of stalled) simulation.world.stall(process)
  return () => {
    simulation.world.tell(`${name} goes on`)
    for (const process of stalled) simulation.world.resume(process)
  }
}

export function cutting(simulation: Simulation, ...cuts: readonly Cut[]): () => void {
  const { network, world } = simulation
  const word = (part: string | undefined): string => part ?? '*'
  const text = cuts.map(({ from, to, port }) => `${word(from)}>${word(to)}:${word(port)}`).join(' ')
  world.tell(`cut ${text}`)
  for (const cut of cuts) network.cuts.add(cut)
  return () => {
    world.tell(`healed ${text}`)
    for (const cut of cuts) network.cuts.delete(cut)
  }
}

export const bothWays = (a: string | undefined, b: string | undefined, port?: Port): Cut[] => [
  { from: a, to: b, port },
  { from: b, to: a, port },
]

export const faults: Readonly<Record<string, Fault>> = {
  engineCrash: onHost((host) => {
    host.crashEngine()
    return undefined
  }),
  serverCrash: onHost((host) => {
    host.crash()
    return undefined
  }),
  powerLoss: onHost((host, { world }) => {
    world.tell(`${host.name} loses power`)
    host.crash()
    host.disk.losePower()
    return undefined
  }),
  wipe: onHost((host, { world }) => {
    world.tell(`the disk of ${host.name} is wiped`)
    host.crash()
    host.disk.wipe()
    return undefined
  }),
  serverStall: onHost((host, { simulation }) => stalling(simulation, `PID 1 of ${host.name}`, host.server)),
  engineStall: onHost((host, { simulation }) =>
    stalling(simulation, `redis-server of ${host.name}`, host.engine?.process),
  ),
  isolation: onHost((host, { simulation }) => cutting(simulation, ...bothWays(host.address, undefined))),
  cutFromHooks: onHost((host, { simulation }) => cutting(simulation, ...bothWays(host.address, 'hooks'))),
  cutFromApi: onHost((host, { simulation }) => cutting(simulation, ...bothWays(host.address, 'api'))),
  cutHttp: onHost((host, { simulation }) =>
    cutting(simulation, ...bothWays(host.address, undefined, 'http')),
  ),
  cutRedis: onHost((host, { simulation }) =>
    cutting(simulation, ...bothWays(host.address, undefined, 'redis')),
  ),
  deaf: onHost((host, { simulation }) =>
    cutting(simulation, { from: undefined, to: host.address, port: undefined }),
  ),
  mute: onHost((host, { simulation }) =>
    cutting(simulation, { from: host.address, to: undefined, port: undefined }),
  ),
  between: onHost((host, bound) => {
    const other = anyHost(bound)
    return other && other !== host
      ? cutting(bound.simulation, ...bothWays(host.address, other.address))
      : undefined
  }),
  apiDown: (simulation) => cutting(simulation, { from: undefined, to: 'api', port: undefined }),
  hooksCrash: (simulation) => {
    for (const each of simulation.metacontrollers) if (each.alive) each.crashHooks()
    return undefined
  },
  restartMetacontroller: (simulation) => {
    simulation.world.tell('Metacontroller restarts')
    for (const each of simulation.metacontrollers) if (each.alive) each.restart()
    return undefined
  },
  secondMetacontroller: (simulation) => {
    simulation.world.tell('a second Metacontroller starts')
    const second = simulation.newMetacontroller(`mc-${simulation.metacontrollers.length + 1}`)
    second.lagMs = {
      parent: simulation.world.random.between(0, 3000),
      children: simulation.world.random.between(0, 3000),
    }
    second.wallOffsetMs = simulation.world.random.between(-9000, 9000)
    simulation.metacontrollers.push(second)
    return () => second.stop()
  },
  staleStatus: (simulation) => lagging(simulation, 'parent'),
  staleChildren: (simulation) => lagging(simulation, 'children'),
  statusRollback: (simulation) => {
    const { clusters } = simulation.api
    const older =
      clusters[Math.max(0, clusters.length - 1 - simulation.world.random.between(1, 12))]?.value.status
    simulation.world.tell('an older status is written back')
    if (older !== undefined) simulation.api.setStatus(older)
    return undefined
  },
  /** No fault, but nothing may get lost in it either. */
  switchover: (simulation) => {
    const { api, world, mostInstances } = simulation
    const name = `${clusterName}-${world.random.between(0, mostInstances - 1)}`
    world.tell(`a person asks for a switchover to ${name}`)
    const { metadata } = api.cluster
    const annotations = { ...metadata.annotations, [names.switchover]: name }
    api.setCluster({ ...api.cluster, metadata: { ...metadata, annotations } })
    return undefined
  },
  clockStep: (simulation) => {
    for (const each of simulation.metacontrollers)
      each.wallOffsetMs += simulation.world.random.between(-9000, 9000)
    return undefined
  },
  repeatedCommands: (simulation) => {
    simulation.network.repeatChance = 0.3
    return () => void (simulation.network.repeatChance = 0)
  },
  podDelete: onHost((host, { simulation }) => {
    const pod = simulation.api.podOf(host.uid)
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined
    simulation.world.tell(`${host.name} is deleted`)
    simulation.api.putPod({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: 'now' } })
    return undefined
  }),
  podForceDelete: onHost((host, { simulation, world }) => {
    world.tell(`${host.name} is deleted by force`)
    simulation.api.removePod(host.uid)
    return undefined
  }),
  nodeLoss: onHost((host, { simulation }) => {
    const ordinal = Number(host.name.split('-').at(-1))
    simulation.kubelet.silentNodes.add(ordinal)
    const rejoin = cutting(simulation, ...bothWays(host.address, undefined))
    return () => {
      rejoin()
      simulation.kubelet.silentNodes.delete(ordinal)
    }
  }),
}

function lagging(simulation: Simulation, what: 'parent' | 'children'): () => void {
  const { world } = simulation
  const [first] = simulation.metacontrollers
  const lagMs = world.random.between(200, 4000)
  world.tell(`the view of ${what} lags ${lagMs} ms`)
  if (first) first.lagMs = { ...first.lagMs, [what]: lagMs }
  return () => {
    if (first) first.lagMs = { ...first.lagMs, [what]: 3 }
  }
}
