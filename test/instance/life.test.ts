// A person stops a redis-server by annotation: it stays stopped, its Pod stays calm, and it comes back as a replica.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fencedAnnotation, instancePort, paths, type InstanceStatus } from '../../instance/api.ts'
import type { Reign } from '../../instance/ballot.ts'
import { eventually } from '../e2e/eventually.ts'
import { instanceProcess, target, type InstanceProcess } from '../support/instance-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

const naming = (...pods: readonly string[]): Readonly<Record<string, string>> => ({
  [fencedAnnotation]: JSON.stringify(pods),
})

/** Promised as soon as it is read: shows that whatever was set before was read, too. */
const another = (epoch: number): Reign => target(epoch, { targetPrimary: 'cache-1', targetPrimaryUID: 'u1' })

async function hasRead({ api, status }: InstanceProcess, epoch: number): Promise<void> {
  api.reign = another(epoch)
  await eventually('it has read the RedisCluster', async () =>
    (await status()).seen === epoch ? true : undefined,
  )
}

async function held({ status }: InstanceProcess, state: InstanceStatus['redis']['state']): Promise<void> {
  await eventually(`redis-server is ${state}`, async () => {
    const { fencedByUser, redis, volume } = await status()
    return fencedByUser && redis.state === state && volume.locked ? true : undefined
  })
}

async function running({ status }: InstanceProcess): Promise<InstanceStatus> {
  return await eventually('redis-server answers', async () => {
    const seen = await status()
    return seen.redis.state === 'running' && !seen.fencedByUser ? seen : undefined
  })
}

/** Longer than any of the first pauses before a redis-server is started again. */
async function staysDown(instance: InstanceProcess): Promise<void> {
  // That nothing starts is what is tested: time must pass.
  await pause(1500)
  assert.throws(() => instance.redisPid(), /no redis-server listens/)
}

async function probe({ ip }: InstanceProcess, path: string): Promise<readonly [number, string]> {
  const answer = await fetch(`http://${ip}:${instancePort}${path}`)
  return [answer.status, await answer.text()]
}

async function isCalm(instance: InstanceProcess): Promise<void> {
  const { redis, writable, role, terminating } = await instance.status()
  assert.match(redis.reason ?? '', /^it is stopped by the annotation redis\.io\/fencedInstances$/)
  assert.deepEqual([writable, role, terminating], [false, undefined, false])
  assert.equal((await probe(instance, paths.healthz))[0], 200)
  const [ready, why] = await probe(instance, paths.readyz)
  assert.equal(ready, 503)
  assert.match(why, /it is stopped by the annotation/)
}

describe('a redis-server that a person fences', { timeout }, () => {
  it('is stopped and kept stopped, its Pod lives on and says why, and it comes back as a replica with its data', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    await instance.open(1)
    await instance.client().set('a', 'b')
    const pid = instance.redisPid()
    instance.api.annotations = naming('cache-2', 'cache-0')
    await held(instance, 'stopped')
    assert.throws(() => process.kill(pid, 0), 'it is reaped')
    await staysDown(instance)
    await isCalm(instance)
    instance.api.annotations = naming('cache-2')
    const { role, writable, fencedByUser } = await running(instance)
    assert.deepEqual([role, writable, fencedByUser], ['slave', false, false])
    assert.equal(await instance.client().get('a'), 'b')
    await assert.rejects(instance.client().set('a', 'c'), /READONLY/)
    assert.equal((await probe(instance, paths.healthz))[0], 200)
  })

  it('is not started while the annotation names it from the beginning', async (t) => {
    const instance = await instanceProcess(t)
    instance.api.annotations = naming('cache-0')
    instance.spawn()
    await held(instance, 'waiting')
    await staysDown(instance)
    await isCalm(instance)
    instance.api.annotations = {}
    assert.equal((await running(instance)).role, 'slave')
  })

  it('is started when the annotation is taken back while a start still reads that it is there', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    // From here on it hears of changes by its watch alone.
    await hasRead(instance, 1)
    instance.api.annotateUnwatched(naming('cache-0'))
    const reads = instance.api.holdClusterReads()
    process.kill(instance.redisPid(), 'SIGKILL')
    await reads.held
    instance.api.annotations = {}
    await hasRead(instance, 2)
    reads.release()
    assert.equal((await running(instance)).role, 'slave')
  })

  it('goes on promising', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    await instance.open(1)
    instance.api.annotations = naming('cache-0')
    await held(instance, 'stopped')
    assert.equal((await instance.fence(2, 'u1')).status, 200)
    const { seen, seenTarget, redis } = await instance.status()
    assert.deepEqual([seen, seenTarget, redis.state], [2, 'u1', 'stopped'])
  })
})

describe('an annotation', { timeout }, () => {
  it('that names others, or cannot be read, stops nobody', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    const pid = instance.redisPid()
    for (const [index, text] of ['["cache-1"]', 'cache-0', '{"cache-0": true}', '["cache-0"'].entries()) {
      instance.api.annotations = { [fencedAnnotation]: text }
      await hasRead(instance, 2 + index)
      const { redis, fencedByUser } = await instance.status()
      assert.deepEqual([redis.state, fencedByUser, instance.redisPid()], ['running', false, pid], text)
    }
  })

  it('that cannot be read any more starts nobody', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    instance.api.annotations = naming('cache-0')
    await held(instance, 'stopped')
    instance.api.annotations = { [fencedAnnotation]: 'none' }
    await hasRead(instance, 2)
    await staysDown(instance)
    assert.equal((await instance.status()).fencedByUser, true)
  })
})
