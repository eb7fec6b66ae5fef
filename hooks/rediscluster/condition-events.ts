// The Events of conditions that change: ready at last, a rollout, an update that waits, a name that is taken.
import type { Condition } from '../kubernetes.ts'
import type { Blueprint } from './blueprint.ts'
import { normal, warning, type PlannedEvent } from './event.ts'
import { find, kinds } from './observed.ts'
import type { RedisClusterStatus } from './recorded.ts'
import { rollingReasons } from './rollout-sentence.ts'

export const conditionIn = ({ conditions }: RedisClusterStatus, type: string): Condition | undefined =>
  conditions?.find((condition) => condition.type === type)

export function conditionEvents(blueprint: Blueprint, next: RedisClusterStatus): readonly PlannedEvent[] {
  const recorded = blueprint.request.parent.status ?? {}
  return [
    ...ready(recorded, next),
    ...rollout(recorded, next),
    ...paused(recorded, next),
    ...maintenance(recorded, next),
    ...conflict(blueprint, recorded, next),
  ]
}

/** It becomes true; known by the time since which it was not. */
function turned(
  recorded: RedisClusterStatus,
  next: RedisClusterStatus,
  type: string,
): { readonly once: string; readonly message: string } | undefined {
  const before = conditionIn(recorded, type)
  const after = conditionIn(next, type)
  if (after?.status !== 'True' || before?.status === 'True') return undefined
  return {
    once: before?.lastTransitionTime ?? `generation ${after.observedGeneration}`,
    message: after.message,
  }
}

function ready(recorded: RedisClusterStatus, next: RedisClusterStatus): readonly PlannedEvent[] {
  const now = turned(recorded, next, 'Ready')
  return now === undefined ? [] : [normal('ClusterReady', now.once, now.message)]
}

/** Known by the time since which every instance ran the spec, or did not. After a failover in the middle it starts anew. */
function rollout(recorded: RedisClusterStatus, next: RedisClusterStatus): readonly PlannedEvent[] {
  const [before, after] = [conditionIn(recorded, 'SpecApplied'), conditionIn(next, 'SpecApplied')]
  const [rolled, rolls] = [isRolling(before), isRolling(after)]
  const once = before?.lastTransitionTime ?? 'birth'
  if (rolls && !rolled) return [normal('RollingUpdateStarted', once, after?.message ?? '')]
  return rolled && after?.status === 'True' ? [normal('RollingUpdateCompleted', once, after.message)] : []
}

const isRolling = (condition: Condition | undefined): boolean =>
  condition?.status === 'False' && rollingReasons.includes(condition.reason)

function paused(recorded: RedisClusterStatus, next: RedisClusterStatus): readonly PlannedEvent[] {
  const now = turned(recorded, next, 'PrimaryUpdateWaiting')
  return now === undefined ? [] : [normal('PrimaryUpdatePaused', now.once, now.message)]
}

function maintenance(recorded: RedisClusterStatus, next: RedisClusterStatus): readonly PlannedEvent[] {
  const type = 'MaintenanceInProgress'
  const started = turned(recorded, next, type)
  if (started !== undefined) return [normal('MaintenanceWindowStarted', started.once, started.message)]
  const before = conditionIn(recorded, type)
  if (before?.status !== 'True' || conditionIn(next, type)?.status === 'True') return []
  return [normal('MaintenanceWindowEnded', before.lastTransitionTime, 'drains meet the budget again')]
}

function conflict(
  { spec, request }: Blueprint,
  recorded: RedisClusterStatus,
  next: RedisClusterStatus,
): readonly PlannedEvent[] {
  const wanted = spec.connectionSecret?.name
  const now = turned(recorded, next, 'NameConflict')
  if (wanted === undefined || now === undefined || find(request.children, kinds.secret, wanted)) return []
  return [warning('ConnectionSecretConflict', `${now.once} ${wanted}`, now.message)]
}
