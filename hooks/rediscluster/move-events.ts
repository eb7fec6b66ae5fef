// The Events of a primary that moves: a failover is a warning, a planned move is none.
import { normal, warning, type PlannedEvent } from './event.ts'
import { moveKind } from './failover-record.ts'
import type { Failover, RedisClusterStatus } from './recorded.ts'

/**
 * A move begins once, whomever it names on its way, and ends once: each is known by the epoch that it leaves, or enters.
 * Whoever is named after a hibernation takes over from nobody.
 */
export function moveEvents(recorded: RedisClusterStatus, next: RedisClusterStatus): readonly PlannedEvent[] {
  if (recorded.hibernation !== undefined) return []
  const { lastFailover } = next
  const isNew = lastFailover !== undefined && lastFailover.epoch !== recorded.lastFailover?.epoch
  return [...begun(recorded, next), ...(isNew ? ended(lastFailover) : [])]
}

const isSettled = (status: RedisClusterStatus): boolean =>
  status.targetPrimaryUID === status.currentPrimaryUID && status.primaryEpoch === status.currentEpoch

/** The birth of a cluster is none. */
function begun(recorded: RedisClusterStatus, next: RedisClusterStatus): readonly PlannedEvent[] {
  const { currentEpoch, currentPrimary = '' } = recorded
  if (currentEpoch === undefined || !isSettled(recorded) || isSettled(next)) return []
  const reason = next.naming?.reason ?? 'an instance has promised a later epoch'
  const names = `${next.targetPrimary ?? ''} is named to take over from ${currentPrimary}`
  const message = `${names} (epoch ${next.primaryEpoch ?? ''}). ${reason}`
  return moveKind(reason) === 'Failover'
    ? [warning('FailoverStarted', String(currentEpoch), message)]
    : [normal('SwitchoverStarted', String(currentEpoch), message)]
}

function ended(move: Failover): readonly PlannedEvent[] {
  const { from, to, epoch, reason } = move
  const kind = moveKind(reason)
  const once = String(epoch)
  if (kind === 'GivenUp' && from === to)
    return [warning('SwitchoverGivenUp', once, `${to} stays primary (epoch ${epoch}). ${reason}`)]
  const who = from === to ? `${to} is primary again` : `${to} has taken over from ${from}`
  const message = `${who} (epoch ${epoch})${duration(move)}. ${reason}`
  return [normal(kind === 'Failover' ? 'FailoverCompleted' : 'SwitchoverCompleted', once, message)]
}

function duration({ namedAt, installedAt }: Failover): string {
  if (namedAt === undefined) return ''
  return `, ${((Date.parse(installedAt) - Date.parse(namedAt)) / 1000).toFixed(1)} s after it was named`
}
