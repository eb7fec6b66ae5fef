// Who is primary: gives what is seen a word (Situation), and the word a decision. "Why did it fail over?" is answered here.
import type { Proof, Reign } from '../../instance/ballot.ts'
import { mayBeFirst } from './bootstrap.ts'
import { answering, candidates, desiredNames, unfitness, type Copy } from './copies.ts'
import { highestEpoch, statusOf, type Facts, type Instance } from './facts.ts'
import { assessReign } from './reign.ts'
import { assessSuccession } from './succession.ts'
import { unfitSeconds } from './timings.ts'
import type { Wish } from './wish.ts'

/**
 *  situation          what is seen                                                          decision
 *  ─────────────────  ────────────────────────────────────────────────────────────────────  ─────────────────────────
 *  Hibernating        no instance is to run                                                 Wait (Pods are stopped)
 *  status knows nobody
 *  Unborn             every desired Pod answers empty, no epoch anywhere                    Name the lowest ordinal
 *  Orphaned           somebody reports data or an epoch                                     wait for all, Name the best
 *  target = current (a reign)
 *  Serving            the primary answers as primary of its epoch                           Keep; Name for a planned move
 *  Displaced          it answers, but restarted, loading or as a replica                    Name the best, it included
 *  Blinking           it is silent, not yet failoverDelay                                   Wait
 *  Unreachable        it is silent to us, but members grant its heartbeats                  Wait for unreachableSeconds
 *  Hung               its server answers, redis-server has not for hungSeconds              Name the best
 *  Lost               silent too long, or it says that its redis-server is dead             Name the best
 *  target ≠ current (a succession)
 *  Taken              another Pod claims this epoch, or promised it to another target       Name again
 *  Draining           planned move: the old primary still serves, and is told to hand over  Wait; too long: Name it again
 *  SuccessorBlinking  the target is silent, not yet failoverDelay                           Wait
 *  SuccessorUnfit     it answers but cannot serve, or is silent too long                    Wait a little, Name again
 *  Fencing            promises or proofs are missing                                        Wait (the fences are sent)
 *  Choosing           promises are in, and a better copy than the target is among them      Name that one
 *  Stuck              promises are in, and no copy can be confirmed                         condition, never a guess
 *  HandingOver        proofs in hand, target confirmed, not primary yet                     Promote
 *  Succeeded          the target answers as primary of the epoch                            Install
 */
export type Situation =
  | { readonly kind: 'Unborn' | 'Orphaned'; readonly missing: readonly string[] }
  | { readonly kind: 'Hibernating' }
  | { readonly kind: 'Serving'; readonly primary: Instance; readonly wish: Wish }
  | {
      readonly kind: 'Draining'
      readonly primary: Instance
      readonly successor: Instance
      readonly planned: NonNullable<Reign['planned']>
      /** Why it is given up. */
      readonly abort: string | undefined
    }
  | { readonly kind: 'Displaced' | 'Hung' | 'Lost' | 'Taken'; readonly reason: string }
  | { readonly kind: 'Blinking' | 'SuccessorBlinking'; readonly uid: string; readonly reason: string }
  | { readonly kind: 'Unreachable'; readonly uid: string; readonly witnesses: readonly string[] }
  | {
      readonly kind: 'SuccessorUnfit'
      readonly uid: string
      readonly reason: string
      readonly forSeconds: number
    }
  | { readonly kind: 'Fencing'; readonly missing: readonly string[] }
  | { readonly kind: 'Choosing'; readonly better: Copy }
  | { readonly kind: 'HandingOver'; readonly successor: Instance; readonly proofs: readonly Proof[] }
  | { readonly kind: 'Succeeded'; readonly successor: Instance }
  | { readonly kind: 'Stuck'; readonly reason: string }

/** Name writes status, Promote sends a command, Install records a seen fact. A crash between any two loses nothing. */
export type PrimaryDecision =
  | { readonly kind: 'Keep' | 'Wait' }
  | {
      readonly kind: 'Name'
      readonly successor: Instance
      readonly epoch: number
      readonly planned?: NonNullable<Reign['planned']>
    }
  | {
      readonly kind: 'Promote'
      readonly successor: Instance
      readonly epoch: number
      readonly proofs: readonly Proof[]
    }
  | { readonly kind: 'Install'; readonly primary: Instance; readonly epoch: number }
  | { readonly kind: 'Stuck'; readonly reason: string }

