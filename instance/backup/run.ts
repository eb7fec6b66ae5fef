// One backup from beginning to end: is it there already, snapshot, upload, verification.
import {
  artifacts,
  objectKey,
  type BackupMethod,
  type BackupReport,
  type BackupRequest,
  type Verification,
} from '../artifact.ts'
import type { Clock, Log } from '../parts.ts'
import { aofSnapshot } from './aof.ts'
import { backupErrorOf } from './failure.ts'
import { rdbSnapshot } from './rdb.ts'
import { openSession, type RedisServing } from './session.ts'
import type { TakeSnapshot } from './snapshot.ts'
import type { OpenStore, Store } from './store.ts'
import { isTaken, keyTaken, ownObject, uidKey, upload, type Seal, type UploadPlan } from './upload.ts'

/** Where an artifact lies, and what it must be. */
export interface StoredArtifact extends Seal {
  readonly method: BackupMethod
  readonly key: string
}

/** Loads it into a redis-server that nobody reaches. */
export type VerifyArtifact = (
  store: Store,
  artifact: StoredArtifact,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
) => Promise<Verification>

export interface BackupWorld {
  readonly redis: RedisServing
  readonly clock: Clock
  readonly log: Log
  /** The data volume. */
  readonly folder: string
  readonly credentialsFolder: string
  readonly cluster: { readonly name: string; readonly uid: string } | undefined
  readonly openStore: OpenStore
  readonly verify?: VerifyArtifact
}

/** What changes in the report of a job. */
export type Progress = Partial<BackupReport>

/** Resolves when the artifact is complete in the store; rejects when nothing was left there. */
export type RunBackup = (
  request: BackupRequest,
  startedAt: string,
  tell: (progress: Progress) => void,
  signal: AbortSignal,
) => Promise<void>

const methods: Readonly<Record<BackupMethod, { take: TakeSnapshot; contentType: string }>> = {
  rdb: { take: rdbSnapshot, contentType: 'application/octet-stream' },
  aof: { take: aofSnapshot, contentType: 'application/gzip' },
}

export function backupRunner(world: BackupWorld): RunBackup {
  return async (request, startedAt, tell, signal) => {
    const { s3 } = request.destination
    const store = await world.openStore(s3, world.credentialsFolder)
    try {
      const job: Job = { world, request, startedAt, tell, signal, store, key: keyOf(request) }
      const own = await alreadyThere(job)
      const seal = own ?? (await make(job))
      tell({ backupSize: seal.bytes, checksumSHA256: seal.checksumSHA256 })
      await sweep(job)
      if (request.verify !== true) return
      const takeBack = (): Promise<void> => (own === undefined ? store.remove(job.key) : Promise.resolve())
      tell({ verification: await verified(job, seal, takeBack) })
    } finally {
      store.close()
    }
  }
}

interface Job {
  readonly world: BackupWorld
  readonly request: BackupRequest
  readonly startedAt: string
  readonly tell: (progress: Progress) => void
  readonly signal: AbortSignal
  readonly store: Store
  readonly key: string
}

/** A help to the store, and no reason to fail a backup that is complete: who may write need not be allowed to list. */
async function sweep({ world, store, key, signal }: Job): Promise<void> {
  await store.sweep(key, signal).catch((error: unknown) => {
    signal.throwIfAborted()
    world.log.info({ key, err: error }, 'unfinished uploads could not be looked for')
  })
}

export const keyOf = ({ destination, backupName, method }: BackupRequest): string =>
  objectKey(destination.s3, backupName, method)

async function alreadyThere({ store, key, request, tell, signal }: Job): Promise<Seal | undefined> {
  const onProgress = (bytes: number): void => tell({ step: 'Upload', bytes })
  const own = await ownObject(store, request.backupUID, { key, signal, onProgress })
  if (own === undefined) return undefined
  const { 'redis-version': redisVersion, 'dataset-bytes': datasetBytes } = own.metadata
  tell({
    ...(redisVersion === undefined ? {} : { redisVersion }),
    ...(datasetBytes === undefined ? {} : { datasetBytes: Number(datasetBytes) }),
  })
  return own.seal
}

async function make(job: Job): Promise<Seal> {
  const { world, request, tell, signal } = job
  const { redis, clock, log, folder, cluster } = world
  const { take, contentType } = methods[request.method]
  const session = await openSession(redis, clock, cluster !== undefined, signal)
  const { version } = session
  const { datasetBytes } = await session.look()
  tell({ redisVersion: version, datasetBytes })
  const snapshot = await take({ session, clock, log, folder }, signal)
  try {
    const { totalBytes, isExact } = snapshot
    tell({ step: 'Upload', bytes: 0, ...(isExact ? { totalBytes } : {}) })
    const metadata = metadataOf(job, version, datasetBytes)
    const plan = {
      key: job.key,
      metadata,
      contentType,
      signal,
      onProgress: (bytes: number) => tell({ bytes }),
    }
    return await upload(job.store, snapshot, plan).catch((error: unknown) => settle(job, error))
  } finally {
    await snapshot.close()
  }
}

/** Somebody else was faster; or the store had completed ours, and its answer was lost. */
async function settle(job: Job, error: unknown): Promise<Seal> {
  if (!isTaken(error)) throw error
  const own = await alreadyThere(job)
  if (own === undefined) throw keyTaken(job.key)
  return own
}

function metadataOf(
  { world, request, startedAt }: Job,
  version: string,
  datasetBytes: number,
): UploadPlan['metadata'] {
  const { cluster } = world
  return {
    'backup-name': request.backupName,
    ...(request.backupUID === undefined ? {} : { [uidKey]: request.backupUID }),
    ...(cluster === undefined ? {} : { 'cluster-name': cluster.name, 'cluster-uid': cluster.uid }),
    method: request.method,
    'artifact-type': artifacts[request.method].artifactType,
    'redis-version': version,
    'dataset-bytes': String(datasetBytes),
    'started-at': startedAt,
  }
}

/** What the artifact is worth is told, and is no failure of the backup: it lies in the store, whatever came of this. */
async function verified(job: Job, seal: Seal, takeBack: () => Promise<void>): Promise<Verification> {
  const { world, request, store, key, tell, signal } = job
  tell({ step: 'Verify', bytes: 0, totalBytes: seal.bytes })
  const refused = (reason: string): Verification => ({
    kind: 'Refused',
    reason,
    at: new Date().toISOString(),
  })
  if (world.verify === undefined) return refused('this instance cannot verify artifacts')
  const artifact = { ...seal, method: request.method, key }
  try {
    return await world.verify(store, artifact, signal, (bytes) => tell({ bytes }))
  } catch (error) {
    if (!signal.aborted) return refused(backupErrorOf(error).detail)
    await takeBack()
    throw error
  }
}
