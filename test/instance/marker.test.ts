// The marker in the data: an application may use functions, and remove ours with its own; what the data are worth stays known.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ChildProcess } from 'node:child_process'
import { eventually } from '../e2e/eventually.ts'
import { instanceProcess, type InstanceProcess } from '../support/instance-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000
const marker = 'redis_operator_reign'
const foreign = "#!lua name=mine\nredis.register_function('answer', function() return 42 end)"

async function libraries(instance: InstanceProcess): Promise<string> {
  return JSON.stringify(await instance.client().call('FUNCTION', 'LIST', 'WITHCODE'))
}

async function isMarked(instance: InstanceProcess, epoch: number): Promise<void> {
  await eventually('the marker is there', async () =>
    (await libraries(instance)).includes(`'c1/${epoch}'`) ? true : undefined,
  )
}

/** The primary of epoch 1, with the process of its instance server. */
async function opened(instance: InstanceProcess): Promise<ChildProcess> {
  const child = instance.spawn()
  await eventually('redis-server runs', async () =>
    (await instance.status()).redis.state === 'running' ? true : undefined,
  )
  await instance.open(1)
  await isMarked(instance, 1)
  return child
}

describe('functions of an application', { timeout }, () => {
  it('are its own to load and remove, and the marker comes back by itself', async (t) => {
    const instance = await instanceProcess(t)
    await opened(instance)
    const client = instance.client()
    await client.call('FUNCTION', 'LOAD', foreign)
    assert.equal(await client.call('FCALL', 'answer', '0'), 42)
    for (const removal of [['FLUSH'], ['DELETE', marker], ['FLUSH', 'ASYNC']]) {
      await client.call('FUNCTION', ...removal)
      await isMarked(instance, 1)
    }
    await client.call('FUNCTION', 'LOAD', foreign)
    assert.match(await libraries(instance), /mine/)
    const forged = `#!lua name=${marker}\nredis.register_function('${marker}', function() return 'c1/999' end)`
    await client.call('FUNCTION', 'LOAD', 'REPLACE', forged)
    await isMarked(instance, 1)
  })

  it('that removed the marker in the last moment of a redis-server leave the data of their reign', async (t) => {
    const instance = await instanceProcess(t)
    const child = await opened(instance)
    const client = instance.client()
    await client.set('a', 'b')
    await eventually('the reign is recorded beside the data', async () =>
      (await instance.status()).dataEpoch === 1 ? true : undefined,
    )
    // It cannot put the marker back now.
    child.kill('SIGSTOP')
    await client.call('FUNCTION', 'FLUSH')
    process.kill(instance.redisPid(), 'SIGKILL')
    child.kill('SIGCONT')
    const { dataEpoch, empty, restarted } = await eventually('it runs again', async () => {
      const status = await instance.status()
      return status.redis.state === 'running' && !status.writable ? status : undefined
    })
    assert.deepEqual([dataEpoch, empty, restarted], [1, false, true])
    assert.doesNotMatch(await libraries(instance), /redis_operator_reign/, 'it was really away')
    assert.equal(await instance.client().get('a'), 'b')
  })
})
