// Why a backup failed, in words: a reason to branch on, a sentence to act on, and whether trying again may help by itself.
import type { BackupError } from '../artifact.ts'
import { StoreError } from './store.ts'

/** Beside those of the store. */
export type FailureReason =
  | 'RedisDown'
  | 'Loading'
  | 'NotInSync'
  | 'DiskFull'
  | 'SnapshotFailed'
  | 'AofOff'
  | 'KeyTaken'
  | 'UploadDiffers'
  | 'Aborted'

const lasting: readonly FailureReason[] = ['DiskFull', 'AofOff', 'KeyTaken']

export class BackupFailure extends Error {
  readonly reason: FailureReason
  constructor(reason: FailureReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BackupFailure'
    this.reason = reason
  }
}

const detailCharacters = 1024

export function backupErrorOf(error: unknown): BackupError {
  const detail = (error instanceof Error ? error.message : String(error)).slice(0, detailCharacters)
  if (error instanceof BackupFailure)
    return { reason: error.reason, detail, retriable: !lasting.includes(error.reason) }
  if (error instanceof StoreError) return { reason: error.reason, detail, retriable: error.retriable }
  return { reason: 'Internal', detail, retriable: true }
}
