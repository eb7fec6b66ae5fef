// The Events of a RedisBackup: each attempt that starts or fails, and how the last one ends.
import { normal, warning, type PlannedEvent } from '../rediscluster/event.ts'
import type { RedisBackupStatus } from './recorded.ts'

/** Told once for each phase that is entered, and each attempt by its number and its Pod. */
export function eventsOf(
  recorded: RedisBackupStatus | undefined,
  next: RedisBackupStatus,
): readonly PlannedEvent[] {
  if (recorded?.phase === next.phase) return []
  const { attempts = 1, targetPod = '', targetPodUID = '' } = next
  switch (next.phase) {
    case 'Running':
      return [
        normal('BackupStarted', `${attempts} ${targetPodUID}`, `attempt ${attempts} starts on ${targetPod}`),
      ]
    case 'Completed':
      return [normal('BackupCompleted', 'ended', `the artifact is ${next.backupPath ?? ''}${sizeOf(next)}`)]
    case 'Failed':
      return [warning('BackupFailed', 'ended', next.error ?? 'no reason was recorded')]
    default:
      return retried(recorded, next)
  }
}

/** Not one that found its target busy: that was no attempt. */
function retried(recorded: RedisBackupStatus | undefined, next: RedisBackupStatus): readonly PlannedEvent[] {
  const { attempts = 1, lastFailure: failure } = next
  if (failure === undefined || next.retryAt === undefined || recorded?.phase !== 'Running') return []
  const message = `attempt ${attempts} on ${failure.targetPod} is made again: ${failure.reason}: ${failure.message}`
  return [warning('BackupAttemptFailed', `${attempts} ${failure.targetPodUID}`, message)]
}

const sizeOf = ({ backupSize }: RedisBackupStatus): string =>
  backupSize === undefined ? '' : ` (${backupSize} bytes)`
