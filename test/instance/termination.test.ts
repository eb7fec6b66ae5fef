// The end of PID 1: redis-server ends first, however often it is told, and a failed start does not end it at all.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { mounts } from '../../instance/api.ts'
import { stateFileName } from '../../instance/state-file.ts'
import { eventually } from '../e2e/eventually.ts'
import { instanceProcess } from '../support/instance-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('an instance server', { timeout }, () => {
  it('outlives its redis-server when it is told to stop more than once', async (t) => {
    const instance = await instanceProcess(t)
    const child = instance.spawn()
    await eventually('redis-server answers', async () =>
      (await instance.status()).redis.state === 'running' ? true : undefined,
    )
    const pid = instance.redisPid()
    process.kill(pid, 'SIGSTOP')
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await eventually('it is leaving', async () => ((await instance.status()).terminating ? true : undefined))
    child.kill('SIGTERM')
    child.kill('SIGINT')
    // Both must have been taken: it answers after them.
    await instance.status()
    await instance.status()
    assert.deepEqual([child.exitCode, isAlive(pid)], [null, true])
    process.kill(pid, 'SIGCONT')
    const [code] = (await ended) as [number | null]
    assert.deepEqual([code, isAlive(pid)], [0, false])
  })

  it('starts nothing for a Pod that said in an earlier life that it has ended', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    await instance.kill('SIGTERM')
    const path = join(instance.root + mounts.data, stateFileName)
    const state = JSON.parse(readFileSync(path, 'utf8')) as object
    writeFileSync(path, JSON.stringify({ ...state, ended: instance.uid }))
    instance.spawn()
    await eventually('it has the volume', async () =>
      (await instance.status()).volume.locked ? true : undefined,
    )
    assert.equal((await instance.fence(2, 'u1')).status, 503)
    // That nothing starts is what is tested: time must pass.
    await pause(1500)
    assert.throws(() => instance.redisPid(), /no redis-server listens/)
  })

  it('answers although it cannot start, and says why', async (t) => {
    const instance = await instanceProcess(t)
    const path = join(instance.root + mounts.data, stateFileName)
    writeFileSync(path, '{"seen":')
    instance.spawn()
    const { redis, writable } = await eventually('it tells', async () => {
      const status = await instance.status()
      return status.redis.reason?.includes('reign.json') === true ? status : undefined
    })
    assert.deepEqual([redis.state, writable], ['waiting', false])
    assert.equal((await instance.fence(2, 'u1')).status, 503)
    rmSync(path)
    await eventually('it starts once the cause is gone', async () =>
      (await instance.status()).redis.state === 'running' ? true : undefined,
    )
  })
})
