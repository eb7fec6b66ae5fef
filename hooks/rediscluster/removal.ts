// Which instance leaves next when fewer are wanted: the highest ordinal, never the primary, and only while enough others hold the data.
import { answering, candidates, isInSync } from './copies.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import { whyNotAgain } from './retry.ts'
import type { Rollout } from './rollout.ts'
import { howToConfirm } from './way-out.ts'

/**
 * It retires first: whoever leaves the counts must acknowledge no write any more. Then counts are made without it, which
 * it must be told of as long as it is counted itself. Only then is its Pod removed; its volume stays.
 */
export function removalOf(facts: Facts, primary: Instance): Rollout {
  const leaves = (instance: Instance): boolean => instance.ordinal >= facts.spec.instances
  const victim = facts.instances.findLast((instance) => leaves(instance) && instance.uid !== primary.uid)
  if (victim === undefined && !leaves(primary)) return { kind: 'None' }
  const terminating = facts.instances.find((instance) => instance.terminating)
  if (terminating) return { kind: 'Waiting', reason: `${terminating.name} is leaving` }
  const absent = countedAbsent(facts, primary)
  if (absent.length > 0) return { kind: 'Waiting', reason: stillCounted(absent, facts) }
  if (leaves(primary)) return moveAway(facts, primary)
  return victim === undefined ? { kind: 'None' } : remove(facts, primary, victim)
}

/** Whoever is there must first take the place of those who are not: too few could be told of a smaller count otherwise. */
export const countedAbsent = (facts: Facts, primary: Instance): readonly string[] =>
  [...new Set(countedBy(facts, primary))].filter(
    (uid) => !facts.instances.some((instance) => instance.uid === uid),
  )

function stillCounted(absent: readonly string[], facts: Facts): string {
  return ['counts are still made over Pods that are gone', ...howToConfirm(absent, facts)].join('. ')
}

/** Before anybody goes: the copies that leave are still there to help. */
function moveAway(facts: Facts, primary: Instance): Rollout {
  const pause = whyNotAgain(facts)
  if (pause !== undefined) return { kind: 'Waiting', reason: pause }
  const to = candidates(facts).find(
    ({ instance, status }) => instance.ordinal < facts.spec.instances && isInSync(status, primary),
  )
  const why = `${primary.name} is to be removed (instances: ${facts.spec.instances})`
  return to === undefined
    ? { kind: 'Waiting', reason: `${why}, and no instance that stays is in sync with it` }
    : { kind: 'Move', to: to.instance, reason: 'ScaleDown', why }
}

function remove(facts: Facts, primary: Instance, victim: Instance): Rollout {
  const why = `${victim.name} is one more than instances: ${facts.spec.instances}`
  const reason = whyStays(facts, primary, victim, neededCopies(facts)) ?? whyBusy(victim)
  return reason === undefined ? leave(facts, primary, victim, why) : { kind: 'Waiting', reason }
}

/** Its copy is given up only while as many others as `needed` hold the same; undefined when they do. */
export function whyStays(
  facts: Facts,
  primary: Instance,
  victim: Instance,
  needed: number,
): string | undefined {
  const inSync = replicasBeside(facts, primary, victim)
  if (inSync >= needed) return undefined
  return `${victim.name} stays until ${needed} other replicas are in sync with ${primary.name} (${inSync} are)`
}

/** A backup would have to begin anew; one that nobody asks about any more ends by itself. */
export function whyBusy(instance: Instance): string | undefined {
  const backup = statusOf(instance)?.backup?.backupName
  return backup === undefined ? undefined : `${instance.name} makes the backup ${backup}`
}

/** How many hold all that the primary does, without `victim`. */
export const replicasBeside = (facts: Facts, primary: Instance, victim: Instance): number =>
  answering(facts).filter(
    ({ instance, status }) =>
      instance.uid !== victim.uid &&
      instance.uid !== primary.uid &&
      isWhole(status) &&
      isInSync(status, primary),
  ).length

/** Out of the counts, and then out of the cluster: for whoever will not be found again on its volume. */
export function leave(facts: Facts, primary: Instance, victim: Instance, why: string): Rollout {
  const status = statusOf(victim)
  if (status === undefined) return removeSilent(facts, primary, victim, why)
  if (status.retired !== true) return { kind: 'Retire', instance: victim, why }
  return isCounted(facts, primary, victim)
    ? { kind: 'Waiting', reason: `${victim.name} has stopped; it goes when counts are made without it` }
    : { kind: 'Replace', instance: victim, why }
}

/**
 * Who does not answer cannot be asked; when it does not run either, nothing is lost with its Pod, and kubelet may say that it
 * ended. A poll that failed, or a Pod that an old cache shows without its address, may be one that acknowledges writes.
 */
function removeSilent(facts: Facts, primary: Instance, victim: Instance, why: string): Rollout {
  const runs = victim.ready || (victim.ip === undefined && isCounted(facts, primary, victim))
  return runs
    ? { kind: 'Waiting', reason: `${victim.name} does not answer, and cannot be told to stop for good` }
    : { kind: 'Replace', instance: victim, why }
}

/** While it is, it must still be there to be told of the next term. */
export const isCounted = (facts: Facts, primary: Instance, { uid }: Instance): boolean =>
  countedBy(facts, primary).includes(uid)

/** By the status, and by the primary. */
function countedBy({ reign }: Facts, primary: Instance): readonly string[] {
  const used = statusOf(primary)?.term
  return [...(reign.terms ?? []), ...(used === undefined ? [] : [used])].flatMap(({ members }) => members)
}

/** Enough for what WAIT promises, and one at least where more than the primary is to stay. */
export const neededCopies = ({ spec }: Facts): number =>
  Math.min(Math.max(1, spec.minSyncReplicas ?? 0), spec.instances - 1)

const isWhole = ({
  syncInProgress,
  redis,
}: {
  syncInProgress: boolean
  redis: { loading: boolean }
}): boolean => !syncInProgress && !redis.loading
