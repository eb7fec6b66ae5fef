// The mounted files as values: the cluster's redis.conf, the passwords. Re-read, never cached for long.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { aclKey, configKey, controlKeys, mounts, passwordKey } from './api.ts'
import type { Passwords } from './redis/users.ts'

export interface Settings {
  readonly configText: string
  /** First 16 hex characters of the SHA-256 of configText. */
  readonly configHash: string
  readonly passwords: Passwords
  /** The text of the application's own users; undefined when it has none. */
  readonly acl: string | undefined
}

/** What an instance started by hand runs, without any mount. */
const configByHand = 'appendonly yes\nsave ""\n'

/** In a cluster every file is required: Redis must never listen before its users are known. Throws with the missing path. */
export async function readSettings(root: string, inCluster: boolean): Promise<Settings> {
  const read = (path: string): Promise<string | undefined> => readMounted(path, inCluster)
  const control = root + mounts.control
  const [config, application, replication, instance, acl] = await Promise.all([
    read(join(root + mounts.config, configKey)),
    read(join(root + mounts.projected, passwordKey)),
    read(join(control, controlKeys.replicationPassword)),
    read(join(control, controlKeys.instancePassword)),
    readMounted(join(root + mounts.projected, aclKey), false),
  ])
  const configText = config ?? configByHand
  const configHash = createHash('sha256').update(configText).digest('hex').slice(0, 16)
  return { configText, configHash, passwords: { application, replication, instance }, acl }
}

async function readMounted(path: string, required: boolean): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (!required && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`${path} cannot be read: is its Secret or ConfigMap mounted?`, { cause })
  })
  if (required && text?.trim() === '') throw new Error(`${path} is empty`)
  return path.endsWith(configKey) ? text : text?.replace(/\r?\n$/, '')
}
