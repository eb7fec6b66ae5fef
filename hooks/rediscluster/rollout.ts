// Which Pod is replaced next, so that every instance becomes what the spec asks for: one at a time, the primary last and after a handover.
import { candidates, isInSync } from './copies.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import { annotations, ordinalOf, podName, volumeName } from './names.ts'
import { isOutdated, whyOutdated } from './outdated.ts'
import type { PrimaryDecision } from './primary.ts'
import type { RedisClusterStatus } from './recorded.ts'
import { leave, removalOf, whyBusy, whyStays } from './removal.ts'
import { whyNotAgain } from './retry.ts'
import { hasNotStarted, hasRun, whyNotStarted } from './start-trouble.ts'
import { whyOthersGrow } from './volume-growth.ts'
import { isDoomed } from './volumes.ts'

/**
 * A Pod is replaced by leaving it out: it is made again from the spec of then, on the same volume. So a rollback in the
 * middle is a spec like any other, and nothing is remembered between two steps.
 */
export type Rollout =
  | { readonly kind: 'None' }
  | { readonly kind: 'Replace'; readonly instance: Instance; readonly why: string }
  /** It is to leave the counts: it must have stopped before its Pod is removed. */
  | { readonly kind: 'Retire'; readonly instance: Instance; readonly why: string }
  | {
      readonly kind: 'Move'
      readonly to: Instance
      readonly reason: 'Rollout' | 'ScaleDown'
      readonly why: string
    }
  /** Only the primary is left, and a person wants to be asked. */
  | { readonly kind: 'Approval'; readonly why: string }
  | { readonly kind: 'Waiting'; readonly reason: string }
  /** It waits for a Pod that cannot start as it is. */
  | { readonly kind: 'Blocked'; readonly reason: string }

/** A replica that is further behind is still catching up: two polls of a busy primary are as far apart. */
const mostLagBytes = 16 * 2 ** 20

/** Asked while `primary` serves, and nobody wants it to move. */
export function rolloutOf(facts: Facts, primary: Instance): Rollout {
  const stuck = unblocked(facts)
  if (stuck.kind !== 'None') return stuck
  const removal = removalOf(facts, primary)
  if (removal.kind !== 'None') return removal
  const isDue = (instance: Instance): boolean => isOutdated(instance, facts)
  if (!facts.instances.some(isDue)) return { kind: 'None' }
  const gap = whyIncomplete(facts)
  if (gap !== undefined) return { kind: 'Waiting', reason: gap }
  const replicas = facts.instances.filter(({ uid }) => uid !== primary.uid)
  const retired = replicas.find((replica) => statusOf(replica)?.retired === true)
  if (retired) return leave(facts, primary, retired, clause(retired, facts))
  // What does not run at all serves nobody: taking it away first is what makes a rollback possible.
  const broken = replicas.findLast((replica) => isDue(replica) && !isRunning(replica))
  if (broken) return withoutBroken(facts, primary, broken)
  const unwell = replicas.flatMap((replica) => doubtAbout(replica, primary))
  if (unwell[0] !== undefined) return unwell[0]
  const next = replicas.findLast(isDue)
  if (next === undefined) return primaryLast(facts, primary)
  const busy = whyBusy(next)
  if (busy !== undefined) return { kind: 'Waiting', reason: busy }
  return keepsVolume(next) ? replace(next, facts) : leave(facts, primary, next, clause(next, facts))
}

/**
 * Whoever serves, or nobody: a Pod that cannot even start as it is, and is not what the spec asks for by now, may be what an
 * election, a removal or all others wait for.
 */
export function unblocked(facts: Facts): Rollout {
  const broken = facts.instances.findLast(
    (instance) =>
      !instance.terminating &&
      statusOf(instance) === undefined &&
      hasNotStarted(instance) &&
      leavesNothing(instance) &&
      isOutdated(instance, facts),
  )
  return broken === undefined ? { kind: 'None' } : replace(broken, facts)
}

/** It serves nobody, but it may hold what others do not: then its data are given up only while enough others have them. */
function withoutBroken(facts: Facts, primary: Instance, broken: Instance): Rollout {
  if (facts.orders.fenced.includes(broken.name))
    return { kind: 'Waiting', reason: `${broken.name} is kept stopped (${annotations.fenced})` }
  if (leavesNothing(broken)) return replace(broken, facts)
  const reason = whyStays(facts, primary, broken, neededBeside(facts))
  return reason === undefined
    ? leave(facts, primary, broken, clause(broken, facts))
    : { kind: 'Waiting', reason }
}

/** As many as a single disruption leaves: with more, two instances could never be rolled. */
const neededBeside = ({ spec }: Facts): number =>
  Math.max(0, Math.min(spec.minSyncReplicas ?? 0, spec.instances - 2))

