// Turns a decision into commands: fences for a named target, the promotion, and followers for a serving primary.
import { isRestoring } from './bootstrap.ts'
import { answering, type Copy } from './copies.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import type { Address, Command } from './plan.ts'
import type { PrimaryDecision, Situation } from './primary.ts'
import { redisPort } from '../../instance/api.ts'
import { mayAttach } from '../../instance/ballot.ts'

/** Sorted by kind of danger; each is idempotent, names cluster, Pod and epoch, and is refused by anybody else. */
export function commandsFor(
  facts: Facts,
  situation: Situation,
  decision: PrimaryDecision,
): readonly Command[] {
  if (situation.kind === 'Serving') return follows(facts, situation.primary)
  if (!isReadBack(facts)) return []
  if (situation.kind === 'Draining') return handover(facts, situation)
  if (decision.kind === 'Promote') return promotion(facts, decision)
  // While the old primary of a planned move may still serve, nobody is fenced.
  if (situation.kind === 'SuccessorBlinking' && facts.reign.planned !== undefined) return []
  return situation.kind === 'Fencing' || situation.kind === 'SuccessorBlinking' ? fences(facts) : []
}

/** A command follows only from a target that was read back from status: until then the API may not hold it. */
function isReadBack({ recorded, reign }: Facts): boolean {
  return recorded.primaryEpoch === reign.primaryEpoch && recorded.targetPrimaryUID === reign.targetPrimaryUID
}

/** To everybody who may not have promised yet, the silent ones included: the poll may have failed, not the instance. */
function fences(facts: Facts): readonly Command[] {
  const { primaryEpoch: epoch = 0, targetPrimaryUID: target } = facts.reign
  if (target === undefined) return []
  return [...facts.instances, ...facts.ghosts].flatMap((instance): readonly Command[] => {
    const to = addressOf(instance)
    const status = statusOf(instance)
    const promised = (status?.seen ?? 0) >= epoch
    return to === undefined || promised || isRestoring(status?.restore, facts)
      ? []
      : [{ kind: 'Fence', to, cluster: facts.clusterUID, epoch, target }]
  })
}

function handover(
  facts: Facts,
  { primary, successor, abort }: Situation & { kind: 'Draining' },
): readonly Command[] {
  const to = addressOf(primary)
  const target = addressOf(successor)
  const { primaryEpoch: epoch = 0 } = facts.reign
  if (to === undefined || target === undefined || abort !== undefined) return []
  return [{ kind: 'Handover', to, cluster: facts.clusterUID, epoch, target }]
}

function promotion(facts: Facts, decision: PrimaryDecision & { kind: 'Promote' }): readonly Command[] {
  const to = addressOf(decision.successor)
  const status = statusOf(decision.successor)
  if (to === undefined || status === undefined) return []
  const { dataEpoch, position, restarted } = status
  const chosen = { dataEpoch, offsetBytes: position.offsetBytes, restarted }
  const { epoch, proofs } = decision
  return [{ kind: 'Promote', to, cluster: facts.clusterUID, epoch, proofs, chosen }]
}

/** Each forks the primary and sends everything; who only lost its link is no burden, and never waits. */
const mostFullSyncs = 2

function follows(facts: Facts, serving: Instance): readonly Command[] {
  const primary = addressOf(serving)
  const { currentEpoch: epoch = 0 } = facts.reign
  if (primary === undefined) return []
  const due = answering(facts).filter((copy) => mayFollow(copy, primary, facts))
  const underWay = answering(facts).filter(({ status }) => status.syncInProgress).length
  const waiting = due.filter(needsEverything).slice(Math.max(0, mostFullSyncs - underWay))
  return due
    .filter((copy) => !waiting.includes(copy))
    .flatMap(({ instance }): readonly Command[] => {
      const to = addressOf(instance)
      return to === undefined ? [] : [{ kind: 'Follow', to, cluster: facts.clusterUID, epoch, primary }]
    })
}

const needsEverything = ({ status }: Copy): boolean => status.restarted || status.empty

/** A copy of a later reign is never made to follow an older one: its data would be replaced. */
function mayFollow({ instance, status }: Copy, primary: Address, { reign }: Facts): boolean {
  const { currentEpoch: epoch = 0 } = reign
  const follows = status.follows?.host === primary.ip && status.follows.port === redisPort
  const able =
    status.redis.state === 'running' &&
    !status.terminating &&
    status.seen <= epoch &&
    status.dataEpoch <= epoch
  return instance.uid !== primary.uid && !follows && able && mayAttach(reign.terms, instance.uid)
}

export function addressOf({ uid, name, ip }: Instance): Address | undefined {
  return ip === undefined ? undefined : { uid, name, ip }
}
