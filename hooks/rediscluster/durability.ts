// Says in plain words what a failover could lose right now.
import type { Claim } from './conditions.ts'
import { answering } from './copies.ts'
import { statusOf, type Facts } from './facts.ts'
import { isGone } from './proofs.ts'
import { howToConfirm } from './way-out.ts'

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
  const { terms = [] } = facts.reign
  const inForce = terms.length === 0 ? 0 : Math.min(...terms.map(({ minSyncReplicas }) => minSyncReplicas))
  if (inForce < k)
    return no(
      'NotYetInForce',
      `minSyncReplicas: ${k} is not in force yet: until the primary has taken it over, count on the loss of ${inForce} instances only`,
    )
  const message = `a write for which WAIT ${k} answers ${k} or more survives the loss of any ${k} instances; without WAIT the last moments may be lost`
  return {
    type,
    status: 'True',
    reason: 'Acknowledged',
    message: [message, ...countedInVain(facts)].join('. '),
  }
}

/** They can neither show what they hold nor be counted out: the next loss would wait for them. */
function countedInVain(facts: Facts): readonly string[] {
  const members = (facts.reign.terms ?? []).flatMap((term) => term.members)
  const absent = [...new Set(members)].filter(
    (uid) => !facts.instances.some((instance) => instance.uid === uid) && isGone(uid, facts) === undefined,
  )
  if (absent.length === 0) return []
  const told = `Counts are still made over ${absent.join(', ')}, whose Pods are gone: if another instance is lost, nothing is promoted without them`
  return [told, ...howToConfirm(absent, facts)]
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
