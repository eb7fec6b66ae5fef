// Assesses a succession (target ≠ current): which promises and proofs are in, and whether the target is the right copy.
import type { Reign } from '../../instance/ballot.ts'
import { answering, candidates, doubtAbout, isAhead, unfitness, type Copy } from './copies.ts'
import { secondsSince, statusOf, type Facts, type Instance } from './facts.ts'
import type { Situation } from './primary.ts'
import { missingProofs, proofsAgainst } from './proofs.ts'
import { takenBy, troubleSeconds } from './reign.ts'
import { drainSeconds, unfitSeconds } from './timings.ts'

export function assessSuccession(facts: Facts): Situation {
  const { targetPrimaryUID: uid = '', primaryEpoch: epoch = 0 } = facts.reign
  const taken = takenBy(facts, uid, epoch)
  if (taken !== undefined) return { kind: 'Taken', reason: taken }
  const target = answering(facts).find(({ instance }) => instance.uid === uid)
  const draining = assessDraining(facts, target)
  if (draining !== undefined) return draining
  return target === undefined ? assessSilence(facts, uid) : assessTarget(facts, target, epoch)
}

/** While the old primary serves nothing is fenced: it hands over, or goes on when that comes to nothing. */
function assessDraining(facts: Facts, target: Copy | undefined): Situation | undefined {
  const { planned, currentPrimaryUID, currentEpoch, targetPrimary = '' } = facts.reign
  const primary = facts.instances.find(({ uid }) => uid === currentPrimaryUID)
  const status = statusOf(primary)
  const serves = status?.writable === true && status.openedEpoch === currentEpoch
  if (planned === undefined || primary === undefined || !serves) return undefined
  if (target === undefined) return silentSuccessor(facts, primary, targetPrimary, planned)
  const late = secondsSince(facts.recorded.namedAt, facts.now) >= drainSeconds
  const unfit = unfitness(target)
  const why = late ? `not done after ${drainSeconds} s: ${targetPrimary} may lag too far behind` : undefined
  const abort = unfit === undefined ? why : `${targetPrimary}: ${unfit}`
  return { kind: 'Draining', primary, successor: target.instance, planned, abort }
}

function silentSuccessor(
  facts: Facts,
  primary: Instance,
  name: string,
  planned: NonNullable<Reign['planned']>,
): Situation {
  const { targetPrimaryUID: uid = '' } = facts.reign
  const reason = `${name} is silent`
  return isLost(facts, uid)
    ? { kind: 'Draining', primary, successor: primary, planned, abort: reason }
    : { kind: 'SuccessorBlinking', uid, reason }
}

function assessSilence(facts: Facts, uid: string): Situation {
  const reason = `${facts.reign.targetPrimary ?? 'the target'} is silent`
  return isLost(facts, uid)
    ? { kind: 'SuccessorUnfit', uid, reason, forSeconds: unfitSeconds }
    : { kind: 'SuccessorBlinking', uid, reason }
}

const isLost = (facts: Facts, uid: string): boolean =>
  troubleSeconds(facts, uid, 'SuccessorBlinking') >= facts.patience.delaySeconds

function assessTarget(facts: Facts, target: Copy, epoch: number): Situation {
  const { instance, status } = target
  const { name, uid } = instance
  if (status.writable && status.openedEpoch === epoch) return { kind: 'Succeeded', successor: instance }
  const unfit = unfitness(target) ?? spentReason(target, epoch)
  if (unfit !== undefined)
    return { kind: 'SuccessorUnfit', uid, reason: `${name}: ${unfit}`, forSeconds: unfitFor(facts, target) }
  const missing = [...missingPromises(facts, epoch), ...missingProofs(facts, epoch, uid)]
  return missing.length > 0 ? { kind: 'Fencing', missing } : choose(facts, target, epoch)
}

/** Only now, with every promise in, do the copies hold still enough to be compared. */
function choose(facts: Facts, target: Copy, epoch: number): Situation {
  const able = candidates(facts)
  const confirmed = able.filter((copy) => doubtAbout(copy, facts, epoch) === undefined)
  const accepted = acceptedLoss(facts)
  const best = accepted ?? confirmed[0]
  // Of the copy that a person may promote all the same, not of a target that has less.
  if (best === undefined)
    return { kind: 'Stuck', reason: doubtAbout(able[0] ?? target, facts, epoch) ?? 'no copy can serve' }
  if (!isChoice(target, best, accepted === undefined ? confirmed : [accepted]))
    return { kind: 'Choosing', better: best }
  return {
    kind: 'HandingOver',
    successor: target.instance,
    proofs: proofsAgainst(facts, epoch, target.instance.uid),
  }
}

/** Of those confirmed, and none is ahead of it. */
function isChoice(target: Copy, best: Copy, confirmed: readonly Copy[]): boolean {
  const isConfirmed = confirmed.some(({ instance }) => instance.uid === target.instance.uid)
  return isConfirmed && !isAhead(best.status, target.status)
}

/** A person decided to lose what others may hold; for this failover only. */
function acceptedLoss(facts: Facts): Copy | undefined {
  const { acceptLoss } = facts.orders
  const { currentEpoch = 0, primaryEpoch = 0 } = facts.reign
  if (acceptLoss === undefined || acceptLoss.epoch <= currentEpoch) return undefined
  // A larger number would accept the losses of failovers to come.
  if (acceptLoss.epoch > primaryEpoch) return undefined
  return candidates(facts).find(({ instance }) => instance.uid === acceptLoss.uid)
}

function spentReason({ instance, status }: Copy, epoch: number): string | undefined {
  if (status.openedEpoch >= epoch) return `it was already primary for epoch ${status.openedEpoch}`
  return instance.claimedEpoch >= epoch
    ? `it claimed epoch ${instance.claimedEpoch} and did not open`
    : undefined
}

function unfitFor(facts: Facts, { instance }: Copy): number {
  return instance.terminating ? unfitSeconds : troubleSeconds(facts, instance.uid, 'SuccessorUnfit')
}

/** An instance without the lock on its volume cannot write a promise down, and has no redis-server to follow anybody. */
function missingPromises(facts: Facts, epoch: number): readonly string[] {
  return answering(facts)
    .filter(({ status }) => status.volume.locked && status.seen < epoch)
    .map(({ instance }) => `${instance.name} has not promised epoch ${epoch} yet`)
}
