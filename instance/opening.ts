// Opens for writes: claim on the own Pod, live read of the API, then REPLICAOF NO ONE. Any doubt on the way is a refusal.
import { instanceAnnotations, type Chosen, type InstanceStatus } from './api.ts'
import { contendersOf, type Proof, type ShownPromise } from './ballot.ts'
import type { Engine } from './engine.ts'
import type { Keeper } from './keeper.ts'
import type { Lease } from './lease.ts'
import { ApiError, type ClusterView, type KubernetesApi, type PodView } from './kubernetes/api.ts'
import { checkLiveRead, type LiveRead } from './reign/claim.ts'
import { mayOpen, refuse, type Refusal } from './reign/rules.ts'
import type { ClusterConfig } from './config.ts'
import type { Mutex } from './mutex.ts'
import type { Clock } from './parts.ts'

export interface Opening {
  readonly config: ClusterConfig
  readonly keeper: Keeper
  readonly engine: Engine
  readonly api: KubernetesApi
  readonly clock: Clock
  /** Held while redis-server's role is changed. */
  readonly roles: Mutex
  readonly lease: Lease
  readonly shown: () => readonly ShownPromise[]
  /** The highest promise that was accepted, on disk or not yet. */
  readonly mustObey: () => number
  /** What this copy holds, by the newest answer of its redis-server. */
  readonly holds: () => Chosen
  /** The epoch that this very process claimed: it may try again as long as it has not opened. */
  claimedEpoch: number
}

/** A read older than this may have been overtaken: nothing is opened on it. */
const freshReadMs = 1000

export function heldBy({ dataEpoch, position, restarted }: InstanceStatus): Chosen {
  return { dataEpoch, offsetBytes: position.offsetBytes, restarted }
}

/** Undefined once this instance is writable for `epoch`; safe to repeat. */
export async function openFor(
  opening: Opening,
  epoch: number,
  proofs: readonly Proof[],
  chosen: Chosen,
): Promise<Refusal | undefined> {
  const { config, keeper, clock } = opening
  if (isOpen(opening, epoch)) return undefined
  const outcome = await keeper.decide((state) => mayOpen(state, epoch, config.podUid))
  if (outcome.kind === 'Refused') return outcome
  const refused = await claim(opening, epoch)
  if (refused) return refused
  const startedMs = clock.nowMs()
  const read = await readLive(opening)
  return (
    checkLiveRead(read, config.podUid, epoch, proofs) ??
    (await opening.roles(() => open(opening, epoch, read, chosen, startedMs)))
  )
}

function isOpen({ engine, keeper }: Opening, epoch: number): boolean {
  const { writableEpoch, state } = engine.seen()
  return writableEpoch === epoch && keeper.state().seen === epoch && state === 'running'
}

/** Our own wake-up annotation may move the Pod between read and write; more often than this it is somebody else. */
const claimAttempts = 4

/** A claim is written with a compare, so that of two processes of one Pod only one can hold it. */
async function claim(opening: Opening, epoch: number): Promise<Refusal | undefined> {
  const { api, config } = opening
  for (let attempt = 1; attempt <= claimAttempts; attempt++) {
    const pod = await api.getPod(config.pod)
    if (pod?.uid !== config.podUid)
      return refuse('claim-refused', `Pod ${config.pod} is not this one any more`)
    if (pod.epoch >= epoch) return heldClaim(opening, pod.epoch, epoch)
    if (await writeClaim(opening, pod.resourceVersion, epoch)) return undefined
  }
  return refuse('claim-refused', `Pod ${config.pod} changes all the time: try again`)
}

/** A claim that this very process made, and has not opened, may be used again. */
function heldClaim({ claimedEpoch }: Opening, held: number, epoch: number): Refusal | undefined {
  const ours = claimedEpoch === epoch && held === epoch
  return ours ? undefined : refuse('spent-epoch', `this Pod already claimed epoch ${held}`)
}

