// Looks at a request and its reports the way a sync does: the situation and the decision.
import { gatherFacts } from '../../hooks/rediscluster/facts.ts'
import type { Request } from '../../hooks/rediscluster/observed.ts'
import type { InstanceReports, SyncPlan } from '../../hooks/rediscluster/plan.ts'
import {
  assess,
  decidePrimary,
  type PrimaryDecision,
  type Situation,
} from '../../hooks/rediscluster/primary.ts'
import { sync } from '../../hooks/rediscluster/sync.ts'
import { entropy, image, now } from './builders.ts'

export function look(
  observed: Request,
  reported: InstanceReports,
): { situation: Situation; decision: PrimaryDecision } {
  const facts = gatherFacts(observed, reported, now)
  const situation = assess(facts)
  return { situation, decision: decidePrimary(situation, facts) }
}

export function named(decision: PrimaryDecision): string {
  return decision.kind === 'Name' ? `${decision.successor.name} for ${decision.epoch}` : decision.kind
}

export const plan = (observed: Request, reported: InstanceReports = {}): SyncPlan =>
  sync(observed, reported, now, entropy, { image })
