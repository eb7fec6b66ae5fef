// The right to accept writes, between real instances: what keeps it, what ends it, and that it never comes back.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { instanceAnnotations, problemType } from '../../instance/api.ts'
import type { Term } from '../../instance/ballot.ts'
import { eventually } from '../e2e/eventually.ts'
import { instanceProcess, ownUID, target, term, type InstanceProcess } from '../support/instance-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

/** An open primary of epoch 1 in this term. */
async function primaryIn(t: TestContext, own: Term): Promise<InstanceProcess> {
  const instance = await instanceProcess(t)
  instance.api.reign = target(1, { terms: [own] })
  await instance.start()
  await instance.open(1)
  return instance
}

/** The next member: it grants what it has promised nothing above. */
async function peerOf(t: TestContext, { api }: InstanceProcess, ordinal: number): Promise<InstanceProcess> {
  const peer = await instanceProcess(t, { api, ordinal })
  await peer.start()
  // The status tells the others its address.
  api.reign = { ...api.reign }
  return peer
}

async function grantsTo(peer: InstanceProcess): Promise<void> {
  await eventually('the peer grants', async () =>
    (await peer.status()).grant.uid === ownUID ? true : undefined,
  )
}

async function refusesWrites(instance: InstanceProcess): Promise<void> {
  await eventually('writes are refused', async () => {
    const answer = await instance
      .client()
      .set('a', 'b')
      .catch((error: unknown) => String(error))
    return answer.includes('READONLY') ? true : undefined
  })
}

/** Neither path that is left may be the one that is cut: the other one would have ended by now. */
async function outlive(seconds: number): Promise<void> {
  // That time alone ends nothing is what is tested: it must pass.
  await pause((seconds + 2) * 1000)
}

const three = [ownUID, 'u1', 'u2']
const short = 2
/** Nobody listens there. */
const silentIp = '127.0.0.250'

describe('the right of a primary', { timeout }, () => {
  it('lapses when it reaches neither the API nor its peers, and this epoch never opens again', async (t) => {
    const times = { apiServerTimeoutSeconds: short, peerTimeoutSeconds: short }
    const instance = await primaryIn(t, term(three, times))
    assert.equal(await instance.client().set('a', 'b'), 'OK')
    instance.api.reachable = false
    await refusesWrites(instance)
    // The client may hear of it an instant before the instance has confirmed its fence.
    await eventually('the status says so', async () =>
      (await instance.status()).writable ? undefined : true,
    )
    instance.api.reachable = true
    const answer = await instance.promote(1)
    assert.deepEqual([answer.status, answer.body.type], [409, problemType('spent-epoch')])
    await refusesWrites(instance)
    assert.equal((await instance.status()).openedEpoch, 1)
  })

  it('is kept by one of two peers while the API is away', async (t) => {
    const instance = await primaryIn(t, term(three, { apiServerTimeoutSeconds: short }))
    const peer = await peerOf(t, instance, 1)
    await grantsTo(peer)
    instance.api.reachable = false
    await outlive(short)
    assert.equal(await instance.client().set('a', 'b'), 'OK')
    assert.equal((await instance.status()).writable, true)
  })

  it('is kept by the API while all peers are silent', async (t) => {
    const times = { apiServerTimeoutSeconds: 5, peerTimeoutSeconds: short }
    const instance = await primaryIn(t, term(three, times))
    for (const [ordinal, uid] of three.entries())
      if (uid !== ownUID) instance.api.pods.set(`cache-${ordinal}`, { uid, ip: silentIp, annotations: {} })
    instance.api.reign = { ...instance.api.reign }
    await outlive(5)
    assert.equal(await instance.client().set('a', 'b'), 'OK')
    assert.equal((await instance.status()).writable, true)
  })

  it('ends when the API names another', async (t) => {
    const instance = await primaryIn(t, term(three))
    instance.api.reign = target(2, { targetPrimary: 'cache-1', targetPrimaryUID: 'u1' })
    await refusesWrites(instance)
    const { seen, seenTarget } = await eventually('it has promised', async () => {
      const status = await instance.status()
      return status.seen === 2 ? status : undefined
    })
    assert.deepEqual([seen, seenTarget], [2, 'u1'])
  })

  it('ends at once when a peer has promised a higher epoch, and the own Pod shows that promise', async (t) => {
    const instance = await primaryIn(t, term(three))
    const peer = await peerOf(t, instance, 1)
    await grantsTo(peer)
    assert.equal((await peer.fence(2, 'u1')).status, 200)
    await refusesWrites(instance)
    await eventually('it has promised and confirmed its fence', async () => {
      const { seen, seenTarget, writable } = await instance.status()
      return seen === 2 && seenTarget === 'u1' && !writable ? true : undefined
    })
    const promised = (): string | undefined =>
      instance.api.pods.get(instance.pod)?.annotations[instanceAnnotations.promised]
    await eventually('its Pod shows it', () => (promised() === '2/u1' ? true : undefined))
    assert.equal((await instance.status()).shownPromises.at(-1)?.target, 'u1')
  })

  it('of a term without others never lapses', async (t) => {
    const times = { apiServerTimeoutSeconds: short, peerTimeoutSeconds: short }
    const instance = await primaryIn(t, term([ownUID], times))
    instance.api.reachable = false
    await outlive(short)
    assert.equal(await instance.client().set('a', 'b'), 'OK')
    assert.equal((await instance.status()).writable, true)
  })

  it('never lapses where isolation is off', async (t) => {
    const times = { isolation: false, apiServerTimeoutSeconds: short, peerTimeoutSeconds: short }
    const instance = await primaryIn(t, term(three, times))
    instance.api.reachable = false
    await outlive(short)
    assert.equal(await instance.client().set('a', 'b'), 'OK')
  })
})
