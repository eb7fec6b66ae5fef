// The stage of directed cases: a born cluster, faults at precise moments, and an end where everything must be well again.
import assert from 'node:assert/strict'
import { instanceAnnotations } from '../../../instance/api.ts'
import { annotations } from '../../../hooks/rediscluster/names.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import type { RedisClusterSpec } from '../../../hooks/rediscluster/spec.ts'
import { change as changeSpec } from '../changes.ts'
import { bothWays, cutting, stalling } from '../faults.ts'
import type { Host } from '../host.ts'
import type { Cut, Port } from '../network.ts'
import { Simulation } from '../simulation.ts'

export interface Setting {
  readonly seed: number
  readonly instances: number
  readonly k: number
}

export interface Stage {
  readonly simulation: Simulation
  /** Whatever is not healed at the end. */
  readonly heals: Set<() => void>
}

const birthSeconds = 10
const calmSeconds = 60
const quietSeconds = 3
const storyLines = 120

/** One case from birth on. When it fails, it is played again for its story: the same seed gives the same one. */
export async function play(setting: Setting, script: (stage: Stage) => Promise<void>): Promise<void> {
  try {
    await script(await born(setting, false))
  } catch (error) {
    const told = await born(setting, true)
    await script(told).catch(() => undefined)
    const story = told.simulation.world.story.slice(-storyLines).join('\n')
    throw new Error(`${JSON.stringify(setting)}: ${(error as Error).message}\n${story}`, { cause: error })
  }
}

async function born({ seed, instances, k }: Setting, telling: boolean): Promise<Stage> {
  const stage = { simulation: new Simulation({ seed, instances, k, telling }), heals: new Set<() => void>() }
  await untilConverged(stage, birthSeconds)
  await pass(stage, 1 + (seed % 5) / 5)
  return stage
}

/** Heals what is left; then one primary serves, all follow it, it stays so, and what was promised is there. */
export async function endsWell(stage: Stage): Promise<void> {
  for (const heal of stage.heals) heal()
  stage.heals.clear()
  await untilConverged(stage, calmSeconds)
  await pass(stage, quietSeconds)
  const { simulation } = stage
  assert.ok(simulation.converged, `it served, and then did not: ${situation(stage)}`)
  const primary = simulation.kubelet.hosts.get(statusOf(stage).currentPrimaryUID ?? '')?.engine
  assert.ok(primary)
  simulation.promises.check(primary)
  assert.deepEqual(simulation.violations, [])
}

/** Like that, when Pods were deleted by force: their machines are back, their processes end, and a person says so. */
export async function endsWellConfirmed(stage: Stage): Promise<void> {
  const { api, kubelet } = stage.simulation
  for (const heal of stage.heals) heal()
  kubelet.stranded.clear()
  const ghosts = [...kubelet.hosts.values()].filter(({ uid }) => api.podOf(uid) === undefined)
  await until(stage, 'the ghosts have ended', () => ghosts.every(({ server }) => server?.alive !== true), 10)
  confirmGone(stage, ...ghosts)
  await endsWell(stage)
}

export async function untilConverged(stage: Stage, withinSeconds: number): Promise<void> {
  const { simulation } = stage
  const { world, violations } = simulation
  await world.run(world.nowMs + withinSeconds * 1000, () => simulation.converged || violations.length > 0)
  assert.deepEqual(violations, [])
  assert.ok(simulation.converged, `it does not serve: ${situation(stage)}`)
}

export async function pass({ simulation }: Stage, seconds: number): Promise<void> {
  await simulation.world.run(simulation.world.nowMs + seconds * 1000)
}

/** Stops right after the event that makes it true. */
export async function until(
  stage: Stage,
  what: string,
  condition: () => boolean,
  withinSeconds = 40,
): Promise<void> {
  const { world, violations } = stage.simulation
  if (condition()) return
  await world.run(world.nowMs + withinSeconds * 1000, () => condition() || violations.length > 0, 0)
  assert.deepEqual(violations, [])
  assert.ok(condition(), `never: ${what} (${situation(stage)})`)
}

/** Fails as soon as it becomes true. */
export async function never(
  stage: Stage,
  what: string,
  condition: () => boolean,
  forSeconds: number,
): Promise<void> {
  const { world } = stage.simulation
  await world.run(world.nowMs + forSeconds * 1000, condition, 0)
  assert.ok(!condition(), what)
}

export const statusOf = ({ simulation }: Stage): RedisClusterStatus => simulation.api.cluster.status ?? {}

export const situation = ({ simulation }: Stage): string =>
  simulation.metacontrollers.map(({ lastSituation }) => lastSituation).join(' / ')

export function hostOf({ simulation }: Stage, ordinal: number): Host {
  const host = simulation.hostOfOrdinal(ordinal)
  assert.ok(host, `no Pod of ordinal ${ordinal}`)
  return host
}

export function primaryHost(stage: Stage): Host {
  const primary = stage.simulation.kubelet.hosts.get(statusOf(stage).currentPrimaryUID ?? '')
  assert.ok(primary)
  return primary
}

