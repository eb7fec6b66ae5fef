// Room on the data volume: a volume that is full makes redis-server refuse writes, so a snapshot that may fill it is not begun.
import { readdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Persistence } from '../redis/persistence.ts'
import { BackupFailure } from './failure.ts'

/** The dataset in memory is an upper bound of what Redis writes of it, but for what compresses badly and is tiny. */
export async function requireRoom(folder: string, { datasetBytes }: Persistence): Promise<void> {
  const freeBytes = await freeBytesOn(folder)
  if (freeBytes < datasetBytes) throw diskFull(freeBytes, datasetBytes)
}

/** Redis says only that a save failed: too little room now is the likely reason, for the part it wrote is gone again. */
export async function explain(failure: unknown, folder: string, datasetBytes: number): Promise<unknown> {
  if (!(failure instanceof BackupFailure) || failure.reason !== 'SnapshotFailed') return failure
  const freeBytes = await freeBytesOn(folder)
  return freeBytes < datasetBytes ? diskFull(freeBytes, datasetBytes, { cause: failure }) : failure
}

/**
 * What a fork that was killed has left half-written would stay for ever. It names the process that wrote it; the volume's
 * lock says that there is no other container whose process that could be.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, writer] = /^temp-(?:rewriteaof-|rewriteaof-bg-|\d+\.)?(\d+)\.(?:rdb|aof)$/.exec(name) ?? []
    if (writer !== undefined && !isAlive(Number(writer))) await rm(join(folder, name), { force: true })
  }
}

async function freeBytesOn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function diskFull(freeBytes: number, datasetBytes: number, options?: ErrorOptions): BackupFailure {
  const detail =
    `the data volume has ${inMebibytes(freeBytes)} free, and redis-server may need ${inMebibytes(datasetBytes)} to write ` +
    'its dataset down: enlarge the volume, or remove what is not needed from it'
  return new BackupFailure('DiskFull', detail, options)
}

const inMebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`
