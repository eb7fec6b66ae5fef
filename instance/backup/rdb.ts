// The rdb method: BGSAVE, then dump.rdb is opened and unlinked, so that it takes no space once it is streamed, nor after a crash.
import { open, stat, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { isMissing } from '../redis/append-only.ts'
import type { Persistence } from '../redis/persistence.ts'
import { BackupFailure } from './failure.ts'
import { fork, saving } from './fork.ts'
import { closeAll, streamOf, type Snapshot, type SnapshotPlace } from './snapshot.ts'
import { explain, removeLeftovers, requireRoom } from './space.ts'

/** As Redis names it by default; no spec may rename it. */
const dumpName = 'dump.rdb'

/**
 * A crash between the end of the save and the unlinking leaves dump.rdb behind. With its append-only file on, redis-server
 * never reads it, and the next backup or full sync replaces it.
 */
export async function rdbSnapshot(place: SnapshotPlace, signal: AbortSignal): Promise<Snapshot> {
  const { folder, session, clock } = place
  const path = join(folder, dumpName)
  await removeLeftovers(folder)
  const before = await session.look()
  await requireRoom(folder, before)
  let earlier: string | undefined
  try {
    await fork(saving, session, clock, signal, async () => {
      earlier = await versionOf(path)
    })
    return await taken(path, earlier, before)
  } catch (error) {
    if (signal.aborted) await discard(path, earlier, before)
    throw await explain(error, folder, before.datasetBytes)
  }
}

async function taken(path: string, earlier: string | undefined, { logging }: Persistence): Promise<Snapshot> {
  // A fork that a full sync has killed counts as no failure with Redis: only the file tells.
  const later = await versionOf(path)
  if (later === undefined || later === earlier)
    throw new BackupFailure('SnapshotFailed', 'redis-server ended its save without a new dump.rdb')
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    await requireWhole(handle, size)
    await discardUnlessNeeded(path, logging)
    const file = { name: dumpName, handle, bytes: size }
    return { totalBytes: size, isExact: true, stream: () => streamOf(file), close: () => closeAll([file]) }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Without its append-only file, which only an instance started by hand can lack, dump.rdb is what redis-server starts from. */
async function discardUnlessNeeded(path: string, logging: boolean): Promise<void> {
  if (logging) await unlink(path)
}

async function discard(path: string, earlier: string | undefined, { logging }: Persistence): Promise<void> {
  const later = await versionOf(path)
  if (later !== undefined && later !== earlier) await discardUnlessNeeded(path, logging)
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true })
    return `${ino} ${mtimeNs} ${size}`
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const magics = ['REDIS', 'VALKE']
const endOfFile = 0xff
/** The word, four digits of a version; the end, and a checksum of eight bytes. */
const headerBytes = 9
const trailerBytes = 9

async function requireWhole(handle: FileHandle, bytes: number): Promise<void> {
  const header = Buffer.alloc(headerBytes)
  const trailer = Buffer.alloc(trailerBytes)
  await handle.read(header, 0, headerBytes, 0)
  await handle.read(trailer, 0, trailerBytes, Math.max(0, bytes - trailerBytes))
  const isWhole =
    bytes >= headerBytes + trailerBytes &&
    magics.includes(header.toString('latin1', 0, 5)) &&
    trailer[0] === endOfFile
  if (!isWhole) throw new BackupFailure('SnapshotFailed', 'dump.rdb is not a whole RDB file')
}
