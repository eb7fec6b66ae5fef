// The right of a primary: what renews it counts from its sending, and what ends it ends it at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instanceAnnotations } from '../../../instance/api.ts'
import { termKey, termsFrom } from '../../../instance/ballot.ts'
import type { Host } from '../host.ts'
import { accepts, cast, cut, part, pass, play, statusOf, until, type Stage } from './stage.ts'

const three = { seed: 1, instances: 3, k: 1 }
const tickSeconds = 0.25
const driftSeconds = 0.1
const apiServerTimeoutSeconds = 2.5
const peerTimeoutSeconds = 5

/** Nobody names anybody any more: the primary is alone with its right. */
function withoutHooks(stage: Stage): { readonly primary: Host; readonly replicas: readonly Host[] } {
  for (const each of stage.simulation.metacontrollers) each.stop()
  return cast(stage)
}

async function isFencedAt(stage: Stage, primary: Host, atMs: number): Promise<void> {
  const { world } = stage.simulation
  await pass(stage, (atMs - world.nowMs) / 1000 - driftSeconds)
  assert.ok(accepts(primary), 'its right lasts until then')
  await pass(stage, tickSeconds + 2 * driftSeconds)
  assert.ok(!accepts(primary), 'its right has lapsed')
}

test('a grant counts from the sending of the heartbeat, however late the answer', () =>
  play(three, async (stage) => {
    const { world } = stage.simulation
    const { primary, replicas } = withoutHooks(stage)
    part(stage, primary, ['api'])
    await pass(stage, 3)
    const grantedAgo = (): number => replicas[0]?.instance?.lastStatus().grant.seconds ?? 0
    await until(stage, 'a round is granted', () => grantedAgo() < 0.01)
    // The next one is sent in a second, and waits for 0.75 s at the peers.
    const sentMs = world.nowMs + 1000
    await pass(stage, 0.9)
    for (const { server } of replicas) if (server) world.stall(server)
    await pass(stage, 0.85)
    for (const { server } of replicas) if (server) world.resume(server)
    await pass(stage, 0.02)
    assert.ok(grantedAgo() < 0.03, 'the late answer is a grant')
    cut(stage, { from: primary.address, to: undefined, port: undefined })
    await isFencedAt(stage, primary, sentMs + peerTimeoutSeconds * 1000)
  }))

test('a read counts from its sending, however late the answer', () =>
  play(three, async (stage) => {
    const { world, api } = stage.simulation
    const { primary, replicas } = withoutHooks(stage)
    const { process } = api.party
    assert.ok(process)
    part(stage, primary, replicas)
    await pass(stage, 6)
    assert.ok(accepts(primary), 'the API keeps it')
    world.stall(process)
    await until(stage, 'it reads', () => process.waiting.length > 0)
    const readMs = world.nowMs
    await pass(stage, 0.85)
    world.resume(process)
    await pass(stage, 0.02)
    part(stage, primary)
    await isFencedAt(stage, primary, readMs + apiServerTimeoutSeconds * 1000)
  }))

test('a read that names another, or finds a higher promise on the Pod of another, renews nothing', async () => {
  for (const sign of ['target', 'promise'])
    await play(three, async (stage) => {
      const { api } = stage.simulation
      const { primary, replicas } = withoutHooks(stage)
      const [other] = replicas
      assert.ok(other)
      part(stage, primary, replicas)
      await pass(stage, 6)
      assert.ok(accepts(primary), 'the API keeps it')
      const pod = api.podOf(other.uid)
      assert.ok(pod)
      const { metadata } = pod
      const annotations = { ...metadata.annotations, [instanceAnnotations.promised]: `2/${other.uid}` }
      if (sign === 'promise') api.putPod({ ...pod, metadata: { ...metadata, annotations } })
      else api.setStatus({ ...statusOf(stage), targetPrimary: other.name, targetPrimaryUID: other.uid })
      await pass(stage, 1 + apiServerTimeoutSeconds + tickSeconds + 2 * driftSeconds)
      assert.ok(!accepts(primary), sign)
    })
})

test('a peer that has promised a higher epoch ends the right at once, without the API', () =>
  play(three, async (stage) => {
    const { primary, replicas } = withoutHooks(stage)
    const [other] = replicas
    assert.ok(other)
    part(stage, primary, ['api'])
    const named = { cluster: 'cluster-1', pod: other.uid }
    void other.instance?.fence(named, 2, other.uid)
    await pass(stage, 1.2)
    assert.deepEqual([accepts(primary), primary.disk.reign.seen], [false, 2])
  }))

test('a new term is on the own Pod before it is held, and stays there while it is used', () =>
  play(three, async (stage) => {
    const { api } = stage.simulation
    const { primary } = withoutHooks(stage)
    const [used] = statusOf(stage).terms ?? []
    assert.ok(used)
    const next = { ...used, minSyncReplicas: 2 }
    api.setStatus({ ...statusOf(stage), terms: [used, next] })
    const key = (): string => termKey(primary.instance?.lastStatus().term ?? used)
    await until(stage, 'the new term is used', () => key() === termKey(next))
    const written = termsFrom(api.podOf(primary.uid)?.metadata.annotations?.[instanceAnnotations.terms])
    assert.ok(written?.some((term) => termKey(term) === termKey(next)))
  }))
