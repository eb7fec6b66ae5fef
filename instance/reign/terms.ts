// How a primary moves from one term to the next: written on its own Pod first, used only from a list that it knows.
import { termKey, type Term } from '../ballot.ts'

/** `held` is what the right needs, all of it; `written` is what the own Pod shows; `used` is the one that is reported. */
export interface Tenure {
  readonly held: readonly Term[]
  readonly used: Term
  readonly written: readonly Term[]
}

export const tenureOf = (term: Term): Tenure => ({ held: [term], used: term, written: [] })

/**
 * What to write on the own Pod next, given the terms in status; undefined when nothing changes. A list in which the used
 * term is the second one has not caught up yet, and one that does not know it is older than this reign's terms.
 */
export function termsToWrite(
  { written, used }: Tenure,
  listed: readonly Term[],
): readonly Term[] | undefined {
  const [first, second] = listed
  const isFirst = first !== undefined && isSame(first, used)
  if (!isFirst && written.length > 0) return undefined
  const offered = isFirst && second !== undefined ? [used, second] : [used]
  // One change at a time: what is over goes before what is next comes.
  const isOver = written.some((term) => !offered.some((other) => isSame(term, other)))
  const next = isOver ? [used] : offered
  return sameTerms(next, written) ? undefined : next
}

const isSame = (a: Term, b: Term): boolean => termKey(a) === termKey(b)

const sameTerms = (a: readonly Term[], b: readonly Term[]): boolean =>
  a.map(termKey).sort().join() === b.map(termKey).sort().join()

/** The term that status offers, and that is held, but not used yet. */
export function nextTerm({ held, used }: Tenure, listed: readonly Term[]): Term | undefined {
  const [first, second] = listed
  if (first === undefined || second === undefined || !isSame(first, used)) return undefined
  return held.some((term) => isSame(term, second)) ? second : undefined
}

/**
 * How many of the replicas that both terms have must hold what was written before the new one counts. A replica that
 * comes new cannot hold it yet; those that stay must, or a count among them could miss an acknowledged write.
 */
export function acknowledgementsNeeded({ used }: Tenure, next: Term, own: string): number {
  const staying = next.members.filter((uid) => uid !== own && used.members.includes(uid))
  return Math.min(Math.max(used.minSyncReplicas, next.minSyncReplicas), staying.length)
}
