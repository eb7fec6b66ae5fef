// The live read before opening: does the API still name this Pod, and is every contender covered by a proof?
import {
  contendersOf,
  outlives,
  shunnedSeconds,
  termKey,
  type Claim,
  type Contender,
  type Proof,
  type Reign,
  type ShownPromise,
  type Term,
} from '../ballot.ts'
import { refuse, type Refusal } from './rules.ts'

export interface LiveRead {
  readonly reign: Reign
  /** Every Pod that was found, by name; its claim is 0 when it has none. */
  readonly pods: readonly (Claim & { readonly terms: readonly Term[] | undefined })[]
  /** What the own Pod has shown since this process started. */
  readonly shown: readonly ShownPromise[]
}

/** Undefined when `own` may open `epoch` by what was read; otherwise the reason why not. */
export function checkLiveRead(
  read: LiveRead,
  own: string,
  epoch: number,
  proofs: readonly Proof[],
): Refusal | undefined {
  const { targetPrimaryUID, primaryEpoch } = read.reign
  if (targetPrimaryUID !== own || primaryEpoch !== epoch) {
    return refuse(
      'not-target',
      `the API names ${targetPrimaryUID ?? 'nobody'} for epoch ${primaryEpoch ?? 0}, not this Pod for ${epoch}`,
    )
  }
  if (read.reign.terms?.[0] === undefined)
    return refuse('not-target', 'the API names no term in which to hold the right')
  const rival = read.pods.find((pod) => pod.uid !== own && pod.epoch >= epoch)
  if (rival) return refuse('claim-refused', `${rival.name} claims epoch ${rival.epoch}`)
  const unproven = contendersOf(read.reign, read.pods)
    .filter(({ uid }) => uid !== own)
    .find((contender) => !isCovered(contender, read, proofs))
  return (
    unproven &&
    refuse(
      'missing-proof',
      `${unproven.name} (${unproven.uid}) may be writable for epoch ${unproven.epoch}: no proof covers it`,
    )
  )
}

/**
 * A proof holds for the epoch it was taken for; Gone holds only while the Pod is really absent, and Expired only for the
 * terms in force now and once the own promise has been shown for long enough.
 */
function isCovered(contender: Contender, read: LiveRead, proofs: readonly Proof[]): boolean {
  const proof = proofs.find(({ uid, epoch }) => uid === contender.uid && epoch >= contender.epoch)
  if (proof === undefined) return false
  if (proof.kind === 'Gone') return !read.pods.some(({ uid }) => uid === contender.uid)
  return proof.kind !== 'Expired' || hasExpired(contender, read, proof)
}

function hasExpired(contender: Contender, read: LiveRead, proof: Proof): boolean {
  const pod = read.pods.find(({ uid }) => uid === contender.uid)
  const own = pod === undefined ? [] : pod.terms
  const terms = own && [...(read.reign.terms ?? []), ...own]
  const shunned = shunnedSeconds(read.shown, contender)
  return (
    terms?.every(
      (term) =>
        term.isolation &&
        proof.terms?.includes(termKey(term)) === true &&
        shunned >= outlives(term.apiServerTimeoutSeconds),
    ) === true
  )
}
