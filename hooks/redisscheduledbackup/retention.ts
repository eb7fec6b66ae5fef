// Which RedisBackups are deleted: of those that have ended the oldest, beyond what is to be kept. Artifacts stay in the store.
import { kind } from '../redisbackup/names.ts'
import type { Deletion } from '../rediscluster/plan.ts'
import { scheduleTimeOf } from './names.ts'
import { backupsOf, standing, type Request, type ScheduledBackup } from './observed.ts'

/** Each deletion is an event that brings the next sync. */
const mostAtOnce = 5

/**
 * The newest are kept, so that the newest success goes last, and only with a limit of 0. Nothing goes before the status
 * that tells of it was read back: afterwards nobody could tell how it ended.
 */
export function outlived(request: Request): readonly Deletion[] {
  const { metadata, spec, status = {} } = request.parent
  if (metadata.deletionTimestamp !== undefined) return []
  const timeOf = (name = ''): number => scheduleTimeOf(metadata.name, name) ?? -Infinity
  const completed = beyond(request, 'Completed', spec.successfulBackupsHistoryLimit).filter(
    ({ timeMs }) => timeMs <= timeOf(status.lastSuccessfulBackup),
  )
  const failed = beyond(request, 'Failed', spec.failedBackupsHistoryLimit)
  return [...completed, ...failed]
    .filter(({ timeMs }) => timeMs <= timeOf(status.lastFinishedBackup))
    .sort((a, b) => a.timeMs - b.timeMs)
    .slice(0, mostAtOnce)
    .map(({ name, phase }) => deletion(name, phase, spec))
}

function beyond(
  request: Request,
  phase: ScheduledBackup['phase'],
  limit: number,
): readonly ScheduledBackup[] {
  const newestFirst = standing(backupsOf(request))
    .filter((each) => each.phase === phase)
    .sort((a, b) => b.timeMs - a.timeMs)
  return newestFirst.slice(limit)
}

function deletion(name: string, phase: ScheduledBackup['phase'], spec: Request['parent']['spec']): Deletion {
  const reason =
    phase === 'Completed'
      ? `successfulBackupsHistoryLimit keeps ${spec.successfulBackupsHistoryLimit}`
      : `failedBackupsHistoryLimit keeps ${spec.failedBackupsHistoryLimit}`
  return { kind, name, reason }
}
