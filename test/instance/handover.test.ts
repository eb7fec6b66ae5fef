// A planned move between two real instances: the successor has every write before the old primary refuses them for good.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { paths, problemType } from '../../instance/api.ts'
import { eventually } from '../e2e/eventually.ts'
import { replica } from '../support/builders.ts'
import { fakeInstance, json } from '../support/fake-instance.ts'
import {
  identity,
  instanceProcess,
  ownUID,
  target,
  term,
  type Answer,
  type InstanceProcess,
} from '../support/instance-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

interface Pair {
  readonly old: InstanceProcess
  readonly successor: InstanceProcess
  handover(query?: Record<string, string>, headers?: Record<string, string>): Promise<Answer>
}

/** The primary of epoch 1 with a replica in sync; the status names that one for epoch 2, as a planned move. */
async function pair(t: TestContext): Promise<Pair> {
  const old = await instanceProcess(t)
  const { api } = old
  const terms = [term([ownUID, 'u1'])]
  api.reign = target(1, { terms })
  await old.start()
  await old.open(1)
  const successor = await instanceProcess(t, { api, ordinal: 1 })
  await successor.start()
  const query = { ...identity, pod: 'u1', primaryIP: old.ip, epoch: '1', primary: ownUID }
  assert.equal((await successor.post(paths.demote, query)).status, 200)
  await eventually('it is in sync', async () => {
    const { masterLinkStatus, restarted } = await successor.status()
    return masterLinkStatus === 'up' && !restarted ? true : undefined
  })
  api.reign = target(2, {
    targetPrimary: 'cache-1',
    targetPrimaryUID: 'u1',
    currentPrimary: 'cache-0',
    currentPrimaryUID: ownUID,
    currentEpoch: 1,
    planned: 'Switchover',
    terms,
  })
  const handover: Pair['handover'] = (given = {}, headers) =>
    old.post(
      paths.handover,
      { ...identity, epoch: '2', target: 'u1', targetIP: successor.ip, ...given },
      undefined,
      headers,
    )
  return { old, successor, handover }
}

/** Counts up without a pause until it is refused; `acknowledged` is the highest answer. */
function writer(old: InstanceProcess): {
  readonly acknowledged: () => number
  readonly done: Promise<unknown>
} {
  const client = old.client()
  let highest = 0
  const write = async (): Promise<void> => {
    for (;;) highest = await client.incr('counter')
  }
  return { acknowledged: () => highest, done: write().catch((error: unknown) => error) }
}

function refused(
  { status, body }: Answer,
  ...[expected, code]: readonly [number, Parameters<typeof problemType>[0]]
): void {
  assert.deepEqual([status, body.type], [expected, problemType(code)], body.detail)
}

/** On a busy machine the successor may lag at first: then nothing was done, and the hooks ask again. */
const done = (handover: Pair['handover']): Promise<Answer> =>
  eventually('it is handed over', async () => {
    const answer = await handover()
    if (answer.status === 200) return answer
    refused(answer, 409, 'not-caught-up')
    return undefined
  })

describe('handover', { timeout }, () => {
  it('ends the reign with every acknowledged write on the successor', async (t) => {
    const { old, successor, handover } = await pair(t)
    const writing = writer(old)
    await eventually('it writes', () => (writing.acknowledged() > 100 ? true : undefined))
    const { body } = await done(handover)
    assert.deepEqual([body.writable, body.seen, body.seenTarget], [false, 2, 'u1'])
    const kept = Number(await successor.client().get('counter'))
    await assert.rejects(old.client().incr('counter'), /READONLY/)
    await writing.done
    assert.equal(kept, writing.acknowledged(), 'nothing is acknowledged afterwards, nor beside it')
    assert.equal((await successor.status()).writable, false, 'it was not promoted yet')
    await eventually('the old Pod shows its promise', () =>
      old.api.pods.get(old.pod)?.annotations['redis.io/promised'] === '2/u1' ? true : undefined,
    )
  })

  it('is safe to repeat, and stays what was promised', async (t) => {
    const { handover } = await pair(t)
    const both = await Promise.all([done(handover), done(handover)])
    assert.deepEqual(
      both.map(({ status }) => status),
      [200, 200],
    )
    assert.equal((await handover()).status, 200)
    refused(await handover({ target: 'u2' }), 409, 'conflicting-target')
    refused(await handover({ epoch: '1' }), 409, 'older-epoch')
  })

  it('comes to nothing when the successor does not catch up: the primary goes on', async (t) => {
    const { old, successor, handover } = await pair(t)
    const pid = successor.redisPid()
    process.kill(pid, 'SIGSTOP')
    const client = old.client()
    await client.set('a', 'b')
    refused(await handover(), 409, 'not-caught-up')
    assert.equal(await client.set('a', 'c'), 'OK')
    const { writable, seen, openedEpoch } = await old.status()
    assert.deepEqual([writable, seen, openedEpoch], [true, 1, 1])
    process.kill(pid, 'SIGCONT')
    await eventually('it can be done later', async () =>
      (await handover()).status === 200 ? true : undefined,
    )
    assert.equal(await successor.client().get('a'), 'c')
  })

  it('lets writes go on when the successor falls behind while they wait', async (t) => {
    const { old, handover } = await pair(t)
    await old.client().set('a', 'a')
    let asked = 0
    const successor = await fakeInstance(t, 'u1', (request, response) => {
      asked += 1
      json(replica(1, { replicationOffset: asked === 1 ? Number.MAX_SAFE_INTEGER : 0 }))(request, response)
    })
    refused(await handover({ targetIP: successor.ip }), 409, 'not-caught-up')
    assert.ok(asked > 1, 'writes were not held')
    assert.equal(await old.client().set('a', 'b'), 'OK')
  })

  it('comes to nothing when nobody at that address is a replica', async (t) => {
    const { old, handover } = await pair(t)
    refused(await handover({ targetIP: '127.0.0.9' }), 409, 'not-caught-up')
    assert.equal(await old.client().set('a', 'b'), 'OK')
  })

  it('refuses what it must, and goes on as primary', async (t) => {
    const { old, handover } = await pair(t)
    refused(await handover({}, {}), 401, 'unauthorized')
    refused(await handover({}, { authorization: 'Bearer other' }), 401, 'unauthorized')
    refused(await handover({ pod: 'u1' }), 409, 'wrong-identity')
    refused(await handover({ cluster: 'other' }), 409, 'wrong-identity')
    refused(await handover({ epoch: '0' }), 409, 'older-epoch')
    refused(await handover({ epoch: '1' }), 409, 'conflicting-target')
    const malformed = [
      { targetIP: 'nonsense' },
      { targetIP: '' },
      { epoch: '-2' },
      { epoch: '2.5' },
      { epoch: '' },
      { target: '' },
      { unknown: 'x' },
    ]
    for (const query of malformed) refused(await handover(query), 400, 'bad-request')
    refused(await old.post(paths.handover), 400, 'bad-request')
    const { writable, seen } = await old.status()
    assert.deepEqual([writable, seen], [true, 1])
    assert.equal(await old.client().set('a', 'b'), 'OK')
  })
})
