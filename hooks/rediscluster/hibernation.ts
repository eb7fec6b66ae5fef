// Hibernation: the instances stop in order, the primary last, and their volumes keep the data until they are wanted again.
import type { Claim } from './conditions.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import { annotations, podName } from './names.ts'
import type { RedisClusterStatus } from './recorded.ts'
import type { Rollout } from './rollout.ts'
import { annotate } from './way-out.ts'

export type HibernationStatus = Pick<RedisClusterStatus, 'hibernation'>

/** Asked for, and possible: what lies in an emptyDir goes with its Pod. */
export const isHibernating = ({ orders, spec }: Pick<Facts, 'orders' | 'spec'>): boolean =>
  orders.hibernated && spec.storage.type === 'pvc'

/**
 * The next Pod to go. The replicas first, the highest ordinal first; the primary only when every one of them has ended, so
 * that it holds all that any of them does. Nothing is elected meanwhile: what was promised is on the volumes.
 */
export function nextToStop(facts: Facts): Rollout {
  const { instances, reign } = facts
  const isPrimary = ({ uid }: Instance): boolean => uid === reign.currentPrimaryUID
  const replica = instances.findLast((instance) => !isPrimary(instance) && !instance.terminating)
  if (replica) return stop(replica)
  const ending = instances.find(({ terminating }) => terminating)
  if (ending) return { kind: 'Waiting', reason: `${ending.name} is stopping` }
  const primary = instances.find(isPrimary)
  return primary === undefined ? { kind: 'None' } : stop(primary)
}

/** Who was primary, and how many ran: kept until a primary serves again. */
export function hibernationStatus(facts: Facts, isServing: boolean): HibernationStatus {
  const { recorded, reign, instances } = facts
  if (!isHibernating(facts))
    return isServing || !recorded.hibernation ? {} : { hibernation: recorded.hibernation }
  const { currentPrimary, currentPrimaryUID, currentEpoch } = reign
  if (currentPrimary === undefined || currentEpoch === undefined) return {}
  const status = statusOf(instances.find(({ uid }) => uid === currentPrimaryUID))
  const offset = lastOffset(status, recorded.hibernation)
  const ran = Math.max(recorded.hibernation?.instances ?? 0, ...instances.map(({ ordinal }) => ordinal + 1))
  return { hibernation: { primary: currentPrimary, epoch: currentEpoch, instances: ran, ...offset } }
}

/** It moves while replicas stop: what counts is the last one, and each other value would be a write of the status. */
function lastOffset(
  status: ReturnType<typeof statusOf>,
  before: RedisClusterStatus['hibernation'],
): { readonly offsetBytes?: number } {
  const isLast = status?.terminating === true || status?.connectedReplicas === 0
  const offsetBytes = isLast
    ? Math.max(status.replicationOffset, before?.offsetBytes ?? 0)
    : before?.offsetBytes
  return offsetBytes === undefined ? {} : { offsetBytes }
}

/**
 * Names of the Pods that must answer before anything is decided about the data. Of a cluster that wakes: all that ran, however
 * few are wanted, for any of them may hold what the others lack.
 */
export function wantedNames({
  clusterName,
  spec,
  recorded,
}: Pick<Facts, 'clusterName' | 'spec' | 'recorded'>): string[] {
  const count = Math.max(spec.instances, recorded.hibernation?.instances ?? 0)
  return Array.from({ length: count }, (_, ordinal) => podName(clusterName, ordinal))
}

export function hibernationConditions(facts: Facts): readonly Claim[] {
  const { orders, recorded, instances } = facts
  const type = 'Hibernated'
  if (orders.hibernated && !isHibernating(facts)) {
    const message = `an emptyDir does not outlive its Pod: ${annotations.hibernation} would lose the data, and does nothing. To take it back: ${annotate(facts, `${annotations.hibernation}-`)}`
    return [{ type, status: 'False', reason: 'HibernationRefused', message }]
  }
  if (!orders.hibernated)
    return recorded.hibernation === undefined
      ? []
      : [{ type, status: 'False', reason: 'HibernationDisabled', message: 'the instances are started again' }]
  if (instances.length > 0) {
    const names = instances.map(({ name }) => name).join(', ')
    return [{ type, status: 'False', reason: 'Stopping', message: `stopping ${names}` }]
  }
  const resume = annotate(facts, `${annotations.hibernation}-`)
  const message = `no instance runs; the volumes keep the data. To start them again: ${resume}`
  return [{ type, status: 'True', reason: 'HibernationEnabled', message }]
}

const stop = (instance: Instance): Rollout => ({
  kind: 'Replace',
  instance,
  why: `${instance.name} hibernates (${annotations.hibernation})`,
})
