// The right to accept writes: a lease that only own reads of the API or the grants of enough members renew.
import { grantsNeeded, type Term } from '../ballot.ts'

export interface Right {
  /** When the last own read started that found this instance to be the target. */
  readonly readAtMs: number
  /** When the last heartbeat that each member granted was sent. */
  readonly grantedAtMs: Readonly<Record<string, number>>
}

/** It starts with the live read that allowed to open. */
export const rightFrom = (readStartedMs: number): Right => ({ readAtMs: readStartedMs, grantedAtMs: {} })

/** Counted from sending: the answer says that it held then, not that it holds now. */
export function granted(right: Right, by: string, sentAtMs: number): Right {
  const before = right.grantedAtMs[by] ?? -Infinity
  return { ...right, grantedAtMs: { ...right.grantedAtMs, [by]: Math.max(before, sentAtMs) } }
}

export const renewed = (right: Right, readStartedMs: number): Right => ({
  ...right,
  readAtMs: Math.max(right.readAtMs, readStartedMs),
})

/** Until when `own` may accept writes: it needs every term that it holds. */
export function rightUntilMs(right: Right, terms: readonly Term[], own: string): number {
  return Math.min(...terms.map((term) => untilIn(right, term, own)))
}

function untilIn(right: Right, term: Term, own: string): number {
  if (!term.isolation || isAlone(term, own)) return Infinity
  const byRead = right.readAtMs + term.apiServerTimeoutSeconds * 1000
  return Math.max(byRead, grantsSinceMs(right, term, own) + term.peerTimeoutSeconds * 1000)
}

/** Nobody else could be elected in it. */
const isAlone = ({ members }: Term, own: string): boolean => members.every((uid) => uid === own)

/** Since when enough other members have granted without a gap longer than their timeout; -Infinity while too few did. */
function grantsSinceMs({ grantedAtMs }: Right, term: Term, own: string): number {
  const others = term.members.filter((uid) => uid !== own).map((uid) => grantedAtMs[uid] ?? -Infinity)
  return others.sort((a, b) => b - a)[grantsNeeded(term) - 1] ?? -Infinity
}

/** Whom heartbeats told of the next term. */
export interface Telling {
  /** Since when they have. */
  readonly sinceMs: number
  /** Members that have ended. */
  readonly gone: readonly string[]
  /** Who may have heard of `term` alone, whether it answered or not. */
  readonly asked: ReadonlySet<string>
}

/**
 * Whether `term` may be let go for `next`: whoever counts this primary out over the old term alone must meet somebody whom
 * a heartbeat since then has told of the new one. A newcomer stands for a member that left, for it may hold its volume; who
 * of them does is not known. For one that is gone nobody speaks, unless a stranger that was not told may.
 */
export function mayLetGo(
  right: Right,
  term: Term,
  next: readonly Term[],
  own: string,
  { sinceMs, gone, asked }: Telling,
): boolean {
  const isMember = (uid: string): boolean => term.members.includes(uid)
  const isTold = (uid: string): boolean => uid !== own && (right.grantedAtMs[uid] ?? -Infinity) >= sinceMs
  const silenced = [...asked].every((uid) => isMember(uid) || isTold(uid)) ? gone : []
  const coming = next.flatMap(({ members }) => members)
  const leaving = term.members.filter((uid) => !coming.includes(uid) && !silenced.includes(uid))
  const newcomers = [...new Set(coming.filter((uid) => !isMember(uid)))]
  const standing = newcomers.filter(isTold).length - Math.max(0, newcomers.length - leaving.length)
  const told = term.members.filter((uid) => isTold(uid) || silenced.includes(uid))
  return isAlone(term, own) || told.length + Math.max(0, standing) >= grantsNeeded(term)
}

/** Whether the heartbeats sent at `sentAtMs` were granted by enough members of every term. */
export function roundIsGranted(right: Right, terms: readonly Term[], own: string, sentAtMs: number): boolean {
  return terms.every((term) => isAlone(term, own) || grantsSinceMs(right, term, own) >= sentAtMs)
}
