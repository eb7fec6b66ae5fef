// Whether an artifact restores: downloaded again, loaded by a throw-away redis-server beside the serving one, counted.
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { artifacts, type Verification } from '../artifact.ts'
import type { StoredArtifact, VerifyArtifact } from '../backup/run.ts'
import { StoreError, type Store } from '../backup/store.ts'
import type { Engine } from '../engine.ts'
import type { RedisInfo } from '../redis/info.ts'
import { persistenceOf } from '../redis/persistence.ts'
import { download } from './download.ts'
import { messageOf, RestoreFailure } from './failure.ts'
import { folders, type Place } from './place.ts'
import type { RdbHeader } from './rdb-header.ts'
import { checkMemory, checkSpace, reserveBytes } from './room.ts'
import { withScratch } from './scratch.ts'
import { archiveSink, fileSink, headerOf } from './stage.ts'

interface VerifyRequest {
  readonly store: Store
  readonly artifact: StoredArtifact
  /** Memory that the dataset takes: as much again must be free. */
  readonly datasetBytes: number
  /** Of the cluster. */
  readonly configText: string
  readonly signal: AbortSignal
  readonly onBytes: (bytes: number) => void
}

/** What it takes is measured by the redis-server that serves. One at a time; rejects only when aborted. */
export function verifierOf(
  place: Place,
  redis: Pick<Engine, 'control'>,
  configText: () => Promise<string>,
): VerifyArtifact {
  return async (store, artifact, signal, onBytes) => {
    const { datasetBytes } = persistenceOf(await redis.control().info())
    return await verify(place, {
      store,
      artifact,
      signal,
      onBytes,
      datasetBytes,
      configText: await configText(),
    })
  }
}

const reasonCharacters = 1024

async function verify(place: Place, request: VerifyRequest): Promise<Verification> {
  const folder = join(place.data, folders.verify)
  const at = (): string => new Date().toISOString()
  try {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { mode: 0o700 })
    const found = await tryOut(place, folder, request)
    return { kind: 'Verified', ...found, at: at() }
  } catch (error) {
    if (request.signal.aborted) throw error
    return { kind: outcomeOf(error), reason: messageOf(error).slice(0, reasonCharacters), at: at() }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Only what was tried, and did not work, speaks against the artifact. */
function outcomeOf(error: unknown): 'Refused' | 'Failed' {
  if (error instanceof StoreError) return error.reason === 'Missing' ? 'Failed' : 'Refused'
  if (!(error instanceof RestoreFailure)) return 'Refused'
  return error.reason === 'Damaged' || error.reason === 'Mismatch' ? 'Failed' : 'Refused'
}

interface Found {
  readonly keys: number
  readonly digest: string
}

async function tryOut(place: Place, folder: string, request: VerifyRequest): Promise<Found> {
  const { store, artifact, datasetBytes, configText, signal, onBytes } = request
  const { key: objectKey, bytes, checksumSHA256 } = artifact
  // The serving redis-server may begin to rewrite its append-only file at any moment.
  const neededBytes = bytes + datasetBytes + reserveBytes
  await checkSpace(place, neededBytes, 'trying the backup out beside what redis-server may write')
  await checkMemory(place, datasetBytes)
  const isArchive = artifacts[artifact.method] === artifacts.aof
  const sink = isArchive ? await archiveSink(place, folder, bytes, datasetBytes) : fileSink(folder)
  await download({ store, objectKey, checksumSHA256, signal, onBytes }, sink)
  const header = isArchive ? undefined : await headerOf(folder)
  const options = { folder, name: folders.verify, configText, lines: linesFor(isArchive), signal }
  return await withScratch(place, options, async (scratch) => {
    const info = await scratch.loaded(() => undefined)
    compare(header, info)
    return { keys: info.keys, digest: String(await scratch.call('DEBUG', 'DIGEST')) }
  })
}

/** A replica keeps keys whose time is over, so that all are counted. */
const linesFor = (isArchive: boolean): readonly string[] => [
  `appendonly ${isArchive ? 'yes' : 'no'}`,
  'replicaof 127.0.0.1 1',
  'enable-debug-command local',
]

/** An RDB file says of each database how many keys follow; only the first can be read without reading all. */
function compare(header: RdbHeader | undefined, { fields }: RedisInfo): void {
  if (header?.first === undefined) return
  const { database, keys, expires } = header.first
  const line = fields[`db${database}`] ?? ''
  const loaded = (name: string): number => Number(new RegExp(`${name}=([0-9]+)`).exec(line)?.[1] ?? 0)
  if (loaded('keys') === keys && loaded('expires') === expires) return
  throw new RestoreFailure(
    'Damaged',
    `database ${database} of the backup announces ${keys} keys, and ${loaded('keys')} were loaded`,
  )
}
