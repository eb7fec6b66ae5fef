// Commands as they go over the wire, and what becomes of a refusal.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { executeCommands } from '../../../hooks/io/execute.ts'
import { instanceAgent } from '../../../hooks/io/poll.ts'
import type { Address, Command } from '../../../hooks/rediscluster/plan.ts'
import { fakeInstance, json } from '../../support/fake-instance.ts'

describe('executeCommands', () => {
  it('names cluster, Pod and epoch in every command, and carries the token and the proofs', async (t) => {
    const agent = instanceAgent()
    t.after(() => agent.destroy())
    const to = await fakeInstance(t, 'u0', json({}))
    const primary = { uid: 'u1', name: 'cache-1', ip: '10.0.0.1' }
    const proofs = [{ uid: 'u9', epoch: 1, kind: 'Gone' as const }]
    const chosen = { dataEpoch: 1, offsetBytes: 7, restarted: false }
    const common = { to, cluster: 'c1', epoch: 2 }
    for (const command of [
      { kind: 'Fence' as const, ...common, target: 'u1' },
      { kind: 'Promote' as const, ...common, proofs, chosen },
      { kind: 'Follow' as const, ...common, primary },
    ]) {
      assert.deepEqual(await executeCommands(agent, [command], ['secret'], () => 1000), [
        { kind: command.kind, to: to.name, ok: true, detail: '' },
      ])
    }
    assert.deepEqual(to.requests, [
      'POST /v1/fence?cluster=c1&pod=u0&epoch=2&target=u1 Bearer secret ',
      `POST /v1/promote?cluster=c1&pod=u0&epoch=2 Bearer secret ${JSON.stringify({ proofs, chosen })}`,
      'POST /v1/demote?cluster=c1&pod=u0&epoch=2&primaryIP=10.0.0.1&port=6379&primary=u1 Bearer secret ',
    ])
  })

  it('tries the tokens of before a rotation on whoever does not know the new one yet', async (t) => {
    const agent = instanceAgent()
    t.after(() => agent.destroy())
    const known = await fakeInstance(t, 'u0', (request, response) => {
      const knows = request.headers.authorization === 'Bearer old'
      json(knows ? {} : { detail: 'no' }, knows ? 200 : 401)(request, response)
    })
    const [outcome] = await executeCommands(agent, [fence(known)], ['new', 'old', 'older'], () => 1000)
    assert.deepEqual(outcome, { kind: 'Fence', to: known.name, ok: true, detail: '' })
    const tried = known.requests.map((line) => line.split(' ')[3])
    assert.deepEqual(tried, ['new', 'old'])
    const stranger = await fakeInstance(t, 'u1', json({ detail: 'send the control token' }, 401))
    const [refused] = await executeCommands(agent, [fence(stranger)], ['new', 'old'], () => 1000)
    assert.deepEqual([refused?.ok, refused?.detail], [false, '401: send the control token'])
    assert.equal(stranger.requests.length, 2)
  })

  it('sends a command once when anything but a token is missing', async (t) => {
    const agent = instanceAgent()
    t.after(() => agent.destroy())
    const to = await fakeInstance(t, 'u0', json({ detail: 'no' }, 409))
    await executeCommands(agent, [fence(to)], ['new', 'old'], () => 1000)
    assert.equal(to.requests.length, 1)
  })

  it('a refusal is data, with the sentence of the instance', async (t) => {
    const agent = instanceAgent()
    t.after(() => agent.destroy())
    const to = await fakeInstance(t, 'u0', json({ detail: 'epoch 3 is promised' }, 409))
    const [outcome] = await executeCommands(agent, [fence(to)], [], () => 1000)
    assert.deepEqual([outcome?.ok, outcome?.detail], [false, '409: epoch 3 is promised'])
  })

  it('so is no answer within the deadline', async (t) => {
    const agent = instanceAgent()
    t.after(() => agent.destroy())
    const to = await fakeInstance(t, 'u0', () => undefined)
    const [outcome] = await executeCommands(agent, [fence(to)], [], () => 200)
    assert.equal(outcome?.ok, false)
  })

  it('an answer larger than any honest one is not read', async (t) => {
    const agent = instanceAgent()
    t.after(() => agent.destroy())
    const to = await fakeInstance(t, 'u0', (_, response) => response.end('x'.repeat(10_000_000)))
    const [outcome] = await executeCommands(agent, [fence(to)], [], () => 2000)
    assert.deepEqual([outcome?.ok, outcome?.detail], [false, 'its answer is too large'])
  })

  it('an address that is none gets neither command nor token', async (t) => {
    const agent = instanceAgent()
    t.after(() => agent.destroy())
    const { ip, requests } = await fakeInstance(t, 'u0', json({}))
    for (const forged of ['localhost', `${ip}:8080/v1/x?`, `user@${ip}`, '']) {
      const to = { uid: 'u0', name: 'cache-0', ip: forged }
      const [outcome] = await executeCommands(agent, [fence(to)], ['secret'], () => 1000)
      assert.equal(outcome?.detail, 'its address is not an IP address')
    }
    assert.deepEqual(requests, [])
  })
})

const fence = (to: Address): Command => ({ kind: 'Fence', to, cluster: 'c1', epoch: 2, target: 'u1' })
