// The conditions of a RedisScheduledBackup: whether its schedule can be followed, and how its newest backup ended.
import type { Condition } from '../kubernetes.ts'
import { lastServedMs, type Timetable } from './due.ts'
import { conditionTypes } from './names.ts'
import type { Request, ScheduledBackup } from './observed.ts'
import type { RedisScheduledBackupStatus } from './recorded.ts'

export type Claim = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

/** Clocks of two machines differ by less. */
const aheadMs = 10 * 60_000

export function validClaim(request: Request, timetable: Timetable, now: Date): Claim {
  const type = conditionTypes.valid
  if (timetable.kind === 'Invalid') {
    const { reason, message } = timetable
    return { type, status: 'False', reason, message }
  }
  const servedMs = lastServedMs(request) ?? 0
  if (servedMs > now.getTime() + aheadMs) {
    const time = new Date(servedMs).toISOString()
    const message = `a backup was made for ${time}, which is yet to come: the clock was ahead then, or is behind now; until that time none is due. If it was ahead, delete this RedisScheduledBackup and create it again: its backups stay`
    return { type, status: 'True', reason: 'ClockWentBack', message }
  }
  const { schedule, timeZone } = request.parent.spec
  return { type, status: 'True', reason: 'ScheduleParsed', message: `${schedule} in ${timeZone}` }
}

/** Of the newest that has ended; undefined when that one is not there to be looked at. */
export function lastClaim(newest: ScheduledBackup | undefined): Claim | undefined {
  const type = conditionTypes.lastSucceeded
  if (newest === undefined) return undefined
  const { name, phase, backup } = newest
  const { backupPath = 'its artifact', error = 'no reason was recorded' } = backup.status ?? {}
  return phase === 'Completed'
    ? { type, status: 'True', reason: 'BackupCompleted', message: `${name} wrote ${backupPath}` }
    : { type, status: 'False', reason: 'BackupFailed', message: `${name} failed: ${error}` }
}

export const noneYet: Claim = {
  type: conditionTypes.lastSucceeded,
  status: 'Unknown',
  reason: 'NoBackupYet',
  message: 'no backup of this schedule has ended yet',
}

/** Transition times are kept while the status of a condition stays. */
export function withTimes(
  claims: readonly Claim[],
  { parent }: Request,
  now: Date,
): NonNullable<RedisScheduledBackupStatus['conditions']> {
  return claims.map((claim) => {
    const before = recordedCondition(parent.status, claim.type)
    const lastTransitionTime = before?.status === claim.status ? before.lastTransitionTime : now.toISOString()
    const observedGeneration = parent.metadata.generation ?? 1
    return { ...claim, lastTransitionTime, observedGeneration }
  })
}

export const recordedCondition = (
  status: RedisScheduledBackupStatus | undefined,
  type: string,
): Condition | undefined => status?.conditions?.find((condition) => condition.type === type)
