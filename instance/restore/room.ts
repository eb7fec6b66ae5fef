// What a restore needs before it begins: space on the volume, memory, and a redis-server that knows the format.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { RestoreFailure, size } from './failure.ts'
import { freeBytes, type Place } from './place.ts'

/** Kept free beside what is known to be needed. */
export const reserveBytes = 64 * 2 ** 20

export async function checkSpace(place: Place, neededBytes: number, what: string): Promise<void> {
  const free = await freeBytes(place)
  if (free >= neededBytes) return
  throw new RestoreFailure(
    'NoRoom',
    `the data volume has ${size(free)} free, ${what} needs ${size(neededBytes)}: enlarge spec.storage.size`,
  )
}

/** Nothing is known without a limit, or where the kernel does not tell it: then nothing is refused. */
export async function checkMemory(place: Place, datasetBytes: number | undefined): Promise<void> {
  const memory = await memoryOf(place)
  if (memory === undefined || datasetBytes === undefined) return
  const needed = datasetBytes + reserveBytes
  if (memory.availableBytes >= needed) return
  throw new RestoreFailure(
    'NoMemory',
    `loading the data needs ${size(needed)} of memory, ${size(memory.availableBytes)} of the limit of ${size(memory.limitBytes)} are left: raise spec.resources.limits.memory`,
  )
}

interface Memory {
  readonly limitBytes: number
  readonly availableBytes: number
}

/** As kubelet counts: file pages that were not touched lately are given back when they are needed. */
async function memoryOf({ cgroup }: Place): Promise<Memory | undefined> {
  const read = (name: string): Promise<string> => readFile(join(cgroup, name), 'utf8').catch(() => '')
  const [limit, current, stat] = await Promise.all(['memory.max', 'memory.current', 'memory.stat'].map(read))
  const limitBytes = Number.parseInt(limit ?? '', 10)
  const usedBytes = Number.parseInt(current ?? '', 10)
  if (Number.isNaN(limitBytes) || Number.isNaN(usedBytes)) return undefined
  const idleBytes = Number(/^inactive_file (\d+)$/m.exec(stat ?? '')?.[1] ?? 0)
  return { limitBytes, availableBytes: Math.max(0, limitBytes - Math.max(0, usedBytes - idleBytes)) }
}

export async function serverVersion({ redisServer }: Place): Promise<string> {
  const { stdout } = await promisify(execFile)(redisServer, ['--version']).catch((cause: unknown) => {
    throw new RestoreFailure('Ended', `${redisServer} --version cannot be run`, { cause })
  })
  return /\bv=([0-9.]+)/.exec(stdout)?.[1] ?? ''
}

/** A format of the same major may be too new as well: that is for redis-server to say. */
export function checkVersion(written: string | undefined, server: string): void {
  const [theirs, ours] = [written, server].map((version) => Number.parseInt(version ?? '', 10))
  if (theirs === undefined || ours === undefined || !(theirs > ours)) return
  throw new RestoreFailure(
    'TooNew',
    `the backup was written by version ${written ?? ''}, the image of this cluster runs ${server}: set spec.imageName to an image of at least that version`,
  )
}
