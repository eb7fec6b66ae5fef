// The append-only files as Redis names them, and its manifest: which of them it would load, in order.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** As Redis names them by default; no spec may rename them. */
export const logFolder = 'appendonlydir'
export const manifestName = 'appendonly.aof.manifest'

/** The files that redis-server would load, in order; those of the history are about to be deleted. */
export function filesIn(manifest: string): readonly string[] {
  return [...manifest.matchAll(/^file (\S+) seq \d+ type [bi]/gm)].map(([, name = '']) => name)
}

/** The lines of these files. */
export const manifestOf = (manifest: string, files: readonly string[]): string =>
  manifest
    .split('\n')
    .filter((line) => files.some((name) => line.startsWith(`file ${name} `)))
    .map((line) => `${line}\n`)
    .join('')

/** Empty when there is none. */
export async function manifestIn(log: string): Promise<string> {
  return await readFile(join(log, manifestName), 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return ''
    throw error
  })
}

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'
