// Makes a dataset of our own out of an artifact: checked, downloaded, loaded by a throw-away redis-server, written anew.
import { createWriteStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pipeline } from 'node:stream/promises'
import type { Bootstrap, RestoreReport } from '../artifact.ts'
import { StoreError, type OpenStore, type Store } from '../backup/store.ts'
import { removeMarker } from '../redis/marker.ts'
import { persistenceOf } from '../redis/persistence.ts'
import { download, type Sink } from './download.ts'
import { RestoreFailure } from './failure.ts'
import { folders, freeBytes, type Place } from './place.ts'
import { headerBytes, rdbHeader, type RdbHeader } from './rdb-header.ts'
import { checkMemory, checkSpace, checkVersion, reserveBytes, serverVersion } from './room.ts'
import { artifactName, withScratch, type Scratch } from './scratch.ts'
import { unpack, unpackedBytes } from './unpack.ts'

export type Progress = Pick<RestoreReport, 'state' | 'bytes' | 'totalBytes'>

export interface StageOptions {
  readonly bootstrap: Bootstrap
  readonly configText: string
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

export interface Staged {
  readonly bytes: number
  readonly keys: number
}

/** Resolves when the staging folder holds the append-only files of the whole dataset; redis-server has synced them. */
export async function stage(place: Place, openStore: OpenStore, options: StageOptions): Promise<Staged> {
  const { bootstrap, onProgress } = options
  const folder = join(place.data, folders.restore)
  onProgress({ state: 'Checking', bytes: 0 })
  const server = await serverVersion(place)
  checkVersion(bootstrap.redisVersion, server)
  await checkMemory(place, bootstrap.datasetBytes)
  const store = await openStore(bootstrap.s3, place.credentials)
  try {
    const bytes = await sizeOf(store, bootstrap)
    await checkSpace(
      place,
      2 * bytes + reserveBytes,
      'the restore (the backup, and the append-only file made of it)',
    )
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { mode: 0o700 })
    await fetchTo(folder, { place, store, bytes, server, options })
    return { bytes, keys: await load(folder, place, options) }
  } catch (error) {
    throw isFull(error) ? noRoom(error) : error
  } finally {
    store.close()
  }
}

const isFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')

const noRoom = (cause: unknown): RestoreFailure =>
  new RestoreFailure(
    'NoRoom',
    'the data volume became full while the backup was restored: enlarge spec.storage.size',
    {
      cause,
    },
  )

async function sizeOf(store: Store, { objectKey, backupSize }: Bootstrap): Promise<number> {
  const found = await store.head(objectKey)
  if (found === undefined)
    throw new StoreError('Missing', false, `there is no ${objectKey} in the bucket: was the backup deleted?`)
  if (backupSize === undefined || backupSize === found.bytes) return found.bytes
  const message = `${objectKey} has ${found.bytes} bytes, the backup had ${backupSize}: it was replaced, restore another backup`
  throw new RestoreFailure('Mismatch', message)
}

interface Fetching {
  readonly place: Place
  readonly store: Store
  readonly bytes: number
  readonly server: string
  readonly options: StageOptions
}

async function fetchTo(folder: string, { place, store, bytes, server, options }: Fetching): Promise<void> {
  const { bootstrap, signal, onProgress } = options
  const { objectKey, checksumSHA256, artifactType, datasetBytes } = bootstrap
  const onBytes = (count: number, totalBytes: number): void =>
    onProgress({ state: 'Downloading', bytes: count, totalBytes })
  const isArchive = artifactType === 'aof-archive'
  const sink = isArchive ? await archiveSink(place, folder, bytes, datasetBytes) : fileSink(folder)
  await download({ store, objectKey, checksumSHA256, signal, onBytes }, sink)
  if (isArchive) {
    const unpacked = await unpackedBytes(folder)
    const rewritten = Math.min(unpacked, datasetBytes ?? unpacked)
    await checkSpace(place, rewritten + reserveBytes, 'the append-only file made of the backup')
  } else checkVersion((await headerOf(folder)).version, server)
}

/** A ratio that text reaches; a dataset that is known to be larger may be. */
const sensibleRatio = 100
const sensibleFloorBytes = 2 ** 30

export async function archiveSink(
  place: Place,
  folder: string,
  archiveBytes: number,
  datasetBytes = 0,
): Promise<Sink> {
  const roomBytes = (await freeBytes(place)) - reserveBytes
  const sensibleBytes = Math.max(sensibleFloorBytes, sensibleRatio * archiveBytes, 2 * datasetBytes)
  return (source) => unpack(source, folder, { roomBytes, sensibleBytes })
}

export const fileSink =
  (folder: string): Sink =>
  (source) =>
    pipeline(source, createWriteStream(join(folder, artifactName), { flags: 'wx', mode: 0o600 }))

/** Throws on what is not an RDB file. */
export async function headerOf(folder: string): Promise<RdbHeader> {
  const file = await open(join(folder, artifactName), 'r')
  try {
    const buffer = Buffer.alloc(headerBytes)
    const { bytesRead } = await file.read(buffer, 0, headerBytes, 0)
    const header = rdbHeader(buffer.subarray(0, bytesRead))
    if (header !== undefined) return header
  } finally {
    await file.close()
  }
  throw new RestoreFailure(
    'Damaged',
    'the backup is not an RDB file, though it is the one that was asked for',
  )
}

/** Resolves with the number of keys. */
async function load(folder: string, place: Place, options: StageOptions): Promise<number> {
  const { bootstrap, configText, signal, onProgress } = options
  const isArchive = bootstrap.artifactType === 'aof-archive'
  const lines = [`appendonly ${isArchive ? 'yes' : 'no'}`]
  onProgress({ state: 'Loading', bytes: 0 })
  return await withScratch(
    place,
    { folder, name: folders.restore, configText, lines, signal },
    async (scratch) => {
      const { keys } = await scratch.loaded((bytes, totalBytes) =>
        onProgress({ state: 'Loading', bytes, totalBytes }),
      )
      // The data are to carry no reign of the cluster that they come from.
      await removeMarker(scratch.call)
      onProgress({ state: 'Rewriting', bytes: 0 })
      await rewrite(scratch, isArchive ? ['BGREWRITEAOF'] : ['CONFIG', 'SET', 'appendonly', 'yes'])
      await scratch.end()
      return keys
    },
  )
}

const lookMs = 100

async function rewrite(scratch: Scratch, [command = '', ...words]: readonly string[]): Promise<void> {
  const before = persistenceOf(await scratch.info())
  await scratch.call(command, ...words)
  for (;;) {
    const now = persistenceOf(await scratch.info())
    // One that was asked for by CONFIG SET is begun again for ever.
    if (!now.lastRewriteOk)
      throw new RestoreFailure(
        'NoRoom',
        'redis-server could not write its append-only file: is the data volume full?',
      )
    if (!now.rewriting && now.logging && now.rewritesBegun > before.rewritesBegun) return
    await pause(lookMs)
  }
}
