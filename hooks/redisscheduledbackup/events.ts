// The Events of a RedisScheduledBackup: each backup that it makes, and a schedule that nobody can follow.
import type { RedisBackup } from '../redisbackup/resource.ts'
import { normal, warning, type PlannedEvent } from '../rediscluster/event.ts'
import { conditionTypes, scheduleTimeOf } from './names.ts'
import type { Request } from './observed.ts'
import type { RedisScheduledBackupStatus } from './recorded.ts'

export function eventsOf(
  { parent }: Request,
  next: RedisScheduledBackupStatus,
  made: RedisBackup | undefined,
): readonly PlannedEvent[] {
  return [...triggered(parent.metadata.name, made), ...invalid(parent.status ?? {}, next)]
}

function triggered(schedule: string, made: RedisBackup | undefined): readonly PlannedEvent[] {
  if (made === undefined) return []
  const { name } = made.metadata
  const time = new Date(scheduleTimeOf(schedule, name) ?? 0).toISOString()
  return [normal('ScheduledBackupTriggered', name, `RedisBackup ${name} is made for ${time}`)]
}

/** Again for each spec that is no better. */
function invalid(
  recorded: RedisScheduledBackupStatus,
  next: RedisScheduledBackupStatus,
): readonly PlannedEvent[] {
  const valid = ({ conditions = [] }: RedisScheduledBackupStatus): (typeof conditions)[number] | undefined =>
    conditions.find(({ type }) => type === conditionTypes.valid)
  const [before, after] = [valid(recorded), valid(next)]
  const isKnown = before?.status === 'False' && recorded.observedGeneration === next.observedGeneration
  if (after?.status !== 'False' || isKnown) return []
  return [warning('InvalidSchedule', `generation ${next.observedGeneration ?? 0}`, after.message)]
}
