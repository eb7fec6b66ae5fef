// The salvage copy on the data volume: hard links of the append-only files and a note; complete, or not there.
import { Value } from '@sinclair/typebox/value'
import { link, mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mounts, salvageFolder, SalvageCopy, SalvageRefusal } from './api.ts'
import type { SalvageNote, Shelf } from './parts.ts'
import { syncPath } from './synced.ts'
import { filesIn, isMissing, logFolder, manifestIn, manifestName, manifestOf } from './redis/append-only.ts'

const noteName = 'salvage.json'
const refusalName = 'refused.json'
const unfinishedName = 'unfinished'
/** A rewrite may take a file away between reading the manifest and linking. */
const attempts = 3

export function shelfOn(data: string, podUID: string): Shelf {
  const shelf = data + salvageFolder.slice(mounts.data.length)
  const log = join(data, logFolder)
  return {
    tidy: () => rm(join(shelf, unfinishedName), { recursive: true, force: true }),
    async read() {
      const names = (await namesIn(shelf)).filter((name) => name.startsWith('epoch-'))
      const notes = await Promise.all(names.map((name) => jsonIn(join(shelf, name, noteName))))
      // Two only after a crash between the coming of one and the going of the other.
      const [copy] = notes.filter((note) => Value.Check(SalvageCopy, note)).sort(newestFirst)
      const refused = await jsonIn(join(shelf, refusalName))
      return {
        ageSeconds: copy === undefined ? 0 : (Date.now() - Date.parse(copy.madeAt)) / 1000,
        ...(copy === undefined ? {} : { copy: reportOf(copy) }),
        ...(Value.Check(SalvageRefusal, refused) ? { refused } : {}),
      }
    },
    async filesBytes() {
      const files = filesIn(await manifestIn(log))
      return files.length === 0 ? undefined : await bytesOf(log, files)
    },
    async freeBytes() {
      const { bavail, bsize } = await statfs(data)
      return bavail * bsize
    },
    put: (note) => withRetries(() => put(shelf, log, podUID, note)),
    drop: () => rm(shelf, { recursive: true, force: true }),
    async refuse(refusal) {
      await mkdir(shelf, { recursive: true, mode: 0o700 })
      await writeSynced(join(shelf, refusalName), JSON.stringify(refusal))
    },
  }
}

/** The note says more than the status. */
function reportOf({ path, epoch, primaryEpoch, bytes, surplusBytes, madeAt }: SalvageCopy): SalvageCopy {
  const surplus = surplusBytes === undefined ? {} : { surplusBytes }
  return { path, epoch, primaryEpoch, bytes, ...surplus, madeAt }
}

const newestFirst = (a: SalvageCopy, b: SalvageCopy): number => (a.madeAt < b.madeAt ? 1 : -1)

async function withRetries(step: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await step()
      return
    } catch (error) {
      if (!isMissing(error) || attempt === attempts) throw error
    }
  }
}

/** The new copy is in place, and would survive a power loss, before an earlier one goes. */
async function put(shelf: string, log: string, podUID: string, note: SalvageNote): Promise<void> {
  const manifest = await manifestIn(log)
  const files = filesIn(manifest)
  const unfinished = join(shelf, unfinishedName)
  await rm(unfinished, { recursive: true, force: true })
  const target = join(unfinished, logFolder)
  await mkdir(target, { recursive: true, mode: 0o700 })
  for (const name of files) {
    await link(join(log, name), join(target, name))
    await syncPath(join(target, name))
  }
  await writeSynced(join(target, manifestName), manifestOf(manifest, files))
  const name = `epoch-${note.epoch}`
  const path = `${salvageFolder}/${name}`
  const bytes = await bytesOf(target, files)
  const madeAt = new Date().toISOString()
  await writeSynced(
    join(unfinished, noteName),
    JSON.stringify({ ...note, path, bytes, madeAt, podUID }, null, 2),
  )
  for (const folder of [target, unfinished]) await syncPath(folder)
  await rm(join(shelf, name), { recursive: true, force: true })
  await rename(unfinished, join(shelf, name))
  await syncPath(shelf)
  const others = (await namesIn(shelf)).filter((other) => other !== name)
  for (const other of others) await rm(join(shelf, other), { recursive: true, force: true })
}

async function bytesOf(folder: string, files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
}

/** Undefined for what is not there, or cannot be read: it counts as nothing. */
async function jsonIn(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch {
    return undefined
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600, flush: true })
}
