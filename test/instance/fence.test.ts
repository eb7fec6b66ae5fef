// Fencing and the life of redis-server: writes end in time, users are in force, the volume has one owner.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { problemType } from '../../instance/api.ts'
import { eventually } from '../e2e/eventually.ts'
import { holdVolume, identity, instanceProcess, writeMounts } from '../support/instance-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

describe('fence', { timeout }, () => {
  it('a fenced primary refuses writes and has disconnected its clients', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    await instance.open(1)
    const client = instance.client()
    await client.set('a', 'b')
    const closed = once(client, 'close')
    assert.equal((await instance.fence(2, 'u1')).status, 200)
    await closed
    await assert.rejects(instance.client().set('a', 'c'), /READONLY/)
    const { writable, seen } = await instance.status()
    assert.deepEqual([writable, seen], [false, 2])
  })

  it('kills a redis-server that does not confirm, for example during a long script', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    await instance.open(1)
    const before = instance.redisPid()
    const endless = instance.client().eval('while true do redis.call("set", "a", "b") end', 0)
    endless.catch(() => undefined)
    const other = instance.client()
    await eventually('the script lets nobody through', () =>
      Promise.race([other.ping().then(() => undefined), pause(300, 'blocked')]),
    )
    assert.equal((await instance.fence(2, 'u1')).status, 200)
    assert.equal((await instance.status()).writable, false)
    assert.throws(() => process.kill(before, 0), 'it is reaped')
  })

  it('following a primary of a lower reign ends with the promise', async (t) => {
    const instance = await instanceProcess(t)
    instance.api.reign = {}
    await instance.start()
    const query = { ...identity, primaryIP: '127.0.0.9', epoch: '1', primary: 'u1' }
    assert.equal((await instance.post('/v1/demote', query)).status, 200)
    assert.deepEqual((await instance.status()).follows, { host: '127.0.0.9', port: 6379 })
    await instance.fence(2, 'u2')
    assert.equal((await instance.status()).follows?.port, 1)
    assert.equal((await instance.post('/v1/demote', query)).body.type, problemType('older-epoch'))
  })
})

describe('parameters', () => {
  const hostile: readonly (readonly [string, string])[] = [
    ['/v1/fence', 'epoch=-1'],
    ['/v1/fence', 'epoch=1e3'],
    ['/v1/fence', 'epoch=9999999999999999'],
    ['/v1/fence', ''],
    ['/v1/demote', 'primaryIP=nonsense'],
    ['/v1/demote', 'primaryIP=1.2.3.4&port=0'],
    ['/v1/demote', 'primaryIP=1.2.3.4&port=65536'],
    ['/v1/demote', 'primaryIP=1.2.3.4&primaryIP=5.6.7.8'],
    ['/v1/demote', 'primaryIP=1.2.3.4'],
    ['/v1/promote', 'epoch=1&unknown=2'],
  ]

  it('hostile ones are a 400 with a sentence, and change nothing', async (t) => {
    const instance = await instanceProcess(t)
    instance.api.reign = {}
    await instance.start()
    const reign = async (): Promise<unknown> => {
      const { seen, seenTarget, openedEpoch, follows } = await instance.status()
      return { seen, seenTarget, openedEpoch, follows }
    }
    const before = await reign()
    for (const [path, query] of hostile) {
      const answer = await instance.post(`${path}?${query}`)
      assert.equal(answer.status, 400, `${path} ${query}`)
      assert.ok(answer.body.detail.length > 0)
    }
    assert.deepEqual(await reign(), before)
  })
})

describe('redis-server', { timeout }, () => {
  it('never answers anybody without a password, from the first moment it listens', async (t) => {
    const instance = await instanceProcess(t)
    instance.spawn()
    const answers: string[] = []
    await eventually('redis-server listens', async () => {
      const answer = await askWithoutPassword(instance.ip)
      if (answer !== undefined) answers.push(answer)
      return answers.length >= 20 ? true : undefined
    })
    assert.deepEqual([...new Set(answers.map((answer) => answer.split(' ')[0]))], ['-NOAUTH'])
  })

  it('the application may not change roles, users or guarantees', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    const client = instance.client()
    for (const command of [
      ['REPLICAOF', 'NO', 'ONE'],
      ['CONFIG', 'SET', 'replica-read-only', 'no'],
      ['ACL', 'SETUSER', 'x'],
      ['SHUTDOWN'],
      ['DEBUG', 'SLEEP', '0'],
    ]) {
      await assert.rejects(
        client.call(command[0] ?? '', ...command.slice(1)),
        /NOPERM|not allowed/,
        command.join(' '),
      )
    }
  })

  it('takes changed passwords without a restart, its own included', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    await instance.open(1)
    const pid = instance.redisPid()
    writeMounts(instance.root, { application: 'new', replication: 'new-r', instance: 'new-i' })
    await eventually('the new password works', () => instance.client('new').ping())
    await eventually('the instance server still reaches it', async () =>
      (await instance.status()).redis.state === 'running' ? true : undefined,
    )
    assert.equal((await instance.fence(2, 'u1')).status, 200)
    assert.deepEqual([instance.redisPid(), (await instance.status()).writable], [pid, false])
  })

  it('SIGTERM stops it gracefully: every write is there again', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    await instance.open(1)
    const client = instance.client()
    await Promise.all(Array.from({ length: 1000 }, (_, index) => client.set(`key ${index}`, 'value')))
    await instance.kill('SIGTERM')
    await instance.start()
    assert.equal(await instance.client().dbsize(), 1000)
  })
})

describe('the volume', { timeout }, () => {
  it('an instance waits while another process holds it, and takes nothing over', async (t) => {
    const instance = await instanceProcess(t)
    const release = await holdVolume(t, instance)
    instance.spawn()
    await eventually('it waits', async () =>
      (await instance.status()).redis.reason?.includes('lock') === true ? true : undefined,
    )
    // Several attempts at the lock: none may succeed.
    await pause(500)
    const { redis, volume, writable } = await instance.status()
    assert.deepEqual([redis.state, volume.locked, writable], ['waiting', false, false])
    assert.equal((await instance.fence(2, 'u1')).body.type, problemType('not-ready'))
    release()
    await eventually('redis-server runs', async () =>
      (await instance.status()).redis.state === 'running' ? true : undefined,
    )
    assert.equal((await instance.status()).volume.locked, true)
  })

  it('a redis-server does not outlive its instance server', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    await instance.open(1)
    const orphan = instance.redisPid()
    await instance.kill('SIGKILL')
    await eventually('it is gone', () => {
      assert.throws(() => process.kill(orphan, 0))
      return true
    })
    await instance.start()
    const { openedEpoch, writable } = await instance.status()
    assert.deepEqual([openedEpoch, writable], [1, false])
  })
})

/** The first words of an answer to a bare PING; undefined when nobody listens. */
async function askWithoutPassword(host: string): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const socket = createConnection({ host, port: 6379 }, () => socket.write('PING\r\n'))
    socket.setEncoding('utf8')
    socket.on('data', (text) => {
      resolve(String(text))
      socket.destroy()
    })
    socket.on('error', () => resolve(undefined))
    socket.on('close', () => resolve(undefined))
  })
}
