// The terms of a reign: over whom counts are made. They change one thing at a time, and only while a primary serves.
import { termKey, type Term } from '../../instance/ballot.ts'
import { answering } from './copies.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import type { PrimaryDecision, Situation } from './primary.ts'
import { isGone } from './proofs.ts'
import { standsFor } from './terms-in-force.ts'
import { isolationOf } from './timings.ts'

/** The terms of the next status: one, or the old and the new one while the primary moves from one to the other. */
export function nextTerms(
  facts: Facts,
  situation: Situation,
  decision: PrimaryDecision,
): readonly Term[] | undefined {
  const listed = facts.reign.terms ?? []
  if (situation.kind === 'Serving') return whileServing(facts, situation.primary, listed)
  if (situation.kind === 'Succeeded') return knowing(statusOf(situation.successor)?.term, listed)
  if (listed.length > 0) return listed
  return decision.kind === 'Name' ? [firstTerm(facts)] : undefined
}

/** The primary decides what holds, for a status can be older than it: a list that does not know its term is replaced. */
function knowing(used: Term | undefined, listed: readonly Term[]): readonly Term[] {
  return used === undefined || listed.some((term) => isSame(term, used)) ? listed : [used]
}

function whileServing(facts: Facts, primary: Instance, known: readonly Term[]): readonly Term[] {
  const used = statusOf(primary)?.term
  const listed = knowing(used, known)
  if (used === undefined) return listed
  if (listed[1] !== undefined && isSame(listed[1], used)) return [used]
  const wanted = changed(used, facts)
  return isSame(wanted, used) ? [used] : [used, wanted]
}

const isSame = (a: Term, b: Term): boolean => termKey(a) === termKey(b)

/** Towards what is wanted, one change: members before k before timings, so that no count is made over two changes. */
function changed(used: Term, facts: Facts): Term {
  const members = wantedMembers(used, facts)
  if (members.join() !== [...used.members].sort().join()) return { ...used, members }
  const { minSyncReplicas, ...timings } = wantedNumbers(facts, members.length, used.minSyncReplicas)
  return minSyncReplicas === used.minSyncReplicas ? { ...used, ...timings } : { ...used, minSyncReplicas }
}

/**
 * Whoever answers from a volume of its own joins; whoever was a member leaves only when it is gone for good, or holds still
 * to be removed, for then it acknowledges nothing. While somebody leaves no more join than are gone, those on their volumes
 * first: one newcomer then stands for one that is gone, and whoever holds still speaks for itself.
 */
function wantedMembers(used: Term, facts: Facts): string[] {
  const gone = used.members.filter((uid) => isGone(uid, facts) !== undefined)
  const staying = used.members.filter((uid) => !gone.includes(uid) && !isRetired(uid, facts))
  const joining = answering(facts)
    .filter(({ status }) => status.volume.locked && status.retired !== true)
    .map(({ instance }) => instance)
    .filter(({ uid }) => !used.members.includes(uid))
  const succeeds = (instance: Instance): number =>
    gone.some((member) => standsFor(instance, member)) ? 0 : 1
  const first = [...joining].sort((a, b) => succeeds(a) - succeeds(b))
  const admitted = staying.length < used.members.length ? first.slice(0, gone.length) : first
  return [...new Set([...staying, ...admitted.map(({ uid }) => uid)])].sort()
}

/** By its own word, now. */
const isRetired = (uid: string, facts: Facts): boolean =>
  statusOf(facts.instances.find((instance) => instance.uid === uid))?.retired === true

function firstTerm(facts: Facts): Term {
  const members = facts.instances.map(({ uid }) => uid).sort()
  return { members, ...wantedNumbers(facts, members.length) }
}

/**
 * k rises only as far as there are members, so that a cluster which grows goes on taking writes; it never falls because
 * some are gone: writes that fewer replicas would hold than were asked for are refused.
 */
function wantedNumbers({ spec }: Facts, members: number, usedK = 0): Omit<Term, 'members'> {
  const asked = Math.min(spec.minSyncReplicas ?? 0, spec.instances - 1)
  return { minSyncReplicas: Math.min(asked, Math.max(usedK, members - 1)), ...isolationOf(spec) }
}
