// Streams a snapshot to the store, with size and checksum taken on the way; what is there already is taken only if it is ours.
import { createHash, type Hash } from 'node:crypto'
import { Readable } from 'node:stream'
import { BackupFailure } from './failure.ts'
import type { Snapshot } from './snapshot.ts'
import { StoreError, type Store } from './store.ts'

/** What an artifact is known by. */
export interface Seal {
  readonly bytes: number
  readonly checksumSHA256: string
}

export interface UploadPlan {
  readonly key: string
  readonly metadata: Readonly<Record<string, string>>
  readonly contentType: string
  readonly signal: AbortSignal
  readonly onProgress: (bytes: number) => void
}

/** In lower case, as a store gives them back. */
export const uidKey = 'backup-uid'

const bufferBytes = 64 * 1024

/** Rejects with the store's own error when the key is taken; then nothing is left behind, as on every other failure. */
export async function upload(store: Store, snapshot: Snapshot, plan: UploadPlan): Promise<Seal> {
  const { key, ...rest } = plan
  const source = snapshot.stream()
  const meter = newMeter()
  const body = metered(source, meter)
  try {
    await store.put(key, body, { ...rest, totalBytes: snapshot.totalBytes })
  } catch (error) {
    // The store knows only that its body ended.
    throw meter.failure ?? error
  } finally {
    body.destroy()
    source.destroy()
  }
  const seal = sealOf(meter)
  await requireSize(store, key, seal.bytes)
  return seal
}

/**
 * The object of this key, if there is one and it says that it is of this backup: then an earlier job has completed it, and
 * its answer was lost. Its checksum was lost, too: the object is read once to know it. Any other object is left alone.
 */
export async function ownObject(
  store: Store,
  uid: string | undefined,
  { key, signal, onProgress }: Pick<UploadPlan, 'key' | 'signal' | 'onProgress'>,
): Promise<{ readonly seal: Seal; readonly metadata: Readonly<Record<string, string>> } | undefined> {
  const found = await store.head(key)
  if (found === undefined) return undefined
  if (uid === undefined || found.metadata[uidKey] !== uid) throw keyTaken(key)
  const { body } = await store.get(key, signal)
  const meter = newMeter()
  for await (const _ of metered(body, meter)) {
    signal.throwIfAborted()
    onProgress(meter.bytes)
  }
  if (meter.bytes !== found.bytes) throw differs(key, found.bytes, meter.bytes)
  return { seal: sealOf(meter), metadata: found.metadata }
}

export const isTaken = (error: unknown): boolean => error instanceof StoreError && error.reason === 'Taken'

export const keyTaken = (key: string): BackupFailure =>
  new BackupFailure(
    'KeyTaken',
    `the store holds another object under ${key}, and no backup replaces one: use another name or path, or remove that object`,
  )

interface Meter {
  readonly hash: Hash
  bytes: number
  /** Why the source could not be read. */
  failure: unknown
}

const newMeter = (): Meter => ({ hash: createHash('sha256'), bytes: 0, failure: undefined })

const sealOf = ({ hash, bytes }: Meter): Seal => ({ bytes, checksumSHA256: hash.digest('hex') })

function metered(source: Readable, meter: Meter): Readable {
  return Readable.from(counted(source, meter), { objectMode: false, highWaterMark: bufferBytes })
}

async function* counted(source: Readable, meter: Meter): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      meter.hash.update(chunk)
      meter.bytes += chunk.length
      yield chunk
    }
  } catch (error) {
    meter.failure = error
    throw error
  }
}

async function requireSize(store: Store, key: string, bytes: number): Promise<void> {
  const found = await store.head(key)
  if (found?.bytes === bytes) return
  await store.remove(key).catch(() => undefined)
  throw differs(key, found?.bytes, bytes)
}

const differs = (key: string, shown: number | undefined, bytes: number): BackupFailure =>
  new BackupFailure(
    'UploadDiffers',
    `the store shows ${shown === undefined ? 'nothing' : `${shown} bytes`} under ${key}, and ${bytes} bytes went through here`,
  )
