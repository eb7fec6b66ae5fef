// One random schedule: a cluster is born, faults come and go, everything heals, and then it must serve with all it promised.
import { annotations as names } from '../../hooks/rediscluster/names.ts'
import { changes } from './changes.ts'
import { faults, type Fault } from './faults.ts'
import { randomOf, type Random } from './random.ts'
import { Simulation } from './simulation.ts'

export interface Outcome {
  readonly seed: number
  readonly instances: number
  readonly k: number
  readonly faults: readonly string[]
  readonly violations: readonly string[]
  readonly acknowledged: number
  /** What happened at least once, sorted. */
  readonly reached: readonly string[]
  readonly story: readonly string[]
}

const birthMs = 6000
const troubleMs = 20_000
const calmMs = 90_000
const quietMs = 3000
const mostFaults = 7
const mostChanges = 3
/** So that schedules without changes do not depend on what changes there are. */
const changesSeed = 0x5ca1e

export async function randomSchedule(seed: number, telling = false): Promise<Outcome> {
  const { random } = new Simulation({ seed, instances: 1, k: 0, telling: false }).world
  const instances = random.pick([1, 2, 3, 3, 3, 3, 4, 5])
  const k = Math.min(random.pick([0, 1, 1, 1, 2]), instances - 1)
  const simulation = new Simulation({ seed, instances, k, telling })
  await simulation.world.run(birthMs, () => simulation.converged)
  if (!simulation.converged) simulation.violate('the cluster was not born')
  const names = pickFaults(simulation)
  const heals = schedule(simulation, names)
  await simulation.world.run(simulation.world.nowMs + troubleMs, () => hasFailed(simulation))
  if (!hasFailed(simulation)) await calm(simulation, heals)
  const { violations, world, promises } = simulation
  const { story } = world
  const reached = [...world.reached].sort()
  return { seed, instances, k, faults: names, violations, acknowledged: promises.count, reached, story }
}

/** In every other schedule people change what they want, too. */
function pickFaults({ world, setting }: Simulation): readonly string[] {
  const picked = pick(world.random, Object.keys(faults), mostFaults)
  const random = randomOf(setting.seed ^ changesSeed)
  return random.chance(0.5) ? [...picked, ...pick(random, Object.keys(changes), mostChanges)] : picked
}

const pick = (random: Random, names: readonly string[], most: number): readonly string[] =>
  Array.from({ length: random.between(1, most) }, () => random.pick(names))

/** Each at some moment, healed some moments later. */
function schedule(simulation: Simulation, names: readonly string[]): Set<() => void> {
  const { world } = simulation
  const heals = new Set<() => void>()
  for (const name of names) {
    const fault = (faults[name] ?? changes[name]) as Fault
    world.after(world.random.next() ** 2 * troubleMs * 0.6, undefined, () => {
      world.reached.add(`fault ${name}`)
      const heal = fault(simulation)
      if (heal === undefined) return
      heals.add(heal)
      world.after(durationMs(world.random), undefined, () => {
        if (heals.delete(heal)) heal()
      })
    })
  }
  return heals
}

const isConverged = ({ converged }: Simulation): boolean => converged
const hasFailed = ({ violations }: Simulation): boolean => violations.length > 0

/** Some only for a moment, some longer than any timeout. */
const durationMs = (random: Random): number =>
  random.chance(0.4) ? random.between(50, 3000) : random.between(3000, 18_000)

/** Nothing is wrong any more: soon one primary serves, all follow it, and nothing is written any more. */
async function calm(simulation: Simulation, heals: Set<() => void>): Promise<void> {
  const { world } = simulation
  for (const heal of heals) heal()
  heals.clear()
  const isOver = (): boolean => world.nowMs > simulation.network.repeatedUntilMs
  const settled = (): boolean => (simulation.converged && isOver()) || hasFailed(simulation)
  await world.run(world.nowMs + calmMs / 2, settled)
  if (!settled()) confirmGone(simulation)
  await world.run(world.nowMs + calmMs / 2, settled)
  if (!settled() && isLostInSleep(simulation)) {
    acceptLoss(simulation)
    await world.run(world.nowMs + calmMs / 2, settled)
  }
  if (hasFailed(simulation) || lostEverything(simulation)) return
  if (!isConverged(simulation)) {
    simulation.violate(`not serving ${calmMs / 1000} s after the last fault: ${last(simulation)}`)
    return
  }
  await world.run(world.nowMs + quietMs)
  const { currentPrimaryUID = '' } = simulation.api.cluster.status ?? {}
  const primary = simulation.kubelet.hosts.get(currentPrimaryUID)?.engine
  if (primary === undefined || !isConverged(simulation)) {
    simulation.violate('it served, and then did not')
    return
  }
  simulation.promises.check(primary)
}

/** What a person does who has read the condition: says of the Pods that are really gone that they are. */
function confirmGone({ kubelet, api, world }: Simulation): void {
  const gone = [...kubelet.hosts.values()].filter(
    (host) => host.server?.alive !== true && api.podOf(host.uid) === undefined,
  )
  world.reached.add('a person confirms that Pods are gone')
  world.tell(`a person confirms that ${gone.map(({ uid }) => uid).join(' ')} are gone`)
  const { metadata } = api.cluster
  const annotations = { ...metadata.annotations, [names.confirmGone]: gone.map(({ uid }) => uid).join(' ') }
  api.setCluster({ ...api.cluster, metadata: { ...metadata, annotations } })
}

/** Whoever stopped last came back with nothing: what it alone may have held is for a person to give up. */
const isLostInSleep = (simulation: Simulation): boolean =>
  /stopped last, and comes back without its data/.test(last(simulation))

/** For the copy that holds most. */
function acceptLoss({ api, hosts, world }: Simulation): void {
  const copies = hosts.flatMap((host) => (api.podOf(host.uid) && host.instance?.lastStatus()) ?? [])
  const [best] = copies.sort(
    (a, b) => b.dataEpoch - a.dataEpoch || b.position.offsetBytes - a.position.offsetBytes,
  )
  if (best === undefined) return
  const order = `${best.podUID}/${api.cluster.status?.primaryEpoch ?? 0}`
  world.reached.add('a person accepts what was lost in sleep')
  world.tell(`a person accepts the loss of what only others held: ${order}`)
  const { metadata } = api.cluster
  const annotations = { ...metadata.annotations, [names.acceptLoss]: order }
  api.setCluster({ ...api.cluster, metadata: { ...metadata, annotations } })
}

/** Without any data left, whoever opens would declare the loss for good: that is for a person to do. */
function lostEverything({ kubelet, api }: Simulation): boolean {
  const known = (api.cluster.status?.currentEpoch ?? 0) > 0
  const { instances } = api.cluster.spec
  return known && [...kubelet.disks].every(([ordinal, { log }]) => ordinal >= instances || log === undefined)
}

const last = ({ metacontrollers }: Simulation): string => metacontrollers[0]?.lastSituation ?? ''
