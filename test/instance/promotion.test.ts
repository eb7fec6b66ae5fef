// Opening for writes: claim, live read and proofs, and every reason for which an instance refuses.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { instanceAnnotations, problemType, type ProblemCode } from '../../instance/api.ts'
import type { Reign } from '../../instance/ballot.ts'
import { eventually } from '../e2e/eventually.ts'
import {
  chosenFor,
  identity,
  instanceProcess,
  ownUID,
  podName,
  target,
  type Answer,
} from '../support/instance-process.ts'

const old: Reign = { currentPrimary: 'cache-1', currentPrimaryUID: 'u1', currentEpoch: 1 }

function refused(answer: Answer, code: ProblemCode): void {
  assert.deepEqual([answer.status >= 400, answer.body.type], [true, problemType(code)], answer.body.detail)
}

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

describe('promote', { timeout }, () => {
  it('opens the target that claims its epoch and reads itself live, once; repeating it is harmless', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    assert.equal((await instance.status()).writable, false)
    assert.equal((await instance.promote(1)).status, 200)
    assert.equal((await instance.promote(1)).status, 200)
    const { writable, openedEpoch, dataEpoch, role } = await instance.status()
    assert.deepEqual([writable, openedEpoch, dataEpoch, role], [true, 1, 1, 'master'])
    assert.equal(instance.api.pods.get(podName)?.annotations[instanceAnnotations.epoch], '1')
    assert.equal(await instance.client().set('a', 'b'), 'OK')
  })

  it('refuses what it must, and opens for nothing of it', async (t) => {
    const instance = await instanceProcess(t)
    const { api } = instance
    await instance.start()
    const chosen = chosenFor(await instance.status())
    const promote = (query: Record<string, string>, headers?: Record<string, string>): Promise<Answer> =>
      instance.post('/v1/promote', query, { proofs: [], chosen }, headers)
    refused(await promote({ ...identity, epoch: '1' }, {}), 'unauthorized')
    refused(await promote({}), 'bad-request')
    refused(await promote({ ...identity, pod: 'other', epoch: '1' }), 'wrong-identity')
    refused(await promote({ ...identity, cluster: 'other', epoch: '1' }), 'wrong-identity')
    refused(await instance.post('/v1/promote', { ...identity, epoch: '1' }, { proofs: [] }), 'bad-request')
    instance.api.reign = target(1, { terms: [] })
    refused(await instance.promote(1), 'not-target')
    await instance.fence(5)
    refused(await instance.promote(4), 'older-epoch')
    await instance.fence(6, 'u1')
    refused(await instance.promote(6), 'not-target')
    api.reign = target(6)
    refused(await instance.promote(7), 'not-target')
    api.reign = target(9, old)
    refused(await instance.promote(9), 'missing-proof')
    refused(await instance.promote(9, [{ uid: 'u1', epoch: 0, kind: 'Stopped' }]), 'missing-proof')
    api.pods.set('cache-1', { uid: 'u1', annotations: {} })
    refused(await instance.promote(9, [{ uid: 'u1', epoch: 1, kind: 'Gone' }]), 'missing-proof')
    api.pods.set('cache-1', { uid: 'u1', annotations: { [instanceAnnotations.epoch]: '10' } })
    api.reign = target(10)
    refused(await instance.promote(10), 'claim-refused')
    assert.equal((await instance.status()).writable, false)
  })

  it('a proof for every contender opens the door that was closed without', async (t) => {
    const instance = await instanceProcess(t)
    instance.api.reign = target(2, old)
    await instance.start()
    refused(await instance.promote(2), 'missing-proof')
    assert.equal((await instance.promote(2, [{ uid: 'u1', epoch: 1, kind: 'Gone' }])).status, 200)
  })

  it('opens nothing while the live read is open, nor on one that is too old', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    const read = instance.api.holdClusterReads()
    const answer = instance.promote(1)
    await read.held
    assert.equal((await instance.status()).writable, false)
    // The age of a read is what is tested: it must pass in real time.
    await pause(1100)
    assert.equal((await instance.status()).writable, false)
    read.release()
    refused(await answer, 'stale-read')
    assert.equal((await instance.status()).writable, false)
    assert.equal((await instance.promote(1)).status, 200, 'a fresh read of the same process may go on')
  })

  it('a promise made during the live read wins', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    const read = instance.api.holdClusterReads()
    const answer = instance.promote(1)
    await read.held
    assert.equal((await instance.fence(2, 'u1')).status, 200)
    read.release()
    refused(await answer, 'older-epoch')
    assert.equal((await instance.status()).writable, false)
  })

  it('answers that the API cannot be read, and stays closed', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    instance.api.pods.delete(podName)
    refused(await instance.promote(1), 'claim-refused')
    assert.equal((await instance.status()).writable, false)
  })
})

describe('the one-way door', { timeout }, () => {
  it('a redis-server that was killed comes back as a read-only replica, and never opens its epoch again', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    await instance.open(1)
    await instance.client().set('a', 'b')
    const before = instance.redisPid()
    process.kill(before, 'SIGKILL')
    await eventually('another redis-server runs', async () => {
      const { redis, writable } = await instance.status()
      assert.equal(writable && instance.redisPid() !== before, false)
      return redis.state === 'running' && instance.redisPid() !== before ? true : undefined
    })
    const { role, restarted, writable } = await instance.status()
    assert.deepEqual([role, restarted, writable], ['slave', true, false])
    refused(await instance.promote(1), 'spent-epoch')
    instance.api.reign = target(2)
    assert.equal((await instance.promote(2)).status, 200)
  })

  it('promise and spent epoch survive kill -9 of everything', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    await instance.open(1)
    await instance.fence(3, 'u1')
    process.kill(instance.redisPid(), 'SIGKILL')
    await instance.kill('SIGKILL')
    await instance.start()
    const { seen, seenTarget, openedEpoch, writable } = await instance.status()
    assert.deepEqual([seen, seenTarget, openedEpoch, writable], [3, 'u1', 1, false])
    refused(await instance.fence(2), 'older-epoch')
    refused(await instance.fence(3, 'u2'), 'conflicting-target')
  })

  it('a wiped volume does not open an epoch that this Pod has claimed', async (t) => {
    const instance = await instanceProcess(t)
    instance.api.pods.set(podName, { uid: ownUID, annotations: { [instanceAnnotations.epoch]: '1' } })
    await instance.start()
    refused(await instance.promote(1), 'spent-epoch')
  })
})
