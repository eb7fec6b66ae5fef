// Why a contender cannot accept writes any more: the proofs that a promotion must carry, and what is still missing.
import { instanceAnnotations } from '../../instance/api.ts'
import { promiseFrom, type Contender, type Proof } from '../../instance/ballot.ts'
import { expiry, whyNotExpired } from './expired.ts'
import { byUid, statusOf, type Facts, type Instance } from './facts.ts'

/**
 * The proof that `contender` takes no writes below `epoch`, or undefined. A failed poll or a Terminating Pod proves nothing.
 * Stopped and Demoted need its promise first, or it could open again after the proof was taken.
 */
export function proofFor(
  contender: Contender,
  facts: Facts,
  epoch: number,
  target: string,
): Proof | undefined {
  const { uid } = contender
  const instance = byUid(facts, uid)
  const kind =
    (instance && (hasStopped(instance, epoch) ?? hasDemoted(instance, epoch))) ??
    saysPromised(uid, facts, epoch, target) ??
    isGone(uid, facts)
  if (kind !== undefined) return { uid, epoch: contender.epoch, kind }
  return expiry(contender, facts, epoch, target)
}

/** The contenders other than the target that lack a proof, each as a sentence that says what would give it. */
export function missingProofs(facts: Facts, epoch: number, target: string): readonly string[] {
  return opponents(facts, target)
    .filter((contender) => proofFor(contender, facts, epoch, target) === undefined)
    .map(
      (contender) =>
        `${contender.name} (${contender.uid}): ${whyUnproven(byUid(facts, contender.uid), epoch)}; ${whyNotExpired(contender, facts, epoch)}`,
    )
}

/** Those who may still be writable, for all that is known. */
export function unproven(facts: Facts): readonly Contender[] {
  const { primaryEpoch = 0, targetPrimaryUID = '' } = facts.reign
  return opponents(facts, targetPrimaryUID).filter(
    (contender) => proofFor(contender, facts, primaryEpoch, targetPrimaryUID) === undefined,
  )
}

export function proofsAgainst(facts: Facts, epoch: number, target: string): readonly Proof[] {
  return opponents(facts, target).flatMap((contender) => proofFor(contender, facts, epoch, target) ?? [])
}

const opponents = (facts: Facts, target: string): readonly Contender[] =>
  facts.contenders.filter(({ uid }) => uid !== target)

/** Without the lock on its volume an orphan of its earlier life may still run: then "not running" proves nothing. */
function hasStopped(instance: Instance, epoch: number): 'Stopped' | undefined {
  const status = statusOf(instance)
  if (status === undefined || status.seen < epoch || !status.volume.locked) return undefined
  return status.redis.state === 'stopped' || status.redis.state === 'waiting' ? 'Stopped' : undefined
}

/** A redis-server that has only been started is a read-only replica, however long it loads. */
function hasDemoted(instance: Instance, epoch: number): 'Demoted' | undefined {
  const status = statusOf(instance)
  if (status === undefined || status.seen < epoch || !status.volume.locked || status.writable)
    return undefined
  const follows = status.redis.state === 'running' && status.role === 'slave'
  return follows || status.redis.state === 'starting' ? 'Demoted' : undefined
}

/** Its own Pod says that it has promised and obeys, or a member was told so by itself: it need not be reached. */
function saysPromised(uid: string, facts: Facts, epoch: number, target: string): 'Demoted' | undefined {
  const pod = byUid(facts, uid)?.pod
  const shown = promiseFrom(pod?.metadata.annotations?.[instanceAnnotations.promised])
  const relayed = facts.instances.flatMap((instance) => statusOf(instance)?.relayed ?? [])
  const said = [{ uid, ...shown }, ...relayed.filter((promised) => promised.uid === uid)]
  const holds = said.some(
    (promised) => promised.epoch > epoch || (promised.epoch === epoch && promised.target === target),
  )
  return holds ? 'Demoted' : undefined
}

/** Absence alone is a stale cache, a stripped label or a forced deletion while the process lives on. */
export function isGone(uid: string, facts: Facts): 'Gone' | undefined {
  if (facts.instances.some((instance) => instance.uid === uid)) return undefined
  const said = [...(facts.recorded.ended ?? []), ...facts.orders.confirmedGone, ...lastWords(facts)]
  return said.includes(uid) || facts.instances.some((instance) => succeedsOnVolume(instance, uid))
    ? 'Gone'
    : undefined
}

/** Told to others by those whose Pods were being deleted, once their redis-servers were reaped. */
export const lastWords = (facts: Facts): readonly string[] =>
  facts.instances.flatMap((instance) => statusOf(instance)?.ended ?? [])

/** The lock on a volume is held for life, also by an orphaned redis-server: who holds it now has outlived the one before. */
function succeedsOnVolume(instance: Instance, uid: string): boolean {
  const volume = statusOf(instance)?.volume
  return volume !== undefined && volume.locked && volume.predecessors.includes(uid)
}

function whyUnproven(instance: Instance | undefined, epoch: number): string {
  const status = statusOf(instance)
  if (instance?.report.kind === 'Silent') {
    const place =
      instance.pod === undefined
        ? 'its Pod is gone, but nothing shows that its process ended'
        : 'it does not answer'
    return `${place} (${instance.report.reason})`
  }
  if (status === undefined) return 'nothing is known of it'
  return status.seen < epoch
    ? `it has not promised epoch ${epoch} yet`
    : `its redis-server is ${status.redis.state} and not known to refuse writes`
}
