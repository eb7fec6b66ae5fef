// Says in plain words what a failover could lose right now.
import type { Claim } from './conditions.ts'
import { answering } from './copies.ts'
import { statusOf, type Facts } from './facts.ts'

/** True only while WAIT can be relied on; the message says what for. */
export function durableCondition(facts: Facts): Claim {
  const type = 'Durable'
  const k = facts.spec.minSyncReplicas ?? 0
  if (facts.spec.instances === 1)
    return no(
      'SingleInstance',
      'a single instance: whoever loses its volume loses everything, and its last second with its power',
    )
  if (k === 0)
    return no(
      'Asynchronous',
      'a failover may lose writes that no replica has received yet; with spec.minSyncReplicas = k, a write for which WAIT k answers k or more survives it',
    )
  const inSync = replicasInSync(facts)
  if (inSync < k)
    return no(
      'TooFewReplicas',
      `${inSync} of the ${k} replicas that minSyncReplicas asks for are in sync: the primary refuses writes until they are`,
    )
  return {
    type,
    status: 'True',
    reason: 'Acknowledged',
    message: `a write for which WAIT ${k} answers ${k} or more survives the loss of any ${k} instances; without WAIT the last moments may be lost`,
  }
}

const no = (reason: string, message: string): Claim => ({ type: 'Durable', status: 'False', reason, message })

function replicasInSync(facts: Facts): number {
  const { currentPrimaryUID, currentEpoch } = facts.reign
  const primary = facts.instances.find(({ uid }) => uid === currentPrimaryUID)
  if (statusOf(primary)?.writable !== true) return 0
  return answering(facts).filter(
    ({ status }) =>
      status.masterLinkStatus === 'up' &&
      status.dataEpoch === currentEpoch &&
      status.follows?.host === primary?.ip,
  ).length
}
