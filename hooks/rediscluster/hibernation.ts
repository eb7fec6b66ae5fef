// Hibernation: the instances stop in order, the primary last, and their volumes keep the data until they are wanted again.
import type { Claim } from './conditions.ts'
import type { Copy } from './copies.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import { annotations, podName } from './names.ts'
import type { RedisClusterStatus } from './recorded.ts'
import type { Rollout } from './rollout.ts'
import { annotate } from './way-out.ts'

export type HibernationStatus = Pick<RedisClusterStatus, 'hibernation'>

/**
 * The next Pod to go. The replicas first, the highest ordinal first; the primary only when every one of them has ended, so
 * that it holds all that any of them does. Nothing is elected meanwhile: what was promised is on the volumes.
 */
export function nextToStop(facts: Facts): Rollout {
  const { instances } = facts
  const last = lastPrimary(facts)
  const isPrimary = ({ uid }: Instance): boolean => uid === last?.uid
  const replica = instances.findLast((instance) => !isPrimary(instance) && !instance.terminating)
  if (replica) return stop(replica)
  const ending = instances.find(({ terminating }) => terminating)
  if (ending) return { kind: 'Waiting', reason: `${ending.name} is stopping` }
  const primary = instances.find(isPrimary)
  return primary === undefined ? { kind: 'None' } : stop(primary)
}

interface Last {
  readonly name: string
  readonly uid: string
  readonly epoch: number
}

/** Whoever serves: a successor may have opened before that was recorded. */
function lastPrimary({ instances, reign }: Facts): Last | undefined {
  const { currentPrimary: name, currentPrimaryUID: uid, currentEpoch: epoch } = reign
  const recorded =
    name === undefined || uid === undefined || epoch === undefined ? [] : [{ name, uid, epoch }]
  const serving = instances.flatMap((instance) => {
    const status = statusOf(instance)
    return status?.writable === true
      ? [{ name: instance.name, uid: instance.uid, epoch: status.openedEpoch }]
      : []
  })
  return [...recorded, ...serving].reduce<Last | undefined>(
    (best, each) => (best === undefined || each.epoch > best.epoch ? each : best),
    undefined,
  )
}

/** Who was primary, and how many ran: kept until a primary serves again. */
export function hibernationStatus(facts: Facts, isServing: boolean): HibernationStatus {
  const { recorded, instances } = facts
  if (!facts.hibernates)
    return isServing || !recorded.hibernation ? {} : { hibernation: recorded.hibernation }
  const last = lastPrimary(facts)
  if (last === undefined) return {}
  const status = statusOf(instances.find(({ uid }) => uid === last.uid))
  const offset = lastOffset(status, recorded.hibernation)
  const ran = Math.max(recorded.hibernation?.instances ?? 0, ...instances.map(({ ordinal }) => ordinal + 1))
  return { hibernation: { primary: last.name, epoch: last.epoch, instances: ran, ...offset } }
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
 * Why this copy does not hold what hibernation left, when the one that stopped last does not either; undefined while that is
 * not known: until it answers nobody is promoted anyhow.
 */
export function lostInSleep(
  { status }: Copy,
  frozen: readonly Copy[],
  { recorded }: Facts,
): string | undefined {
  if (recorded.hibernation === undefined) return undefined
  const { primary, epoch, offsetBytes = 0 } = recorded.hibernation
  const { dataEpoch, position } = status
  const holds = dataEpoch > epoch || (dataEpoch === epoch && position.offsetBytes >= offsetBytes)
  const last = frozen.find(({ instance }) => instance.name === primary)
  if (holds || last === undefined || last.status.dataEpoch >= epoch) return undefined
  return `${primary} stopped last, and comes back without its data (reign ${epoch}, offset ${offsetBytes})`
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
  const { orders, recorded, instances, spec, endangeredVolumes } = facts
  const type = 'Hibernated'
  if (orders.hibernated && spec.storage.type === 'emptyDir') {
    const message = `an emptyDir does not outlive its Pod: ${annotations.hibernation} would lose the data, and does nothing. To take it back: ${annotate(facts, `${annotations.hibernation}-`)}`
    return [{ type, status: 'False', reason: 'HibernationRefused', message }]
  }
  if (orders.hibernated && endangeredVolumes.length > 0) {
    const message = `${endangeredVolumes.join(', ')} would go, with the data on it, as soon as nobody uses it: its instance gets a new volume first`
    return [{ type, status: 'False', reason: 'VolumeDoomed', message }]
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
