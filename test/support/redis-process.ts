// A bare redis-server on a Unix socket, with the instance's users, for tests of the control connection.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Redis } from 'ioredis'
import { socketName, usersFileName } from '../../instance/redis/conf.ts'
import { controlOf, type RedisControl } from '../../instance/redis/control.ts'
import { instanceUser, renderUsers } from '../../instance/redis/users.ts'
import { eventually } from '../e2e/eventually.ts'

export const passwords = { application: 'a', replication: 'r', instance: 'i' }

export interface RedisProcess {
  /** Of its socket. */
  readonly directory: string
  readonly pid: number
  /** The instance's connection, ready. */
  control(): Promise<RedisControl>
  /** Somebody who may do everything. */
  administrator(): Redis
}

/** It ends with the test. */
export async function redisProcess(t: TestContext, lines: readonly string[] = []): Promise<RedisProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'rs-'))
  const users = join(directory, usersFileName)
  writeFileSync(users, renderUsers(passwords))
  const own = ['port 0', `unixsocket ${join(directory, socketName)}`, `dir ${directory}`, `aclfile ${users}`]
  writeFileSync(join(directory, 'redis.conf'), [...own, 'save ""', ...lines, ''].join('\n'))
  const child = spawn('redis-server', [join(directory, 'redis.conf')], { stdio: 'ignore' })
  await once(child, 'spawn')
  const open: (() => void)[] = []
  t.after(async () => {
    for (const close of open) close()
    const ended = once(child, 'exit')
    if (child.kill('SIGKILL')) await ended
    rmSync(directory, { recursive: true, force: true })
  })
  return {
    directory,
    pid: child.pid ?? 0,
    async control() {
      const control = controlOf(directory, passwords.instance)
      open.push(() => control.close())
      await eventually('redis-server answers', () => control.info())
      return control
    },
    administrator() {
      const path = join(directory, socketName)
      const client = new Redis({ path, username: instanceUser, password: passwords.instance })
      client.on('error', () => undefined)
      open.push(() => client.disconnect())
      return client
    },
  }
}
