// The sync of a RedisScheduledBackup: make the backup that is due, keep those that are to be kept.
import type { CustomizeRequest, CustomizeResponse } from '../../metacontroller/contract.ts'
import { backupFor } from './backup.ts'
import { dueOf, nextDueMs, timetableOf } from './due.ts'
import { eventsOf } from './events.ts'
import { childrenOf, type Request } from './observed.ts'
import type { SchedulePlan } from './plan.ts'
import type { RedisScheduledBackup } from './resource.ts'
import { outlived } from './retention.ts'
import { describeStatus, sentenceOf } from './status.ts'

/** Timers of Metacontroller that are far off are not relied on. */
const longestWaitSeconds = 3600

/**
 * If the world looked like this, what should exist? Pure. Safe against a status that is one answer old: the name of a
 * backup is a function of its time, and one that exists is never made again; one that is gone was recorded before.
 */
export function sync(request: Request, now: Date): SchedulePlan {
  const timetable = timetableOf(request, now)
  const due = dueOf(request, timetable, now)
  const made = due.kind === 'Backup' ? backupFor(request, due.timeMs) : undefined
  const deletions = outlived(request)
  const kept = childrenOf(request).filter(
    ({ metadata }) => !deletions.some(({ name }) => name === metadata.name),
  )
  const nextMs = nextDueMs(request, timetable, now)
  const verdict = { timetable, due, made }
  const status = describeStatus(request, verdict, now)
  return {
    status,
    children: made === undefined ? kept : [...kept, made],
    deletions,
    events: eventsOf(request, status, made),
    resyncAfterSeconds: secondsUntil(nextMs, now),
    decision: `${made === undefined ? '' : `${made.metadata.name} is made; `}${sentenceOf(request, verdict, nextMs)}`,
  }
}

/** Never early: a sync before the time would only find that there is nothing to do yet. */
function secondsUntil(nextMs: number | undefined, now: Date): number {
  if (nextMs === undefined) return longestWaitSeconds
  const seconds = Math.ceil((nextMs - now.getTime()) / 1000)
  return Math.min(Math.max(seconds, 1), longestWaitSeconds)
}

/** Only its namespace: the second owner of its backups. */
export function customize({ parent }: CustomizeRequest<RedisScheduledBackup>): CustomizeResponse {
  const { namespace = '' } = parent.metadata
  return { relatedResources: [{ apiVersion: 'v1', resource: 'namespaces', names: [namespace] }] }
}
