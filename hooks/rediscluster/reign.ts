// Assesses a reign (target = current): does the primary serve, and if not, what is known about it?
import type { InstanceStatus } from '../../instance/api.ts'
import { answering } from './copies.ts'
import { secondsSince, statusOf, type Facts, type Instance } from './facts.ts'
import { annotations } from './names.ts'
import type { Situation } from './primary.ts'
import { wishFor } from './wish.ts'

export function assessReign(facts: Facts): Situation {
  const { currentPrimaryUID = '', currentEpoch = 0 } = facts.reign
  const taken = takenBy(facts, currentPrimaryUID, currentEpoch)
  if (taken !== undefined) return { kind: 'Taken', reason: taken }
  const primary = facts.instances.find(({ uid }) => uid === currentPrimaryUID)
  if (primary === undefined) return assessAbsence(facts, currentPrimaryUID)
  const status = statusOf(primary)
  return status === undefined
    ? assessSilence(facts, primary)
    : assessAnswer(facts, primary, status, currentEpoch)
}

function assessAnswer(facts: Facts, primary: Instance, status: InstanceStatus, epoch: number): Situation {
  const { name, uid } = primary
  const { state, silentSeconds } = status.redis
  if (state === 'hung') {
    const reason = `the redis-server of ${name} does not answer`
    return silentSeconds < facts.patience.hungSeconds
      ? { kind: 'Blinking', uid, reason }
      : { kind: 'Hung', reason }
  }
  if (state === 'stopped' || state === 'waiting')
    return { kind: 'Lost', reason: `${name} reports that its redis-server is ${state}${whyDown(status)}` }
  if (status.writable && status.openedEpoch === epoch)
    return { kind: 'Serving', primary, wish: wishFor(facts, primary) }
  return { kind: 'Displaced', reason: `${name} answers, but is not primary of epoch ${epoch} any more` }
}

/** What people or kubelet asked for is no crash. */
function whyDown({ fencedByUser, terminating }: InstanceStatus): string {
  if (fencedByUser) return `, by the annotation ${annotations.fenced}`
  return terminating ? ', for it is leaving' : ''
}

function assessSilence(facts: Facts, primary: Instance): Situation {
  const { name, uid } = primary
  if (primary.ended) return { kind: 'Lost', reason: `kubelet reports that the containers of ${name} ended` }
  const witnesses = granting(facts, primary)
  if (witnesses.length > 0) return assessUnreachable(facts, primary, witnesses)
  return isUnheard(facts, primary)
    ? {
        kind: 'Lost',
        reason: `${name} is silent, and nobody has heard from it for ${facts.patience.delaySeconds} s`,
      }
    : blinkOrLose(facts, uid, `${name} is silent`)
}

/** By the witnesses' clocks, when each of them can say so: they have waited already. Nobody has granted it just now. */
function isUnheard(facts: Facts, { uid }: Instance): boolean {
  const others = facts.instances.filter((instance) => instance.uid !== uid)
  return others.length > 0 && others.every((instance) => statusOf(instance)?.grant.uid === uid)
}

/** It serves whoever reaches it: it is left in peace for a while, and then shunned, so that its right may lapse. */
function assessUnreachable(facts: Facts, { name, uid }: Instance, witnesses: readonly string[]): Situation {
  const { unreachableSeconds } = facts.patience
  const forSeconds = troubleSeconds(facts, uid, 'Unreachable')
  return forSeconds < unreachableSeconds
    ? { kind: 'Unreachable', uid, witnesses }
    : {
        kind: 'Lost',
        reason: `${name} has been reached only by ${witnesses.join(', ')} for ${unreachableSeconds} s`,
      }
}

/** The process of a Pod that is gone may live on: whoever still follows it does not keep the reign alive. */
function assessAbsence(facts: Facts, uid: string): Situation {
  return blinkOrLose(facts, uid, `the Pod of ${facts.reign.currentPrimary ?? 'the primary'} is gone`)
}

function blinkOrLose(facts: Facts, uid: string, reason: string): Situation {
  const { delaySeconds } = facts.patience
  const lost = troubleSeconds(facts, uid, 'Blinking') >= delaySeconds
  return lost
    ? { kind: 'Lost', reason: `${reason} for ${delaySeconds} s` }
    : { kind: 'Blinking', uid, reason }
}

/** Since when the primary or the target has been in this kind of trouble, by our own record; 0 when it just began. */
export function troubleSeconds(facts: Facts, uid: string, kind: string): number {
  const { trouble } = facts.recorded
  return trouble?.uid === uid && trouble.kind === kind ? secondsSince(trouble.since, facts.now) : 0
}

/** A promise for this epoch to somebody else, or for a later one, can never be completed: only a higher epoch leads on. */
export function takenBy(facts: Facts, uid: string, epoch: number): string | undefined {
  const claimant = facts.instances.find((instance) => instance.uid !== uid && claimOf(instance) >= epoch)
  if (claimant) return `${claimant.name} claims epoch ${claimOf(claimant)}`
  const promised = answering(facts).find(
    ({ status }) => status.seen > epoch || (status.seen === epoch && status.seenTarget !== uid),
  )
  return promised && `${promised.instance.name} has promised epoch ${promised.status.seen} to another target`
}

/** What a volume was opened for by an earlier Pod is no claim of this one: only what it is writable for now. */
function claimOf(instance: Instance): number {
  const status = statusOf(instance)
  return Math.max(instance.claimedEpoch, status?.writable === true ? status.openedEpoch : 0)
}

/** Members that have granted its heartbeats until just now. */
function granting(facts: Facts, { uid }: Instance): readonly string[] {
  return answering(facts)
    .filter(({ status }) => status.grant.uid === uid && status.grant.seconds < facts.patience.delaySeconds)
    .map(({ instance }) => instance.name)
}
