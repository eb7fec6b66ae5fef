// How a primary moves from one term to the next: written on its own Pod first, used only from a list that it knows.
import { termKey, type Term } from '../ballot.ts'

/** `held` is what the right needs, all of it; `written` is what the own Pod shows; `used` is the one that is reported. */
export interface Tenure {
  readonly held: readonly Term[]
  readonly used: Term
  readonly written: readonly Term[]
}

export const tenureOf = (term: Term): Tenure => ({ held: [term], used: term, written: [] })

/** What to write on the own Pod next, given the terms in status; undefined when nothing changes. */
export function termsToWrite(
  { written, used }: Tenure,
  listed: readonly Term[],
): readonly Term[] | undefined {
  const other = listed.find((term) => termKey(term) !== termKey(used))
  const knowsUs = listed.some((term) => termKey(term) === termKey(used))
  const next = knowsUs && other !== undefined ? [used, other] : [used]
  if (!knowsUs && written.length > 0) return undefined
  return sameTerms(next, written) ? undefined : next
}

const sameTerms = (a: readonly Term[], b: readonly Term[]): boolean =>
  a.map(termKey).sort().join() === b.map(termKey).sort().join()

/** The term that is held, and not used yet. */
export const nextTerm = ({ held, used }: Tenure): Term | undefined =>
  held.find((term) => termKey(term) !== termKey(used))

/**
 * How many of the replicas that both terms have must hold what was written before the new one counts. A replica that
 * comes new cannot hold it yet; those that stay must, or a count among them could miss an acknowledged write.
 */
export function acknowledgementsNeeded({ used }: Tenure, next: Term, own: string): number {
  const staying = next.members.filter((uid) => uid !== own && used.members.includes(uid))
  return Math.min(Math.max(used.minSyncReplicas, next.minSyncReplicas), staying.length)
}
