// For whom the primary need not wait when it lets a term go: members that have ended, and for whom nobody speaks.
import { instanceAnnotations } from '../../instance/api.ts'
import { termKey, termsFrom, type Reign, type Term } from '../../instance/ballot.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import type { Situation } from './primary.ts'
import { isGone } from './proofs.ts'
import { standsFor } from './terms-in-force.ts'

/**
 * Whoever holds the volume of such a member could be counted for it, and may have heard of the old term alone. So it is asked
 * of every Pod, after the primary wrote down both terms: who comes later can only be told of both.
 */
export function goneMembers(
  facts: Facts,
  situation: Situation,
  terms: readonly Term[] | undefined,
): Pick<Reign, 'gone'> {
  const [used, next] = terms ?? []
  if (situation.kind !== 'Serving' || used === undefined || next === undefined) return {}
  if (!showsBoth(situation.primary, facts, [used, next])) return {}
  if (facts.instances.some(mayHoldAny)) return {}
  const gone = used.members.filter((uid) => !next.members.includes(uid) && isForgotten(uid, facts))
  return gone.length > 0 ? { gone } : {}
}

/** In this reign. */
function showsBoth({ pod, claimedEpoch }: Instance, { reign }: Facts, terms: readonly Term[]): boolean {
  const shown = termsFrom(pod?.metadata.annotations?.[instanceAnnotations.terms])?.map(termKey) ?? []
  return claimedEpoch === reign.currentEpoch && terms.every((term) => shown.includes(termKey(term)))
}

/** Where it has no address yet, nobody has told it anything. */
const mayHoldAny = (instance: Instance): boolean =>
  instance.ip !== undefined && statusOf(instance)?.volume.locked !== true

const isForgotten = (uid: string, facts: Facts): boolean =>
  isGone(uid, facts) !== undefined && !facts.instances.some((instance) => standsFor(instance, uid))
