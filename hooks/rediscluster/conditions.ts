// The conditions of a RedisCluster: what each says, and when its transition time moves.
import type { Condition, KubernetesObject } from '../kubernetes.ts'
import type { Blueprint } from './blueprint.ts'
import { isConnectionSecret } from './children/connection.ts'
import { growthDelay, growthRefusal } from './children/volume.ts'
import { answering } from './copies.ts'
import { secondsSince, statusOf, type Facts, type Instance } from './facts.ts'
import { misdirected } from './misdirected.ts'
import { whyOutdated } from './outdated.ts'
import type { PrimaryDecision, Situation } from './primary.ts'
import { adoption, retainedVolumes } from './retained.ts'
import type { Rollout } from './rollout.ts'
import { lastSteps, rolloutReason, rolloutSteps } from './rollout-sentence.ts'
import { describeSituation } from './sentence.ts'
import { wayOut } from './way-out.ts'
import { collisionSeconds, stuckSeconds } from './timings.ts'
import type { Invalidity } from './validity.ts'

export type Claim = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

/** Transition times are kept while the status of a condition stays: nothing else in a status may move with the clock. */
export function withTimes(claims: readonly Claim[], facts: Facts): Condition[] {
  return claims.map((claim) => {
    const before = recordedCondition(facts, claim.type)
    const same = before !== undefined && before.status === claim.status
    const lastTransitionTime = same ? before.lastTransitionTime : facts.now.toISOString()
    return { ...claim, lastTransitionTime, observedGeneration: facts.generation }
  })
}

export function readyCondition(facts: Facts, ready: number, primaryAvailable: boolean): Claim {
  const type = 'Ready'
  const status = 'False'
  const wanted = facts.spec.instances
  const because = (text: string): string =>
    [text, ...facts.instances.flatMap(notRunning)].join('; ').slice(0, 4096)
  if (!primaryAvailable) {
    const message = because('no primary serves; see PrimaryAvailable')
    return { type, status, reason: 'NoPrimaryAvailable', message }
  }
  if (ready < wanted) {
    const message = because(`${ready} of ${wanted} instances are ready`)
    return { type, status, reason: 'InstancesNotReady', message }
  }
  return { type, status: 'True', reason: 'ClusterReady', message: `all ${wanted} instances are ready` }
}

/** Redis' own words, a directive that it refuses among them: nothing else in the API tells them. */
function notRunning(instance: Instance): readonly string[] {
  const reason = statusOf(instance)?.redis.reason
  return reason === undefined ? [] : [`${instance.name}: ${reason}`]
}

/** The reason is the situation's name: the word to look for in the log and in the runbook. */
export function primaryCondition(facts: Facts, situation: Situation, decision: PrimaryDecision): Claim {
  const type = 'PrimaryAvailable'
  const seen = describeSituation(situation)
  const message = decision.kind === 'Stuck' && decision.reason !== seen ? `${seen}: ${decision.reason}` : seen
  if (situation.kind === 'Serving' || decision.kind === 'Install')
    return { type, status: 'True', reason: 'PrimaryRunning', message }
  if (situation.kind === 'Unreachable') return { type, status: 'Unknown', reason: situation.kind, message }
  const stuck = decision.kind === 'Stuck' || isOverdue(facts, situation)
  return {
    type,
    status: 'False',
    reason: stuck ? 'Stuck' : situation.kind,
    message: stuck ? `${message}. ${wayOut(facts, situation)}` : message,
  }
}

export function replicationCondition(facts: Facts, situation: Situation): Claim {
  const type = 'ReplicationHealthy'
  if (facts.spec.instances === 1)
    return { type, status: 'True', reason: 'NoReplicas', message: 'a single instance has no replicas' }
  const primary = situation.kind === 'Serving' ? situation.primary : undefined
  const linked = answering(facts).filter(
    ({ status }) => status.masterLinkStatus === 'up' && status.follows?.host === primary?.ip,
  )
  const names = linked.map(({ instance }) => instance.name)
  const wanted = facts.spec.instances - 1
  if (primary && names.length >= wanted)
    return {
      type,
      status: 'True',
      reason: 'ReplicasConnected',
      message: `${wanted} replicas follow ${primary.name}`,
    }
  const message = primary
    ? `${names.length} of ${wanted} replicas follow ${primary.name}`
    : 'no primary serves'
  return { type, status: 'False', reason: 'ReplicasNotHealthy', message }
}