/** The primary, and the others by ordinal. */
export function cast(stage: Stage): { readonly primary: Host; readonly replicas: readonly Host[] } {
  const { simulation } = stage
  const primary = primaryHost(stage)
  const all = Array.from({ length: simulation.mostInstances }, (_, ordinal) => hostOf(stage, ordinal))
  return { primary, replicas: all.filter((host) => host !== primary) }
}

export const accepts = (host: Host): boolean => host.engine?.accepts === true && !host.engine.process.stalled

/** Somebody other than `host` was named for a higher epoch than this. */
export function isNamedAfter(stage: Stage, host: Host, epoch: number): boolean {
  const { targetPrimaryUID, primaryEpoch = 0 } = statusOf(stage)
  return primaryEpoch > epoch && targetPrimaryUID !== host.uid
}

export const targetHost = (stage: Stage): Host | undefined =>
  stage.simulation.kubelet.hosts.get(statusOf(stage).targetPrimaryUID ?? '')

export const otherThan = (host: Host, hosts: readonly Host[]): readonly Host[] =>
  hosts.filter((other) => other !== host)

/** Right before it opens: the claim comes before the live read. */
export const hasClaimed = ({ simulation }: Stage, host: Host | undefined, epoch: number): boolean =>
  simulation.api.podOf(host?.uid ?? '')?.metadata.annotations?.[instanceAnnotations.epoch] === String(epoch)

/** Kinds of the proofs with which its successor was promoted last. */
export function proofsAgainst({ simulation }: Stage, host: Host): readonly string[] {
  const sent = simulation.metacontrollers.flatMap((each) => each.sent)
  const last = sent.findLast((command) => command.kind === 'Promote')
  const proofs = last?.kind === 'Promote' ? last.proofs : []
  return proofs.filter(({ uid }) => uid === host.uid).map(({ kind }) => kind)
}

export function cut(stage: Stage, ...cuts: readonly Cut[]): () => void {
  return healing(stage, cutting(stage.simulation, ...cuts))
}

/** Between a host and others; all others without any. */
export function part(
  stage: Stage,
  host: Host,
  others: readonly (Host | 'hooks' | 'api')[] = [],
  port?: Port,
): () => void {
  if (others.length === 0) return cut(stage, ...bothWays(host.address, undefined, port))
  const addresses = others.map((other) => (typeof other === 'string' ? other : other.address))
  return cut(stage, ...addresses.flatMap((address) => bothWays(host.address, address, port)))
}

export function stallServer(stage: Stage, host: Host): () => void {
  return healing(stage, stalling(stage.simulation, `PID 1 of ${host.name}`, host.server))
}

export function stallEngine(stage: Stage, host: Host): () => void {
  return healing(stage, stalling(stage.simulation, `redis-server of ${host.name}`, host.engine?.process))
}

/** All of its container at once; with its clock, when it is a guest that stands still. */
export const freeze = (stage: Stage, host: Host, clock: 'runs' | 'stops'): (() => void) =>
  healing(stage, host.freeze(clock))

/** Cut off, and its kubelet says nothing. */
export function loseNode(stage: Stage, host: Host): () => void {
  const { silentNodes } = stage.simulation.kubelet
  const ordinal = Number(host.name.split('-').at(-1))
  silentNodes.add(ordinal)
  const rejoin = part(stage, host)
  return healing(stage, () => {
    rejoin()
    silentNodes.delete(ordinal)
    stage.simulation.kubelet.stranded.delete(host.uid)
  })
}

/** Some change of a Pod, so that the hooks look now, and not when their timer says so. */
export function wake({ simulation: { api } }: Stage): void {
  const [pod] = Object.values(api.pods)
  if (pod !== undefined) api.putPod(pod)
}

/** What a person says of Pods whose machines are dead. */
export function confirmGone({ simulation: { api, world } }: Stage, ...hosts: readonly Host[]): void {
  const uids = hosts.map(({ uid }) => uid).join(' ')
  world.tell(`a person confirms that ${uids} are gone`)
  const { metadata } = api.cluster
  api.setCluster({
    ...api.cluster,
    metadata: { ...metadata, annotations: { [annotations.confirmGone]: uids } },
  })
}

function healing({ heals }: Stage, heal: () => void): () => void {
  const once = (): void => {
    if (heals.delete(once)) heal()
  }
  heals.add(once)
  return once
}

/** From `first` to `last`, both included. */
export const sweep = (first: number, last: number, step: number): readonly number[] =>
  Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step)

export const seeds = (count: number, first = 1): readonly number[] => sweep(first, first + count - 1, 1)

export const change = ({ simulation }: Stage, spec: Partial<RedisClusterSpec>): void =>
  changeSpec(simulation, spec)

/** How many members each term in status has. */
export const listed = (stage: Stage): readonly number[] =>
  (statusOf(stage).terms ?? []).map(({ members }) => members.length)
