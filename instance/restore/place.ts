// Where restores and verifications work: the folders, the redis-server to load with, and what its process inherits.
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { mounts } from '../api.ts'
import type { Config } from '../config.ts'
import type { Log } from '../parts.ts'

export interface Place {
  /** The data volume. */
  readonly data: string
  /** For sockets: in memory, and of this Pod alone. */
  readonly run: string
  readonly credentials: string
  readonly cgroup: string
  readonly redisServer: string
  readonly lockDescriptor: number
  readonly log: Log
}

/** On the data volume, each for one job at a time; whatever is in them may be deleted. */
export const folders = { restore: 'restoring', verify: 'verifying' } as const

export function placeOf(config: Config, lockDescriptor: number, log: Log): Place {
  const at = (path: string): string => join(config.root, path)
  return {
    data: at(mounts.data),
    run: at(mounts.run),
    credentials: at(mounts.backupCredentials),
    cgroup: at('/sys/fs/cgroup'),
    redisServer: config.redisServer,
    lockDescriptor,
    log,
  }
}

export async function freeBytes({ data }: Place): Promise<number> {
  const { bavail, bsize } = await statfs(data)
  return bavail * bsize
}
