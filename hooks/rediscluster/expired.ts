// The proof Expired: a contender's right has lapsed, for too few members grant it and the API names somebody else.
import { instanceAnnotations, type InstanceStatus } from '../../instance/api.ts'
import {
  marginSeconds,
  shunnedSeconds,
  termKey,
  termsFrom,
  witnessesNeeded,
  type Contender,
  type Proof,
  type Term,
} from '../../instance/ballot.ts'
import { byUid, statusOf, type Facts } from './facts.ts'

/** Undefined while it may still hold its right, in any term by which it could. `target` is who would be promoted. */
export function expiry(contender: Contender, facts: Facts, epoch: number, target: string): Proof | undefined {
  const terms = termsOf(contender, facts)
  const lapsed = terms?.every((term) => hasLapsed(contender, term, facts, epoch, target))
  if (terms === undefined || lapsed !== true) return undefined
  return { uid: contender.uid, epoch: contender.epoch, kind: 'Expired', terms: terms.map(termKey) }
}

/** What is still missing, for a person. */
export function whyNotExpired(contender: Contender, facts: Facts, epoch: number): string {
  const [term] = facts.reign.terms ?? []
  if (term === undefined || !term.isolation) return 'it never stops by itself'
  const count = witnesses(contender, term, facts, epoch).length
  const needed = witnessesNeeded(term)
  return count < needed
    ? `${count} of ${needed} members have long enough granted it nothing`
    : 'the target has not been shown as such for long enough'
}

/** Those of the status, and those on its own Pod; undefined when these cannot be read, or there are none. */
function termsOf({ uid }: Contender, { reign, instances }: Facts): readonly Term[] | undefined {
  const pod = instances.find((instance) => instance.uid === uid)?.pod
  const own = termsFrom(pod?.metadata.annotations?.[instanceAnnotations.terms])
  const listed = reign.terms ?? []
  return own === undefined || listed.length === 0 ? undefined : [...listed, ...own]
}

function hasLapsed(contender: Contender, term: Term, facts: Facts, epoch: number, target: string): boolean {
  const shown = statusOf(byUid(facts, target))?.shownPromises ?? []
  return (
    term.isolation &&
    witnesses(contender, term, facts, epoch).length >= witnessesNeeded(term) &&
    shunnedSeconds(shown, contender) >= term.apiServerTimeoutSeconds + marginSeconds
  )
}

/** Other members that will never grant it again, and have not for as long as a grant keeps a right alive. */
function witnesses(contender: Contender, term: Term, facts: Facts, epoch: number): readonly string[] {
  const frozen = facts.instances.flatMap((instance) => {
    const status = statusOf(instance)
    return status !== undefined && isSilentTo(status, term, epoch) ? [{ uid: instance.uid, status }] : []
  })
  return term.members.filter(
    (member) => member !== contender.uid && frozen.some(({ uid, status }) => standsFor(uid, status, member)),
  )
}

function isSilentTo({ seen, volume, grant }: InstanceStatus, term: Term, epoch: number): boolean {
  return seen >= epoch && volume.locked && grant.seconds >= term.peerTimeoutSeconds + marginSeconds
}

/** For itself, or for whoever held its volume before: that one has ended, and granted nothing since this one started. */
const standsFor = (uid: string, { volume }: InstanceStatus, member: string): boolean =>
  uid === member || volume.predecessors.includes(member)
