// The restore's side of the data volume: whether data lie there, and how a restored dataset comes into place, whole or not at all.
import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Count } from '../ballot.ts'
import { filesIn, isMissing, logFolder, manifestIn, manifestName } from '../redis/append-only.ts'
import { syncPath } from '../synced.ts'
import { RestoreFailure } from './failure.ts'
import { folders } from './place.ts'

/** Lies among the restored files, and so comes into place with them; goes once the state has it. */
export const Note = Type.Object({
  clusterUID: Type.String(),
  id: Type.String(),
  bytes: Count,
  keys: Count,
})
export type Note = Static<typeof Note>

const noteName = 'restored.json'
const dumpName = 'dump.rdb'

export async function tidy(data: string): Promise<void> {
  for (const folder of Object.values(folders)) await rm(join(data, folder), { recursive: true, force: true })
}

/** What redis-server would load, or somebody may want to; an empty folder is nothing. */
export async function datasetOn(data: string): Promise<string | undefined> {
  const log = await readdir(join(data, logFolder)).catch(unlessMissing)
  if (log !== undefined && log.length > 0) return logFolder
  const dump = await stat(join(data, dumpName)).catch(unlessMissing)
  return dump === undefined ? undefined : dumpName
}

export async function noteOn(data: string): Promise<Note | undefined> {
  const text = await readFile(join(data, logFolder, noteName), 'utf8').catch(unlessMissing)
  const note: unknown = text === undefined ? undefined : JSON.parse(text)
  return Value.Check(Note, note) ? note : undefined
}

export async function removeNote(data: string): Promise<void> {
  await unlink(join(data, logFolder, noteName)).catch(unlessMissing)
  await syncPath(join(data, logFolder))
}

/** Every byte is on disk before the one step that makes the dataset the volume's. */
export async function install(data: string, note: Note): Promise<void> {
  const log = join(data, folders.restore, logFolder)
  const files = await wholeFiles(log)
  await removeOthers(log, files)
  await writeFile(join(log, noteName), JSON.stringify(note), { mode: 0o600 })
  for (const name of [...files, manifestName, noteName]) await syncPath(join(log, name))
  await syncPath(log)
  await rename(log, join(data, logFolder))
  await syncPath(data)
  await rm(join(data, folders.restore), { recursive: true, force: true })
}

async function wholeFiles(log: string): Promise<readonly string[]> {
  const files = filesIn(await manifestIn(log))
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(log, name))).size))
  if (files[0]?.includes('.base.') === true && (sizes[0] ?? 0) > 0) return files
  throw new RestoreFailure('Ended', 'redis-server ended without a whole append-only file')
}

/** What the rewrite has replaced. */
async function removeOthers(log: string, files: readonly string[]): Promise<void> {
  const others = (await readdir(log)).filter((name) => name !== manifestName && !files.includes(name))
  for (const name of others) await rm(join(log, name), { recursive: true })
}

function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error
  return undefined
}
