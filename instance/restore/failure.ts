// Why a restore or a verification failed, as a word and a sentence; the word decides when the same is tried again.

export type FailureReason =
  | 'NoRoom' // on the volume
  | 'NoMemory'
  | 'TooNew' // for this redis-server
  | 'Mismatch' // it is not the artifact that was asked for
  | 'Damaged' // it cannot be unpacked or loaded
  | 'Ended' // the redis-server that loaded it was killed, or could not be started
  | 'Aborted'

/** Says what happened, why, and what to do. */
export class RestoreFailure extends Error {
  readonly reason: FailureReason
  constructor(reason: FailureReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RestoreFailure'
    this.reason = reason
  }
}

const mebibyte = 2 ** 20

export const size = (bytes: number): string =>
  bytes < 10 * mebibyte ? `${bytes} bytes` : `${Math.round(bytes / mebibyte)} MiB`

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
