// users.acl: the application, the replicas and the instance server, each with a password of its own.
import { createHash } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replicationUser, usersFileName } from './conf.ts'

export interface Passwords {
  /** Of the application; undefined only for an instance started by hand. */
  readonly application: string | undefined
  readonly replication: string | undefined
  readonly instance: string | undefined
}

export const instanceUser = 'instance'

/** What would let an application break the operator's guarantees: roles, users, configuration, foreign code, the raw stream. */
export const deniedToApplications: readonly string[] = [
  'replicaof',
  'slaveof',
  'failover',
  'shutdown',
  'debug',
  'module',
  'cluster',
  'psync',
  'sync',
  'replconf',
  'config|set',
  'config|rewrite',
  'acl|setuser',
  'acl|deluser',
  'acl|load',
  'acl|save',
]

/** The text of an ACL file; it holds hashes only. */
export function renderUsers({ application, replication, instance }: Passwords): string {
  const denied = deniedToApplications.map((command) => `-${command}`).join(' ')
  const open = application === undefined
  const users = [
    open
      ? 'user default on nopass ~* &* +@all'
      : `user default on ${hashed(application)} ~* &* +@all ${denied}`,
    ...(replication === undefined
      ? []
      : [`user ${replicationUser} on ${hashed(replication)} +psync +replconf +ping`]),
    ...(instance === undefined ? [] : [`user ${instanceUser} on ${hashed(instance)} ~* &* +@all`]),
  ]
  return `${users.join('\n')}\n`
}

/** A redis-server that starts at this moment reads the old users or the new ones, never half of them. */
export async function writeUsers(directory: string, passwords: Passwords): Promise<void> {
  const path = join(directory, usersFileName)
  await writeFile(`${path}.tmp`, renderUsers(passwords), { mode: 0o600 })
  await rename(`${path}.tmp`, path)
}

/** Users with the password each has now, as ACL SETUSER takes it. */
export function passwordHashes({
  application,
  replication,
  instance,
}: Passwords): readonly (readonly [user: string, hash: string])[] {
  const users = [
    ['default', application],
    [replicationUser, replication],
    [instanceUser, instance],
  ] as const
  return users.flatMap(([user, password]) =>
    password === undefined ? [] : [[user, hashed(password)] as const],
  )
}

const hashed = (password: string): string => `#${createHash('sha256').update(password).digest('hex')}`
