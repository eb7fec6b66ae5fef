// The terms over which a contender must be counted: those of the status may be older than what it holds its right by.
import { instanceAnnotations } from '../../instance/api.ts'
import { termKey, termsFrom, witnessesNeeded, type Contender, type Term } from '../../instance/ballot.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'

/**
 * Those of the status and its own; undefined when its own are not known. Its Pod shows them, or the members that granted
 * its heartbeats last know them: a primary lets no term go before enough of that term's members were told of the next.
 */
export function termsInForce(contender: Contender, facts: Facts): readonly Term[] | undefined {
  const listed = facts.reign.terms ?? []
  const pod = facts.instances.find(({ uid }) => uid === contender.uid)?.pod
  const own =
    pod === undefined
      ? heardOf(contender, facts, listed)
      : termsFrom(pod.metadata.annotations?.[instanceAnnotations.terms])
  if (own === undefined || listed.length === 0) return undefined
  return [...new Map([...listed, ...own].map((term) => [termKey(term), term])).values()]
}

/** Undefined while too few of some listed term's members have heard it. */
function heardOf({ uid }: Contender, facts: Facts, listed: readonly Term[]): readonly Term[] | undefined {
  const heard = facts.instances.filter((instance) => statusOf(instance)?.grant.uid === uid)
  const suffices = (term: Term): boolean =>
    term.members.filter((member) => member !== uid && heard.some((witness) => standsFor(witness, member)))
      .length >= witnessesNeeded(term)
  return listed.every(suffices)
    ? heard.flatMap((instance) => statusOf(instance)?.grant.terms ?? [])
    : undefined
}

/** For itself, or for whoever held its volume before: that one has ended, and grants nothing any more. */
export const standsFor = (instance: Instance, member: string): boolean =>
  instance.uid === member || statusOf(instance)?.volume.predecessors.includes(member) === true
