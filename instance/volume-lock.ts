// The lock on the data volume, held for life: by this process, and by every redis-server that inherits its descriptor.
import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { join } from 'node:path'

export interface VolumeLock {
  /** Pass it to a child, and the child holds the lock too. */
  readonly descriptor: number
}

export class LockUnavailable extends Error {}

export const lockFileName = '.lock'

const heldByAnother = 1

/** One open file for the life of this process: closing it would give the lock away. */
export function openLock(directory: string): VolumeLock {
  try {
    return { descriptor: openSync(join(directory, lockFileName), 'w', 0o600) }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const user = process.getuid?.() ?? 'of this process'
    throw new LockUnavailable(
      `the data volume cannot be written (${why}): check that it is mounted, has space, and lets user ${user} write`,
      { cause },
    )
  }
}

/**
 * Takes the lock if it is free. flock(2) locks belong to the open file description, so the helper's descriptor 3,
 * which is ours, keeps the lock for us when the helper ends. Throws LockUnavailable when flock(1) is missing.
 */
export async function tryLock({ descriptor }: VolumeLock): Promise<boolean> {
  const child = spawn('flock', ['--exclusive', '--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', descriptor],
  })
  return await new Promise<boolean>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new LockUnavailable(
          'flock (util-linux) cannot be run: without it two processes could use one volume',
          { cause },
        ),
      ),
    )
    child.once('exit', (code) => {
      if (code === 0 || code === heldByAnother) resolve(code === 0)
      else
        reject(
          new LockUnavailable(
            `flock ended with ${code ?? 'a signal'}: the volume's file system may not support locks`,
          ),
        )
    })
  })
}
