// The Events of a RedisCluster: what a sync changes, told once, each from what was recorded and what is recorded next.
import type { Blueprint } from './blueprint.ts'
import { childEvents } from './child-events.ts'
import { conditionIn, conditionEvents } from './condition-events.ts'
import { normal, type PlannedEvent } from './event.ts'
import { moveEvents } from './move-events.ts'
import type { SyncPlan } from './plan.ts'
import type { RedisClusterStatus } from './recorded.ts'

/** Nothing is told of a state that merely goes on: a second sync on its own answer tells nothing. */
export function eventsOf(
  blueprint: Blueprint,
  plan: Pick<SyncPlan, 'status' | 'children' | 'deletions'>,
): readonly PlannedEvent[] {
  const recorded = blueprint.request.parent.status
  return [
    ...birth(blueprint, recorded),
    ...hibernation(recorded ?? {}, plan.status),
    ...moveEvents(recorded ?? {}, plan.status),
    ...conditionEvents(blueprint, plan.status),
    ...childEvents(blueprint, plan),
  ]
}

function birth({ spec }: Blueprint, recorded: RedisClusterStatus | undefined): readonly PlannedEvent[] {
  if (recorded !== undefined) return []
  return [normal('Creating', 'birth', `the cluster is set up (instances: ${spec.instances})`)]
}

/** Each begins where readiness changed last: one of them does not follow another without that. */
function hibernation(recorded: RedisClusterStatus, next: RedisClusterStatus): readonly PlannedEvent[] {
  const [before, after] = [recorded.phase === 'Hibernating', next.phase === 'Hibernating']
  const once = conditionIn(recorded, 'Ready')?.lastTransitionTime ?? 'birth'
  if (!before && after) return [normal('Hibernating', once, 'the instances stop; their volumes stay')]
  return before && !after ? [normal('Resuming', once, 'the instances are started again')] : []
}
