// A maintenance window: no budget holds back a drain, and a replica that its node keeps out may get a new volume.
import type { Claim } from './conditions.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import type { RedisClusterSpec } from './spec.ts'
import { countedAbsent, isCounted, replicasBeside, neededCopies } from './removal.ts'
import { whyUnplaced } from './start-trouble.ts'
import { isDoomed } from './volumes.ts'

/** What becomes of the volume of a replica that cannot be scheduled. */
export type Recycling =
  | { readonly kind: 'Recycle'; readonly instance: Instance; readonly claim: string }
  | { readonly kind: 'Waiting'; readonly reason: string }

export const isInMaintenance = ({ nodeMaintenanceWindow }: RedisClusterSpec): boolean =>
  nodeMaintenanceWindow?.inProgress === true

/**
 * One copy of the data is given up for a new one elsewhere: only while `primary` serves, others hold all that it does, and
 * nothing is counted over the Pod that used the volume last, so that what it promised is needed no more.
 */
export function recyclingOf(facts: Facts, primary: Instance): readonly Recycling[] {
  const { nodeMaintenanceWindow } = facts.spec
  if (!isInMaintenance(facts.spec) || nodeMaintenanceWindow?.reusePVC !== false) return []
  return facts.instances.filter(isKeptOut).map((instance) => recycling(facts, primary, instance))
}

function recycling(facts: Facts, primary: Instance, instance: Instance): Recycling {
  const waiting = (why: string): Recycling => ({
    kind: 'Waiting',
    reason: `${instance.name} keeps its volume: ${why}`,
  })
  if (countedAbsent(facts, primary).length > 0 || isCounted(facts, primary, instance))
    return waiting('counts are still made over the Pod that used it last')
  const [inSync, needed] = [replicasBeside(facts, primary, instance), neededCopies(facts)]
  if (inSync < needed)
    return waiting(`${needed} other replicas must be in sync with ${primary.name} (${inSync} are)`)
  return { kind: 'Recycle', instance, claim: instance.claim?.metadata.name ?? '' }
}

/**
 * The scheduler finds no place for a Pod that came to a volume with data. A volume that is younger than its Pod was made for
 * it: another one would help no more.
 */
function isKeptOut(instance: Instance): boolean {
  const { pod, claim, terminating } = instance
  if (terminating || pod === undefined || claim === undefined || statusOf(instance) !== undefined)
    return false
  const isOlder = (claim.metadata.creationTimestamp ?? '') < (pod.metadata.creationTimestamp ?? '')
  return (
    whyUnplaced(pod)?.reason === 'Unschedulable' &&
    claim.status?.phase === 'Bound' &&
    !isDoomed(claim) &&
    isOlder
  )
}

/** Only of a cluster whose spec speaks of it. */
export function maintenanceConditions(facts: Facts, recyclings: readonly Recycling[]): readonly Claim[] {
  const type = 'MaintenanceInProgress'
  if (facts.spec.nodeMaintenanceWindow === undefined) return []
  if (!isInMaintenance(facts.spec))
    return [{ type, status: 'False', reason: 'MaintenanceDisabled', message: 'no maintenance goes on' }]
  const message = [
    'no budget holds back an eviction until nodeMaintenanceWindow.inProgress is false',
    ...recyclings.map((each) =>
      each.kind === 'Waiting' ? each.reason : `${each.instance.name} gets a new volume for ${each.claim}`,
    ),
  ]
  return [{ type, status: 'True', reason: 'MaintenanceEnabled', message: message.join('; ').slice(0, 4096) }]
}
