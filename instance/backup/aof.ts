// The aof method: BGREWRITEAOF, then the files of the manifest, each held open and cut where it ends at that moment.
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { filesIn, isMissing, logFolder, manifestIn, manifestName, manifestOf } from '../redis/append-only.ts'
import { archive, archiveBytes } from './archive.ts'
import { commandScanner } from './commands.ts'
import { BackupFailure } from './failure.ts'
import { fork, rewriting } from './fork.ts'
import { closeAll, type OpenFile, type Snapshot, type SnapshotPlace } from './snapshot.ts'
import { explain, removeLeftovers, requireRoom } from './space.ts'

/** A rewrite may take a file away between reading the manifest and opening it. */
const attempts = 3

/**
 * Redis never changes what it has appended, never uses a name again, and a file that a later rewrite unlinks stays as long as it
 * is open: so nothing has to be held off while it streams, and no setting of redis-server is touched that a crash could leave.
 */
export async function aofSnapshot(place: SnapshotPlace, signal: AbortSignal): Promise<Snapshot> {
  const { folder, session, clock } = place
  const log = join(folder, logFolder)
  await removeLeftovers(folder)
  const before = await session.look()
  if (!before.logging)
    throw new BackupFailure(
      'AofOff',
      'redis-server keeps no append-only file: set appendonly yes, or use method rdb',
    )
  await requireRoom(folder, before)
  let earlier = ''
  try {
    await fork(rewriting, session, clock, signal, async () => {
      earlier = await manifestIn(log)
    })
  } catch (error) {
    throw await explain(error, folder, before.datasetBytes)
  }
  return await taken(log, filesIn(earlier)[0], signal)
}

async function taken(log: string, earlierBase: string | undefined, signal: AbortSignal): Promise<Snapshot> {
  for (let attempt = 1; ; attempt++) {
    const manifest = await manifestIn(log)
    const names = filesIn(manifest)
    // A fork that a full sync has killed counts as no failure with Redis: only the manifest tells.
    if (names.length === 0 || names[0] === earlierBase)
      throw new BackupFailure('SnapshotFailed', 'redis-server ended its rewrite without a new base file')
    try {
      return snapshotOf(manifestOf(manifest, names), await openAll(log, names, signal))
    } catch (error) {
      if (!isMissing(error) || attempt === attempts) throw error
    }
  }
}

function snapshotOf(manifest: string, files: readonly OpenFile[]): Snapshot {
  return {
    totalBytes: archiveBytes(manifest, files),
    isExact: false,
    stream: () => archive(logFolder, { name: manifestName, text: manifest }, files),
    close: () => closeAll(files),
  }
}

/** Redis appends to the last one only: the others are complete when the manifest names another after them. */
async function openAll(
  log: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly OpenFile[]> {
  const files: OpenFile[] = []
  try {
    for (const name of names) {
      const handle = await open(join(log, name), 'r')
      files.push({ name, handle, bytes: 0 })
      const { size } = await handle.stat()
      const grows = name === names.at(-1) && name.endsWith('.incr.aof')
      const bytes = grows ? await cleanCut(handle, size, signal) : size
      files[files.length - 1] = { name, handle, bytes }
    }
    return files
  } catch (error) {
    await closeAll(files)
    throw error
  }
}

const scanBytes = 256 * 1024

/** Redis writes what it has gathered whenever it likes: a size may fall into the middle of a command or a transaction. */
async function cleanCut(handle: FileHandle, size: number, signal: AbortSignal): Promise<number> {
  const scanner = commandScanner()
  const buffer = Buffer.allocUnsafe(scanBytes)
  for (let at = 0; at < size;) {
    signal.throwIfAborted()
    const { bytesRead } = await handle.read(buffer, 0, Math.min(scanBytes, size - at), at)
    if (bytesRead === 0) break
    scanner.take(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
  return scanner.cut()
}