export function assess(facts: Facts): Situation {
  const { reign, recorded } = facts
  if (facts.hibernates) return { kind: 'Hibernating' }
  const birth = recorded.primaryEpoch === undefined ? assessBirth(facts) : undefined
  if (birth) return birth
  const settled =
    reign.targetPrimaryUID === reign.currentPrimaryUID && reign.primaryEpoch === reign.currentEpoch
  return settled ? assessReign(facts) : assessSuccession(facts)
}

export function decidePrimary(situation: Situation, facts: Facts): PrimaryDecision {
  const epoch = facts.reign.primaryEpoch ?? 0
  switch (situation.kind) {
    case 'Unborn':
    case 'Orphaned':
      return situation.missing.length > 0 ? { kind: 'Wait' } : nameBest(facts)
    case 'Serving':
      return situation.wish.kind === 'Move' ? namePlanned(facts, situation.wish) : { kind: 'Keep' }
    case 'Draining':
      if (situation.abort === undefined) return { kind: 'Wait' }
      // One that is leaving can never be primary again.
      return isLeaving(situation.primary) ? nameBest(facts) : name(facts, situation.primary)
    case 'Hibernating':
    case 'Blinking':
    case 'Unreachable':
    case 'SuccessorBlinking':
    case 'Fencing':
      return { kind: 'Wait' }
    case 'Displaced':
    case 'Hung':
    case 'Lost':
    case 'Taken':
      return nameBest(facts)
    case 'SuccessorUnfit':
      return situation.forSeconds < unfitSeconds ? { kind: 'Wait' } : nameBest(facts)
    case 'Choosing':
      return name(facts, situation.better.instance)
    case 'HandingOver':
      return { kind: 'Promote', successor: situation.successor, epoch, proofs: situation.proofs }
    case 'Succeeded':
      return { kind: 'Install', primary: situation.successor, epoch }
    case 'Stuck':
      return { kind: 'Stuck', reason: situation.reason }
  }
}

function assessBirth(facts: Facts): Situation | undefined {
  const copies = answering(facts)
  if (copies.some(({ status }) => status.writable)) return undefined
  const ready = copies.filter((copy) => unfitness(copy) === undefined)
  const first = ready.some(({ status }) => mayBeFirst(status.restore, facts))
  const missing = desiredNames(facts).filter(
    (name) => !ready.some(({ instance }) => instance.name === name) || (!first && name === firstName(facts)),
  )
  const unborn =
    highestEpoch(facts) === 0 &&
    copies.every(
      ({ status }) => status.empty || status.redis.state !== 'running' || status.restore?.state === 'Done',
    )
  const promised = facts.reign.primaryEpoch !== undefined
  return missing.length === 0 && promised ? undefined : { kind: unborn ? 'Unborn' : 'Orphaned', missing }
}

/** Of a cluster that is born from a backup: who restores it. */
const firstName = ({ birth }: Facts): string | undefined =>
  birth.kind === 'Restoring' ? birth.bootstrap.pod : undefined

const isLeaving = (instance: Instance): boolean =>
  instance.terminating || statusOf(instance)?.terminating === true

const name = (facts: Facts, successor: Instance): PrimaryDecision => ({
  kind: 'Name',
  successor,
  epoch: highestEpoch(facts) + 1,
})

const namePlanned = (facts: Facts, { to, reason }: Wish & { kind: 'Move' }): PrimaryDecision => ({
  kind: 'Name',
  successor: to,
  epoch: highestEpoch(facts) + 1,
  planned: reason,
})

function nameBest(facts: Facts): PrimaryDecision {
  const [best] = candidates(facts)
  if (best) return name(facts, best.instance)
  const reasons = answering(facts).map(
    (copy) => `${copy.instance.name}: ${unfitness(copy) ?? 'it does not hold the backup'}`,
  )
  const silent = facts.instances
    .filter((instance) => statusOf(instance) === undefined)
    .map(({ name }) => `${name}: silent`)
  return {
    kind: 'Stuck',
    reason: `no instance can become primary (${[...reasons, ...silent].join('; ') || 'none exists'})`,
  }
}
