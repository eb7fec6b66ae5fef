// The deciding half of a sync: who is primary, what is recorded of it, and what is told to whom.
import { addressOf, commandsFor } from './commands.ts'
import { gatherFacts, type Facts } from './facts.ts'
import { failoverRecord, type FailoverRecord } from './failover-record.ts'
import { hibernationStatus, nextToStop } from './hibernation.ts'
import { instanceStates } from './instance-states.ts'
import { recyclingOf, type Recycling } from './maintenance.ts'
import { nextReign, type ReignStatus } from './next-reign.ts'
import type { Request } from './observed.ts'
import type { Command, InstanceReports } from './plan.ts'
import { assess, decidePrimary, type PrimaryDecision, type Situation } from './primary.ts'
import type { RedisClusterStatus } from './recorded.ts'
import { approval, rolloutOf, unblocked, type Rollout } from './rollout.ts'
import { textHash } from './text-hash.ts'
import { resync } from './timings.ts'

export interface Verdict {
  readonly facts: Facts
  readonly situation: Situation
  readonly decision: PrimaryDecision
  /** The part of the next status that instances and later syncs decide by. */
  readonly status: ReignStatus &
    FailoverRecord &
    Pick<RedisClusterStatus, 'instancesStatus' | 'approvalUsed' | 'hibernation'>
  readonly commands: readonly Command[]
  /** UID of the Pod that carries the primary's label. */
  readonly labelled: string | undefined
  readonly resyncAfterSeconds: number
  /** What becomes of Pods that are not what the spec asks for, or cannot start. */
  readonly rollout: Rollout
  /** What becomes of volumes that a maintenance window keeps out of reach. */
  readonly recyclings: readonly Recycling[]
}

export function decide(request: Request, reports: InstanceReports, now: Date): Verdict {
  const facts = gatherFacts(request, reports, now)
  const situation = assess(facts)
  const decision = decidePrimary(situation, facts)
  const rollout = rolloutIn(facts, situation)
  const reign = nextReign(facts, situation, decision)
  return {
    facts,
    situation,
    decision,
    status: {
      ...reign,
      ...approval(facts, decision, rollout),
      ...hibernationStatus(facts, situation.kind === 'Serving'),
      ...failoverRecord(facts, situation, decision),
      instancesStatus: instanceStates(facts, reign.currentPrimaryUID),
    },
    commands: [...commandsFor(facts, situation, decision), ...retirements(facts, rollout)],
    labelled: labelledPrimary(facts, situation, decision),
    rollout,
    recyclings: situation.kind === 'Serving' ? recyclingOf(facts, situation.primary) : [],
    resyncAfterSeconds: resyncAfter(facts, situation, decision, rollout),
  }
}

function retirements({ clusterUID, reign }: Facts, rollout: Rollout): readonly Command[] {
  const to = rollout.kind === 'Retire' ? addressOf(rollout.instance) : undefined
  const { currentEpoch: epoch } = reign
  return to === undefined || epoch === undefined ? [] : [{ kind: 'Retire', to, cluster: clusterUID, epoch }]
}

function rolloutIn(facts: Facts, situation: Situation): Rollout {
  if (situation.kind === 'Hibernating') return nextToStop(facts)
  if (situation.kind !== 'Serving') return unblocked(facts)
  return situation.wish.kind === 'Move' ? { kind: 'None' } : rolloutOf(facts, situation.primary)
}

/** Nobody is labelled primary while another is named: so -leader selects nobody until the successor is installed. */
function labelledPrimary(
  { reign }: Facts,
  situation: Situation,
  decision: PrimaryDecision,
): string | undefined {
  if (decision.kind === 'Install') return decision.primary.uid
  const settled =
    reign.currentPrimaryUID === reign.targetPrimaryUID && reign.currentEpoch === reign.primaryEpoch
  // A planned move leaves the old primary in place until it has handed over.
  const moves = decision.kind === 'Name' ? decision.planned !== undefined : situation.kind === 'Draining'
  return (settled && decision.kind !== 'Name') || moves ? reign.currentPrimaryUID : undefined
}

function resyncAfter(
  facts: Facts,
  situation: Situation,
  decision: PrimaryDecision,
  rollout: Rollout,
): number {
  const busy = ['Fencing', 'Draining', 'HandingOver', 'Succeeded', 'Choosing'].includes(situation.kind)
  if (busy || decision.kind === 'Name') return resync.urgent
  if (situation.kind === 'Hibernating' && facts.instances.length === 0) return resync.idle
  const rolls = ['Replace', 'Retire', 'Waiting'].includes(rollout.kind)
  const complete =
    !rolls &&
    facts.instances.length >= facts.spec.instances &&
    facts.instances.every(({ ready, report }) => ready && report.kind === 'Answered')
  return situation.kind === 'Serving' && complete ? resync.idle + jitter(facts.clusterUID) : resync.transition
}

/** Up to 2 s by UID, so that many clusters do not sync in one burst; the same for the same cluster. */
function jitter(uid: string): number {
  return Number(BigInt(`0x${textHash(uid)}`) % 20n) / 10
}
