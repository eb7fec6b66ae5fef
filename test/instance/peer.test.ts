// Heartbeats as an instance answers them: whom it grants, what it refuses, and what it remembers of them.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { problemType, type ProblemCode } from '../../instance/api.ts'
import { eventually } from '../e2e/eventually.ts'
import { clusterUID } from '../support/kubernetes-api.ts'
import { holdVolume, instanceProcess, ownUID, type Answer } from '../support/instance-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

const heartbeat = {
  cluster: clusterUID,
  pod: ownUID,
  from: 'u1',
  epoch: 4,
  target: 'u1',
  writable: true,
  beat: 1,
  terms: [],
}

function refused(answer: Answer, code: ProblemCode): void {
  assert.equal(answer.body.type, problemType(code), JSON.stringify(answer.body))
}

describe('POST /v1/peer', { timeout }, () => {
  it('grants a primary until a promise is above it, and says which', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    const beat = (more: object = {}): Promise<Answer> =>
      instance.post('/v1/peer', {}, { ...heartbeat, ...more })
    assert.deepEqual((await beat()).body, { kind: 'granted' })
    assert.equal((await instance.status()).grant.uid, 'u1')
    await instance.fence(5, 'u2')
    assert.deepEqual((await beat()).body, { kind: 'superseded', epoch: 5, target: 'u2' })
    assert.deepEqual((await beat({ epoch: 5 })).body, { kind: 'superseded', epoch: 5, target: 'u2' })
    assert.deepEqual((await beat({ epoch: 5, target: 'u2', from: 'u2' })).body, { kind: 'granted' })
    assert.equal((await instance.status()).grant.uid, 'u2')
  })

  it('passes on what a fenced one has promised, and grants it nothing', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    await instance.post('/v1/peer', {}, { ...heartbeat, epoch: 7, target: 'u2', writable: false })
    const { relayed, grant } = await instance.status()
    assert.deepEqual([relayed, grant.uid], [[{ uid: 'u1', epoch: 7, target: 'u2' }], undefined])
  })

  it('refuses what is meant for others, malformed, or sent without the token, and remembers none of it', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    const beat = (body: object | undefined, headers?: Record<string, string>): Promise<Answer> =>
      instance.post('/v1/peer', {}, body, headers)
    refused(await beat({ ...heartbeat, cluster: 'other' }), 'wrong-identity')
    refused(await beat({ ...heartbeat, pod: 'other' }), 'wrong-identity')
    refused(await beat(heartbeat, {}), 'unauthorized')
    refused(await beat(heartbeat, { authorization: 'Bearer other' }), 'unauthorized')
    const { epoch: _, ...withoutEpoch } = heartbeat
    const malformed = [
      undefined,
      {},
      [],
      withoutEpoch,
      { ...heartbeat, epoch: '4' },
      { ...heartbeat, epoch: -1 },
      { ...heartbeat, epoch: 1.5 },
      { ...heartbeat, target: '' },
      { ...heartbeat, from: 'x'.repeat(65) },
      { ...heartbeat, writable: 1 },
      { ...heartbeat, more: true },
    ]
    for (const body of malformed) refused(await beat(body), 'bad-request')
    const { relayed, grant } = await instance.status()
    assert.deepEqual([relayed, grant.uid], [[], undefined])
  })

  it('is refused by a Pod whose volume is still held by another', async (t) => {
    const instance = await instanceProcess(t)
    await holdVolume(t, instance)
    instance.spawn()
    const beat = (): Promise<Answer> => instance.post('/v1/peer', {}, heartbeat)
    refused(await eventually('it answers', beat), 'not-ready')
  })
})
