// What the status remembers of each move of the primary: from whom to whom, why, with which proofs, and when.
import type { Facts } from './facts.ts'
import type { PrimaryDecision, Situation } from './primary.ts'
import type { Failover, RedisClusterStatus } from './recorded.ts'
import { describeSituation } from './sentence.ts'

export type FailoverRecord = Pick<RedisClusterStatus, 'naming' | 'lastFailover' | 'failovers'>

const mostRemembered = 10
const longestReason = 512

export function failoverRecord(
  facts: Facts,
  situation: Situation,
  decision: PrimaryDecision,
): FailoverRecord {
  const { lastFailover, failovers } = facts.recorded
  const past = {
    ...(lastFailover === undefined ? {} : { lastFailover }),
    ...(failovers === undefined ? {} : { failovers }),
  }
  if (decision.kind !== 'Install') return { ...past, ...naming(facts, situation, decision) }
  const failover = failoverOf(facts, decision)
  if (failover === undefined) return past
  return { lastFailover: failover, failovers: [failover, ...(failovers ?? [])].slice(0, mostRemembered) }
}

/** The reason is that of the first naming: what follows it are its consequences. A move that is given up is another one. */
function naming(
  { recorded, reign }: Facts,
  situation: Situation,
  decision: PrimaryDecision,
): Pick<RedisClusterStatus, 'naming'> {
  const { targetPrimaryUID, currentPrimaryUID, primaryEpoch, currentEpoch } = reign
  const settled = targetPrimaryUID === currentPrimaryUID && primaryEpoch === currentEpoch
  const before = settled && decision.kind !== 'Name' ? undefined : recorded.naming
  const givenUp = situation.kind === 'Draining'
  if (decision.kind === 'Name' && (settled || givenUp || before === undefined))
    return { naming: { reason: reasonOf(situation, decision) } }
  if (decision.kind === 'Promote' && before !== undefined) {
    const proofs = decision.proofs.map(({ uid, kind }) => `${nameOf(uid, reign)} ${kind}`)
    return { naming: { reason: before.reason, proofs } }
  }
  return before === undefined ? {} : { naming: before }
}

const plannedMoves: readonly string[] = ['Leaving', 'Switchover', 'Rollout', 'ScaleDown']

/** What kind of move it is, by the first word of its reason: a wish, the end of one, or a situation. */
export function moveKind(reason: string): 'Failover' | 'Planned' | 'GivenUp' {
  const [why = ''] = reason.split(':')
  if (why === 'Draining') return 'GivenUp'
  return plannedMoves.includes(why) ? 'Planned' : 'Failover'
}

function reasonOf(situation: Situation, decision: PrimaryDecision & { kind: 'Name' }): string {
  const why = decision.planned ?? situation.kind
  return `${why}: ${describeSituation(situation)}`.slice(0, longestReason)
}

const nameOf = (
  uid: string,
  { contenders = [], currentPrimary, currentPrimaryUID }: Facts['reign'],
): string =>
  contenders.find((contender) => contender.uid === uid)?.name ??
  (uid === currentPrimaryUID && currentPrimary !== undefined ? currentPrimary : uid)

/** The birth of a cluster is none. */
function failoverOf(
  { recorded, now }: Facts,
  { primary, epoch }: PrimaryDecision & { kind: 'Install' },
): Failover | undefined {
  const { currentPrimary: from, naming: named, namedAt } = recorded
  if (from === undefined || recorded.currentEpoch === epoch) return undefined
  return {
    from,
    to: primary.name,
    epoch,
    reason: named?.reason ?? 'unknown: the status had been lost',
    proofs: named?.proofs ?? [],
    ...(namedAt === undefined ? {} : { namedAt }),
    installedAt: now.toISOString(),
  }
}