/** False when the Pod changed since it was read. */
async function writeClaim(opening: Opening, resourceVersion: string, epoch: number): Promise<boolean> {
  try {
    // The terms of an earlier reign end with it.
    const values = { [instanceAnnotations.epoch]: String(epoch), [instanceAnnotations.terms]: null }
    await opening.api.annotateOwnPod(values, resourceVersion)
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return false
    throw error
  }
  opening.claimedEpoch = epoch
  return true
}

/** The cluster first, then every Pod that it could concern, by name: a Pod may not list. */
async function readLive({ api, config, shown }: Opening): Promise<LiveRead> {
  const { cluster, pods } = await readCluster(api, config)
  return { reign: cluster.reign, pods, shown: shown() }
}

/** Quorum reads, the cluster before its Pods. Throws when it is another cluster by now. */
export async function readCluster(
  api: KubernetesApi,
  config: ClusterConfig,
): Promise<{ readonly cluster: ClusterView; readonly pods: readonly PodView[] }> {
  const cluster = await api.getCluster()
  if (cluster.uid !== config.uid)
    throw new Error(`RedisCluster ${config.name} is another one now (${cluster.uid})`)
  const pods = await Promise.all(podNames(config.name, cluster).map((name) => api.getPod(name)))
  return { cluster, pods: pods.filter((pod) => pod !== undefined) }
}

function podNames(name: string, cluster: ClusterView): readonly string[] {
  const desired = Array.from({ length: cluster.instances }, (_, ordinal) => `${name}-${ordinal}`)
  const contenders = contendersOf(cluster.reign, []).map((contender) => contender.name)
  return [...new Set([...desired, ...cluster.podNames, ...contenders])]
}

/** The last look: nothing may have happened between the live read and the command. The door is spent before it opens. */
async function open(
  opening: Opening,
  epoch: number,
  { reign }: LiveRead,
  chosen: Chosen,
  readStartedMs: number,
): Promise<Refusal | undefined> {
  const { keeper, engine, config, clock, lease } = opening
  if (isOpen(opening, epoch)) return undefined
  await engine.poll()
  const lacking = holdsLess(opening, chosen)
  if (lacking) return lacking
  const isLate = (): boolean => clock.nowMs() - readStartedMs >= freshReadMs
  const outcome = await keeper.decide((state) => {
    const allowed = mayOpen(state, epoch, config.podUid)
    if (allowed.kind === 'Refused') return allowed
    if (isLate()) return refuse('stale-read', `the API was read more than ${freshReadMs} ms ago: try again`)
    return { kind: 'Accepted', state: { ...allowed.state, openedEpoch: epoch } }
  })
  if (outcome.kind === 'Refused') return outcome
  // Writing the state took time, and a promise may have been made meanwhile: this check and the command are one step.
  if (opening.mustObey() > epoch)
    return refuse('older-epoch', `epoch ${opening.mustObey()} was promised meanwhile`)
  if (isLate()) return refuse('stale-read', 'the disk was too slow: this epoch is spent')
  const [term] = reign.terms ?? []
  if (term === undefined) return refuse('not-target', 'the API names no term in which to hold the right')
  lease.begin(epoch, term, readStartedMs)
  await engine.open(epoch)
  return undefined
}

/** It may have restarted with less since it was chosen. */
function holdsLess({ engine, holds }: Opening, chosen: Chosen): Refusal | undefined {
  const { state, fresh, info } = engine.seen()
  if (state !== 'running' || !fresh) return refuse('not-ready', `redis-server is ${state}`)
  // It would refuse the command, be killed for that, and have spent the epoch.
  if (info?.loading === true) return refuse('not-ready', 'redis-server is loading its data')
  const held = holds()
  const ahead =
    held.dataEpoch === chosen.dataEpoch
      ? held.offsetBytes >= chosen.offsetBytes
      : held.dataEpoch > chosen.dataEpoch
  return ahead && (!held.restarted || chosen.restarted)
    ? undefined
    : refuse(
        'holds-less',
        `it holds reign ${held.dataEpoch} up to ${held.offsetBytes}, chosen was ${chosen.dataEpoch} up to ${chosen.offsetBytes}`,
      )
}
