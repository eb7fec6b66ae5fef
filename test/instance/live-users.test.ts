// A changed ACL reaches a running redis-server, takes nothing from the operator, and never keeps redis-server from starting.
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { aclKey, mounts } from '../../instance/api.ts'
import { eventually } from '../e2e/eventually.ts'
import { instanceProcess, type InstanceProcess } from '../support/instance-process.ts'

const timeout = 90_000

const write = ({ root }: InstanceProcess, text: string): void =>
  writeFileSync(join(root + mounts.projected, aclKey), text)

/** What redis-server says to a command of this user. */
async function as(
  instance: InstanceProcess,
  user: string,
  password: string,
  ...command: string[]
): Promise<string> {
  const client = instance.client()
  try {
    await client.call('AUTH', user, password)
    const [name = 'PING', ...rest] = command
    return String(await client.call(name, ...rest))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    client.disconnect()
  }
}

const until = (instance: InstanceProcess, expected: RegExp, user: string, password: string): Promise<true> =>
  eventually(`${user} gets ${String(expected)}`, async () =>
    expected.test(await as(instance, user, password)) ? true : undefined,
  )

describe("the application's own users", { timeout }, () => {
  it('come, change and go without a restart', async (t) => {
    const instance = await instanceProcess(t)
    write(instance, 'user reader on >one ~* +@read +ping\n')
    await instance.start()
    const pid = instance.redisPid()
    await until(instance, /PONG/, 'reader', 'one')
    assert.match(await as(instance, 'reader', 'one', 'SET', 'a', 'b'), /NOPERM/)
    write(instance, 'user reader on >two ~* +@read +ping\nuser other on >three ~* +ping\n')
    await until(instance, /PONG/, 'reader', 'two')
    await until(instance, /PONG/, 'other', 'three')
    assert.match(await as(instance, 'reader', 'one'), /WRONGPASS/)
    rmSync(join(instance.root + mounts.projected, aclKey))
    await until(instance, /WRONGPASS/, 'reader', 'two')
    assert.equal(instance.redisPid(), pid)
  })

  it('may not do what the operator alone does', async (t) => {
    const instance = await instanceProcess(t)
    write(instance, 'user admin on >a ~* &* +@all\n')
    await instance.start()
    await until(instance, /PONG/, 'admin', 'a')
    for (const command of [
      ['REPLICAOF', 'NO', 'ONE'],
      ['CONFIG', 'SET', 'replica-read-only', 'no'],
      ['ACL', 'SETUSER', 'x'],
      ['SHUTDOWN'],
    ])
      assert.match(await as(instance, 'admin', 'a', ...command), /NOPERM/, command.join(' '))
    assert.match(await as(instance, 'admin', 'a', 'CONFIG', 'GET', 'masterauth'), /NOPERM/)
    assert.match(await as(instance, 'admin', 'a', 'CONFIG', 'RESETSTAT'), /OK/)
  })

  it('that are not valid are told without their rules, stay what they were, and keep nobody from starting', async (t) => {
    const instance = await instanceProcess(t)
    write(instance, 'user good on >g ~* +ping\n')
    await instance.start()
    await until(instance, /PONG/, 'good', 'g')
    write(
      instance,
      'user good on >geheim ~* +nonsense\nuser instance on >geheim +@all\nuser late on >l +ping\n',
    )
    await until(instance, /PONG/, 'late', 'l')
    const { config } = await instance.status()
    assert.deepEqual(config.refused, [
      'line 2 of the ACL: user instance belongs to the operator',
      'user good of the ACL: Unknown command or category name in ACL',
    ])
    assert.match(await as(instance, 'good', 'g'), /PONG/)
    await instance.kill('SIGTERM')
    await instance.start()
    await until(instance, /PONG/, 'late', 'l')
    assert.match(await as(instance, 'good', 'g'), /WRONGPASS/)
  })

  it('are there again after redis-server has crashed', async (t) => {
    const instance = await instanceProcess(t)
    write(instance, 'user reader on >one ~* +ping\n')
    await instance.start()
    await until(instance, /PONG/, 'reader', 'one')
    process.kill(instance.redisPid(), 'SIGKILL')
    await until(instance, /PONG/, 'reader', 'one')
  })
})
