// Opens for writes: claim on the own Pod, live read of the API, then REPLICAOF NO ONE. Any doubt on the way is a refusal.
import { contendersOf, instanceAnnotations, type Claim, type Proof } from './api.ts'
import type { Engine } from './engine.ts'
import type { Keeper } from './keeper.ts'
import { ApiError, type ClusterView, type KubernetesApi } from './kubernetes/api.ts'
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
  /** The epoch that this very process claimed: it may try again as long as it has not opened. */
  claimedEpoch: number
}

/** A read older than this may have been overtaken: nothing is opened on it. */
const freshReadMs = 1000

/** Undefined once this instance is writable for `epoch`; safe to repeat. */
export async function openFor(
  opening: Opening,
  epoch: number,
  proofs: readonly Proof[],
): Promise<Refusal | undefined> {
  const { config, keeper, engine, clock } = opening
  if (engine.seen().writableEpoch === epoch && keeper.state().seen === epoch) return undefined
  const outcome = await keeper.decide((state) => mayOpen(state, epoch, config.podUid))
  if (outcome.kind === 'Refused') return outcome
  const refused = await claim(opening, epoch)
  if (refused) return refused
  const startedMs = clock.nowMs()
  const read = await readLive(opening)
  return checkLiveRead(read, config.podUid, epoch, proofs) ?? (await open(opening, epoch, startedMs))
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
    await opening.api.annotateOwnPod({ [instanceAnnotations.epoch]: String(epoch) }, resourceVersion)
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return false
    throw error
  }
  opening.claimedEpoch = epoch
  return true
}

/** The cluster first, then every Pod that it could concern, by name: a Pod may not list. */
async function readLive({ api, config }: Opening): Promise<LiveRead> {
  const cluster = await api.getCluster()
  if (cluster.uid !== config.uid)
    throw new Error(`RedisCluster ${config.name} is another one now (${cluster.uid})`)
  const pods = await Promise.all(podNames(config.name, cluster).map((name) => api.getPod(name)))
  return { reign: cluster.reign, pods: pods.filter((pod) => pod !== undefined) satisfies readonly Claim[] }
}

function podNames(name: string, cluster: ClusterView): readonly string[] {
  const desired = Array.from({ length: cluster.instances }, (_, ordinal) => `${name}-${ordinal}`)
  const contenders = contendersOf(cluster.reign, []).map((contender) => contender.name)
  return [...new Set([...desired, ...cluster.podNames, ...contenders])]
}

/** The last look: nothing may have happened between the live read and the command. The door is spent before it opens. */
async function open(
  { keeper, engine, roles, config, clock }: Opening,
  epoch: number,
  readStartedMs: number,
): Promise<Refusal | undefined> {
  return await roles(async () => {
    const outcome = await keeper.decide((state) => {
      const allowed = mayOpen(state, epoch, config.podUid)
      const late = clock.nowMs() - readStartedMs >= freshReadMs
      if (allowed.kind === 'Refused' || !late)
        return allowed.kind === 'Refused' ? allowed : spent(allowed.state, epoch)
      return refuse('stale-read', `the API was read more than ${freshReadMs} ms ago: try again`)
    })
    if (outcome.kind === 'Refused') return outcome
    // Writing the state took time, and a promise may have been made meanwhile: this check and the command are one step.
    if (keeper.state().seen !== epoch)
      return refuse('older-epoch', `epoch ${keeper.state().seen} was promised meanwhile`)
    if (clock.nowMs() - readStartedMs >= freshReadMs)
      return refuse('stale-read', 'the disk was too slow: this epoch is spent')
    await engine.open(epoch)
    return undefined
  })
}

function spent(
  state: Parameters<typeof mayOpen>[0],
  epoch: number,
): { kind: 'Accepted'; state: typeof state } {
  return { kind: 'Accepted', state: { ...state, openedEpoch: epoch } }
}
