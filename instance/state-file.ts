// reign.json on the data volume: written so that a crash leaves the old or the new state, never a torn one.
import { open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { emptyState, parseState, type ReignState } from './reign/state.ts'
import { syncPath } from './synced.ts'

export const stateFileName = 'reign.json'

/** The state on the volume; a volume without one has promised nothing. Throws on a file that is not a state. */
export async function readState(directory: string): Promise<ReignState> {
  const path = join(directory, stateFileName)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  })
  try {
    return text === undefined ? emptyState : parseState(text)
  } catch (cause) {
    const how = 'put the file back, or give this Pod an empty volume'
    throw new Error(`${path} cannot be read, so what this copy promised is unknown: ${how}`, { cause })
  }
}

/** Resolves when the state would survive a power loss. */
export async function writeState(directory: string, state: ReignState): Promise<void> {
  const path = join(directory, stateFileName)
  const temporary = `${path}.tmp`
  await writeSynced(temporary, JSON.stringify(state))
  await rename(temporary, path)
  await syncPath(dirname(path))
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}
