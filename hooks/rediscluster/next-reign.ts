// What a decision writes into the status: intent, fact, and what must not be forgotten meanwhile.
import { contendersOf, type Contender, type Reign, type Term } from '../../instance/ballot.ts'
import { byUid, type Facts, type Instance } from './facts.ts'
import { goneMembers } from './gone.ts'
import type { PrimaryDecision, Situation } from './primary.ts'
import { lastWords } from './proofs.ts'
import type { RedisClusterStatus } from './recorded.ts'
import { switchoverStatus } from './switchover.ts'
import { nextTerms } from './terms.ts'

export type ReignStatus = Pick<
  RedisClusterStatus,
  keyof Reign | 'namedAt' | 'trouble' | 'ended' | 'switchover' | 'switchoverEnd'
>

/** The part of the next status that decides who may write. Only Name and Install move it. */
export function nextReign(facts: Facts, situation: Situation, decision: PrimaryDecision): ReignStatus {
  const reign = movedReign(facts, decision)
  const contenders = contendersWithAddresses(facts, reign)
  const terms = nextTerms(facts, situation, decision)
  return {
    ...pick(reign),
    ...(terms === undefined ? {} : { terms: [...terms] }),
    ...goneMembers(facts, situation, terms),
    ...(contenders.length > 0 ? { contenders } : {}),
    ...planned(facts, situation, decision),
    ...switchoverStatus(facts, situation, decision),
    ...namedAt(facts, decision),
    ...trouble(facts, situation, decision),
    ...ended(facts, contenders, terms ?? []),
  }
}

function movedReign(facts: Facts, decision: PrimaryDecision): Reign {
  const { reign } = facts
  if (decision.kind === 'Name') return { ...reign, ...targetOf(decision.successor, decision.epoch) }
  if (decision.kind !== 'Install') return reign
  const { name, uid } = decision.primary
  const { epoch } = decision
  return {
    ...targetOf(decision.primary, epoch),
    currentPrimary: name,
    currentPrimaryUID: uid,
    currentEpoch: epoch,
  }
}

const targetOf = ({ name, uid }: Instance, epoch: number): Reign => ({
  targetPrimary: name,
  targetPrimaryUID: uid,
  primaryEpoch: epoch,
})

/**
 * Every contender so far, claims included, but those whose epoch an Install has overtaken. Addresses stay with them:
 * a Pod may go while its process lives on, and must still be told.
 */
function contendersWithAddresses(facts: Facts, reign: Reign): Contender[] {
  return contendersOf({ ...reign, contenders: [...facts.contenders] }, []).map((contender) => {
    const ip = byUid(facts, contender.uid)?.ip ?? contender.ip
    return ip === undefined ? contender : { ...contender, ip }
  })
}

function pick({
  currentPrimary,
  currentPrimaryUID,
  currentEpoch,
  targetPrimary,
  targetPrimaryUID,
  primaryEpoch,
}: Reign): Reign {
  const entries = Object.entries({
    currentPrimary,
    currentPrimaryUID,
    currentEpoch,
    targetPrimary,
    targetPrimaryUID,
    primaryEpoch,
  })
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

/** Only for as long as the old primary serves: from then on it is a succession like any other. */
function planned(
  { reign }: Facts,
  situation: Situation,
  decision: PrimaryDecision,
): Pick<ReignStatus, 'planned'> {
  const reason = decision.kind === 'Name' ? decision.planned : reign.planned
  const goesOn =
    decision.kind === 'Name' || situation.kind === 'Draining' || situation.kind === 'SuccessorBlinking'
  return goesOn && reason !== undefined ? { planned: reason } : {}
}

function namedAt(facts: Facts, decision: PrimaryDecision): Pick<ReignStatus, 'namedAt'> {
  if (decision.kind === 'Name') return { namedAt: facts.now.toISOString() }
  return facts.recorded.namedAt === undefined ? {} : { namedAt: facts.recorded.namedAt }
}

/** Since when: kept while the same party is in the same kind of trouble, and gone with it. */
function trouble(
  { recorded, now }: Facts,
  situation: Situation,
  decision: PrimaryDecision,
): Pick<ReignStatus, 'trouble'> {
  if (decision.kind === 'Stuck' && recorded.trouble) return { trouble: recorded.trouble }
  if (!('uid' in situation)) return {}
  const { uid, kind } = situation
  const same = recorded.trouble?.uid === uid && recorded.trouble.kind === kind
  return { trouble: same && recorded.trouble ? recorded.trouble : { uid, kind, since: now.toISOString() } }
}

/** Kubelet's word, and the last one of an instance, is remembered for as long as somebody may ask: its Pod object goes before that. */
function ended(
  facts: Facts,
  contenders: readonly Contender[],
  terms: readonly Term[],
): Pick<ReignStatus, 'ended'> {
  const { recorded, instances } = facts
  const words = [
    ...(recorded.ended ?? []),
    ...instances.filter((instance) => instance.ended).map(({ uid }) => uid),
    ...lastWords(facts).filter(
      (word) => !instances.some(({ uid, terminating }) => uid === word && !terminating),
    ),
  ]
  const asked = [...contenders.map(({ uid }) => uid), ...terms.flatMap(({ members }) => members)]
  const kept = [...new Set(asked)].filter((uid) => words.includes(uid)).sort()
  return kept.length > 0 ? { ended: kept } : {}
}
