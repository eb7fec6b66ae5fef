// The proof Expired: a contender's right has lapsed, for too few members grant it and the API names somebody else.
import type { InstanceStatus } from '../../instance/api.ts'
import {
  outlives,
  shunnedSeconds,
  termKey,
  witnessesNeeded,
  type Contender,
  type Proof,
  type Term,
} from '../../instance/ballot.ts'
import { byUid, statusOf, type Facts } from './facts.ts'
import { standsFor, termsInForce } from './terms-in-force.ts'

/** Undefined while it may still hold its right, in any term by which it could. `target` is who would be promoted. */
export function expiry(contender: Contender, facts: Facts, epoch: number, target: string): Proof | undefined {
  const terms = termsInForce(contender, facts)
  const lapsed = terms?.every((term) => hasLapsed(contender, term, facts, epoch, target))
  if (terms === undefined || lapsed !== true) return undefined
  return { uid: contender.uid, epoch: contender.epoch, kind: 'Expired', terms: terms.map(termKey) }
}

/** What is still missing, for a person. */
export function whyNotExpired(contender: Contender, facts: Facts, epoch: number): string {
  const [term] = termsInForce(contender, facts) ?? []
  if (term === undefined) return 'the terms of its right are not known'
  if (!term.isolation) return 'it never stops by itself'
  const count = witnesses(contender, term, facts, epoch).length
  const needed = witnessesNeeded(term)
  return count < needed
    ? `${count} of ${needed} members have long enough granted it nothing`
    : 'the target has not been shown as such for long enough'
}

function hasLapsed(contender: Contender, term: Term, facts: Facts, epoch: number, target: string): boolean {
  const shown = statusOf(byUid(facts, target))?.shownPromises ?? []
  return (
    term.isolation &&
    witnesses(contender, term, facts, epoch).length >= witnessesNeeded(term) &&
    shunnedSeconds(shown, contender) >= outlives(term.apiServerTimeoutSeconds)
  )
}

/** Other members that will never grant it again, and have not for as long as a grant keeps a right alive. */
function witnesses(contender: Contender, term: Term, facts: Facts, epoch: number): readonly string[] {
  const frozen = facts.instances.filter((instance) => isSilentTo(statusOf(instance), term, epoch))
  return term.members.filter(
    (member) => member !== contender.uid && frozen.some((instance) => standsFor(instance, member)),
  )
}

function isSilentTo(status: InstanceStatus | undefined, term: Term, epoch: number): boolean {
  if (status === undefined || status.seen < epoch || !status.volume.locked) return false
  return status.grant.seconds >= outlives(term.peerTimeoutSeconds)
}