/** All the others are as the spec asks, and in sync. */
function primaryLast(facts: Facts, primary: Instance): Rollout {
  const why = clause(primary, facts)
  if (facts.spec.primaryUpdateStrategy === 'supervised' && !isApproved(facts))
    return { kind: 'Approval', why }
  const busy = whyBusy(primary) ?? whyOthersGrow(facts, primary)
  if (busy !== undefined) return { kind: 'Waiting', reason: busy }
  if (facts.spec.instances === 1) return replaceAlone(primary, facts)
  const pause = whyNotAgain(facts)
  if (pause !== undefined) return { kind: 'Waiting', reason: pause }
  const to = candidates(facts).find(({ instance }) => instance.uid !== primary.uid)
  return to === undefined
    ? { kind: 'Waiting', reason: `no replica can take over from ${primary.name}` }
    : { kind: 'Move', to: to.instance, reason: 'Rollout', why }
}

/** Its next Pod holds the lock on the same volume: that shows that this one has ended. */
const keepsVolume = ({ claim }: Instance): boolean => claim !== undefined && !isDoomed(claim)

/** Without its Pod nothing is missing: all is on its volume, or nothing ever was in it. */
const leavesNothing = (instance: Instance): boolean =>
  instance.claim === undefined ? !hasRun(instance) : keepsVolume(instance)

/** Nobody else has its data: they survive on its volume, or nothing is done. */
function replaceAlone(primary: Instance, facts: Facts): Rollout {
  if (keepsVolume(primary)) return replace(primary, facts)
  const { name } = primary
  const reason = `${clause(primary, facts)} and holds the only copy of the data. Add a replica (spec.instances: 2), or lose the data with kubectl delete pod -n ${facts.namespace} ${name}`
  return { kind: 'Blocked', reason }
}

/** An approval is good for one update: from then on it is used up, until the annotation is taken away. */
const isApproved = ({ orders, recorded }: Facts): boolean => orders.approved && recorded.approvalUsed !== true

/** Remembered once the primary has moved, or is replaced, until the annotation goes. */
export function approval(
  { orders, recorded, reign }: Facts,
  decision: PrimaryDecision,
  rollout: Rollout,
): Pick<RedisClusterStatus, 'approvalUsed'> {
  const moves = decision.kind === 'Install' && recorded.naming?.reason.startsWith('Rollout:') === true
  const replaces = rollout.kind === 'Replace' && rollout.instance.uid === reign.currentPrimaryUID
  const used = recorded.approvalUsed === true || moves || replaces
  return orders.approved && used ? { approvalUsed: true } : {}
}

/** One disruption at a time, whoever caused it: a delete asks no budget. */
function whyIncomplete(facts: Facts): string | undefined {
  const { clusterName, spec, instances } = facts
  const leaving = instances.find(({ terminating }) => terminating)
  if (leaving) return `${leaving.name} is being replaced`
  const names = Array.from({ length: spec.instances }, (_, ordinal) => podName(clusterName, ordinal))
  const absent = names.find((name) => !instances.some((instance) => instance.name === name))
  return absent === undefined ? undefined : `${absent} does not exist yet${whyAbsent(facts, absent)}`
}

/** A claim that something holds on to is in the way of the next one. */
function whyAbsent({ clusterName, doomedVolumes }: Facts, name: string): string {
  const claim = volumeName(clusterName, ordinalOf(clusterName, name) ?? 0)
  return doomedVolumes.includes(claim)
    ? `: its claim ${claim} is not gone yet; its metadata.finalizers name who holds it`
    : ''
}

/** Neither kubelet nor its instance server know of a redis-server there. */
const isRunning = (instance: Instance): boolean =>
  instance.ready || statusOf(instance)?.redis.state === 'running'

/** Why nothing else may be disrupted yet. */
function doubtAbout(replica: Instance, primary: Instance): readonly Rollout[] {
  const { name, ready } = replica
  const [status, serving] = [statusOf(replica), statusOf(primary)]
  const stuck = whyNotStarted(replica)
  if (stuck !== undefined)
    return [{ kind: 'Blocked', reason: `${name} does not start: ${stuck}. ${howToGoBack}` }]
  if (!ready) return [{ kind: 'Waiting', reason: `${name} is not ready yet` }]
  if (status === undefined) return [{ kind: 'Waiting', reason: `${name} does not answer` }]
  if (!isInSync(status, primary))
    return [{ kind: 'Waiting', reason: `${name} is not in sync with ${primary.name} yet` }]
  const lagBytes = (serving?.replicationOffset ?? 0) - status.replicationOffset
  return lagBytes > mostLagBytes ? [{ kind: 'Waiting', reason: `${name} is still catching up` }] : []
}

const howToGoBack = 'Correct the spec, or set it back: nothing need be deleted'

const clause = (instance: Instance, facts: Facts): string =>
  `${instance.name} ${whyOutdated(instance, facts) ?? ''}`

const replace = (instance: Instance, facts: Facts): Rollout => ({
  kind: 'Replace',
  instance,
  why: clause(instance, facts),
})
