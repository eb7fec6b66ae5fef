// What is uploaded: files of redis-server held open by descriptor, so that they stay what they are whatever Redis does meanwhile.
import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { Clock, Log } from '../parts.ts'
import type { RedisSession } from './session.ts'

export interface Snapshot {
  /** An upper bound of what `stream` gives; exact or not. */
  readonly totalBytes: number
  readonly isExact: boolean
  /** Once. */
  stream(): Readable
  /** Gives the space on the volume back. */
  close(): Promise<void>
}

/** What it takes to make one. */
export interface SnapshotPlace {
  readonly session: RedisSession
  readonly clock: Clock
  readonly log: Log
  /** The data volume. */
  readonly folder: string
}

export type TakeSnapshot = (place: SnapshotPlace, signal: AbortSignal) => Promise<Snapshot>

/** Of a file that may be longer. */
export interface OpenFile {
  readonly name: string
  readonly handle: FileHandle
  readonly bytes: number
}

const readBytes = 64 * 1024

export function streamOf({ handle, bytes }: OpenFile): Readable {
  return handle.createReadStream({ start: 0, end: bytes - 1, autoClose: false, highWaterMark: readBytes })
}

export const closeAll = async (files: readonly OpenFile[]): Promise<void> => {
  await Promise.allSettled(files.map(({ handle }) => handle.close()))
}
