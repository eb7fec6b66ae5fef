// What backup and restore need of an object store, and how it refuses: whatever goes wrong has a word and a sentence.
import type { Readable } from 'node:stream'
import type { S3Location } from '../artifact.ts'

export interface StoredObject {
  readonly bytes: number
  /** As `put` wrote it, keys in lower case. */
  readonly metadata: Readonly<Record<string, string>>
}

export interface PutOptions {
  /** An upper bound is enough; it decides how large the parts are. */
  readonly totalBytes: number
  readonly metadata: Readonly<Record<string, string>>
  readonly contentType: string
  readonly signal: AbortSignal
  /** Called with the bytes that the store has acknowledged so far. */
  readonly onProgress: (bytes: number) => void
}

export interface Store {
  head(key: string): Promise<StoredObject | undefined>
  /**
   * Streams `body` with bounded memory. Never replaces an object: rejects with reason `Taken` when there is one. Whenever it
   * rejects (abort included) nothing is left behind: no object, no part of an upload.
   */
  put(key: string, body: Readable, options: PutOptions): Promise<void>
  /** Rejects with reason `Missing` when there is no such object. */
  get(key: string, signal: AbortSignal): Promise<{ readonly body: Readable; readonly bytes: number }>
  /** Also resolves when there is none. */
  remove(key: string): Promise<void>
  /**
   * Of a key under which an object lies: ends every unfinished upload of exactly this key. What a killed process has sent would
   * stay for ever otherwise, and cost as much as an object.
   */
  sweep(key: string, signal: AbortSignal): Promise<void>
  close(): void
}

/** Reads the credentials at every call: kubelet renews the files. Rejects with a StoreError. */
export type OpenStore = (location: S3Location, credentialsDirectory: string) => Promise<Store>

export type StoreReason =
  | 'CredentialsMissing'
  | 'CredentialsRefused'
  | 'AccessDenied'
  | 'BucketMissing'
  | 'ClockSkewed'
  | 'Taken'
  | 'Missing'
  | 'Unreachable'
  | 'StoreFailed'
  | 'Corrupted'
  | 'Aborted'

/** Says what happened, why, and what to do. Never holds a credential. */
export class StoreError extends Error {
  readonly reason: StoreReason
  /** The same may succeed later without anybody's help. */
  readonly retriable: boolean
  constructor(reason: StoreReason, retriable: boolean, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreError'
    this.reason = reason
    this.retriable = retriable
  }
}