export function specCondition(invalid: readonly Invalidity[]): Claim {
  const type = 'SpecValid'
  const [first] = invalid
  if (first === undefined)
    return { type, status: 'True', reason: 'Valid', message: 'the spec can be carried out' }
  return {
    type,
    status: 'False',
    reason: first.reason,
    message: invalid.map(({ message }) => message).join('; '),
  }
}

/** Metacontroller swallows a name that is taken: the child is simply never observed. */
export function collisionCondition(
  facts: Facts,
  blueprint: Blueprint,
  unobserved: readonly KubernetesObject[],
): Claim {
  const type = 'NameConflict'
  const retained = retainedVolumes(blueprint)
  if (retained.length > 0)
    return { type, status: 'True', reason: 'VolumeRetained', message: adoption(blueprint, retained) }
  if (unobserved.length === 0)
    return { type, status: 'False', reason: 'NoConflict', message: 'every child is ours' }
  const names = unobserved
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    .sort()
    .join(', ')
  const before = recordedCondition(facts, type)
  const waited = before?.status === 'Unknown' ? secondsSince(before.lastTransitionTime, facts.now) : 0
  if (before?.status !== 'True' && waited < collisionSeconds)
    return { type, status: 'Unknown', reason: 'Creating', message: `waiting for ${names}` }
  const message = `${names} cannot be created: an object of that name exists and is not ours. Delete or rename it, or ${remedies(unobserved)}`
  return { type, status: 'True', reason: 'NameTaken', message }
}

/** Only this one name is the user's own choice. */
function remedies(unobserved: readonly KubernetesObject[]): string {
  const connection = unobserved.some(isConnectionSecret) ? ['set another name in spec.connectionSecret'] : []
  const others = unobserved.every(isConnectionSecret) ? [] : ['create the RedisCluster under another name']
  return [...connection, ...others].join(', and ')
}

/** What people ask for by annotation, and nobody can read, or leads nowhere. */
export function ordersCondition(facts: Facts): Claim {
  const type = 'AnnotationsValid'
  const { malformed } = facts.orders
  const wrong = [...malformed, ...misdirected(facts)]
  if (wrong.length === 0)
    return { type, status: 'True', reason: 'Valid', message: 'every annotation can be read' }
  const reason = malformed.length > 0 ? 'Malformed' : 'Misdirected'
  return { type, status: 'False', reason, message: wrong.join('; ').slice(0, 4096) }
}

/** What the user changed that live Pods do not have yet, or could not take. */
export function appliedCondition(facts: Facts, blueprint: Blueprint, rollout: Rollout): Claim {
  const type = 'SpecApplied'
  // Who leaves for good is not brought up to date.
  const staying = facts.instances.filter(({ ordinal }) => ordinal < facts.spec.instances)
  const outdated = staying.flatMap((instance) => {
    // Who goes to sleep neither.
    const why = facts.hibernates ? undefined : whyOutdated(instance, facts)
    return why === undefined ? [] : [`${instance.name} ${why}`]
  })
  const refused = facts.instances.flatMap((instance) =>
    (statusOf(instance)?.config.refused ?? []).map((refusal) => `${instance.name} refused ${refusal}`),
  )
  // What nobody uses any more is left as it is.
  const volumes = facts.instances.flatMap(({ claim }) =>
    claim === undefined ? [] : (growthRefusal(blueprint, claim) ?? growthDelay(blueprint, claim) ?? []),
  )
  const last = outdated.length > 0 ? [] : lastSteps(facts)
  const steps = facts.hibernates ? [] : rolloutSteps(rollout)
  const pending = [...steps, ...outdated, ...last, ...refused, ...volumes]
  if (pending.length === 0)
    return { type, status: 'True', reason: 'Applied', message: 'every instance runs the spec' }
  const pendingReason = last.length > 0 ? 'RollingUpdate' : 'ChangesPending'
  const reason = outdated.length > 0 ? rolloutReason(rollout) : pendingReason
  return { type, status: 'False', reason, message: pending.join('; ').slice(0, 4096) }
}

function isOverdue(facts: Facts, situation: Situation): boolean {
  return situation.kind === 'Fencing' && secondsSince(facts.recorded.namedAt, facts.now) >= stuckSeconds
}

const recordedCondition = (facts: Facts, type: string): Condition | undefined =>
  facts.recorded.conditions?.find((condition) => condition.type === type)
