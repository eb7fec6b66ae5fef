// Opening, step by step: what the target has done before it is writable, and what it refuses to open on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instanceAnnotations, type Chosen } from '../../../instance/api.ts'
import type { Refusal } from '../../../instance/reign/rules.ts'
import { clusterUID, type Host } from '../host.ts'
import { accepts, cast, cut, hasClaimed, pass, play, statusOf, until, type Stage } from './stage.ts'

const all = { seed: 1, instances: 2, k: 0 }

/** The hooks are gone, the other one is named for epoch 2, both have promised it: all that is left is to open. */
async function named(stage: Stage): Promise<{ readonly old: Host; readonly target: Host }> {
  const { simulation } = stage
  const { primary: old, replicas } = cast(stage)
  const [target] = replicas
  assert.ok(target)
  for (const each of simulation.metacontrollers) each.stop()
  const names = { targetPrimary: target.name, targetPrimaryUID: target.uid, primaryEpoch: 2 }
  simulation.api.setStatus({ ...statusOf(stage), ...names })
  await pass(stage, 1)
  assert.deepEqual([accepts(old), accepts(target), target.disk.reign.seen], [false, false, 2])
  return { old, target }
}

function promote(
  old: Host,
  target: Host,
  chosen: Partial<Chosen> = {},
  epoch = 2,
): () => Refusal | undefined | 'nothing' {
  let outcome: Refusal | undefined | 'nothing' = 'nothing'
  const held = { dataEpoch: 1, offsetBytes: 0, restarted: false, ...chosen }
  const proofs = [{ uid: old.uid, epoch: 1, kind: 'Demoted' as const }]
  target.instance
    ?.promote({ cluster: clusterUID, pod: target.uid }, epoch, proofs, held)
    .then((refusal) => (outcome = refusal))
    .catch(() => undefined)
  return () => outcome
}

async function refusal(stage: Stage, answer: () => Refusal | undefined | 'nothing'): Promise<string> {
  await until(stage, 'it answers', () => answer() !== 'nothing')
  const outcome = answer()
  return typeof outcome === 'object' ? outcome.code : 'opened'
}

const annotate = ({ simulation: { api } }: Stage, host: Host, values: Record<string, string>): void => {
  const pod = api.podOf(host.uid)
  assert.ok(pod)
  const { metadata } = pod
  api.putPod({ ...pod, metadata: { ...metadata, annotations: { ...metadata.annotations, ...values } } })
}

const annotationOf = ({ simulation: { api } }: Stage, host: Host, name: string): string | undefined =>
  api.podOf(host.uid)?.metadata.annotations?.[name]

test('the target claims the epoch, forgets the terms of earlier reigns, and spends the door before it opens', () =>
  play(all, async (stage) => {
    const { old, target } = await named(stage)
    annotate(stage, target, { [instanceAnnotations.terms]: JSON.stringify(statusOf(stage).terms) })
    promote(old, target)
    await until(stage, 'it has claimed', () => hasClaimed(stage, target, 2))
    assert.deepEqual(
      [accepts(target), annotationOf(stage, target, instanceAnnotations.terms)],
      [false, undefined],
    )
    await until(stage, 'it opens', () => accepts(target))
    assert.equal(target.disk.reign.openedEpoch, 2)
  }))

test('an epoch that another process of its Pod has claimed is spent', () =>
  play(all, async (stage) => {
    const { old, target } = await named(stage)
    annotate(stage, target, { [instanceAnnotations.epoch]: '2' })
    assert.equal(await refusal(stage, promote(old, target)), 'spent-epoch')
  }))

test('a claim never takes the place of a higher one, whenever that is made', async () => {
  for (let delayMs = 0; delayMs < 12; delayMs += 0.5)
    await play(all, async (stage) => {
      const { old, target } = await named(stage)
      const answer = promote(old, target)
      // It is under way before time goes on.
      await new Promise(setImmediate)
      await pass(stage, delayMs / 1000)
      annotate(stage, target, { [instanceAnnotations.epoch]: '3' })
      await refusal(stage, answer)
      assert.equal(annotationOf(stage, target, instanceAnnotations.epoch), '3', `${delayMs} ms`)
    })
})

test('a copy that holds less than was chosen, or restarted since, does not open', () =>
  play(all, async (stage) => {
    const { old, target } = await named(stage)
    const { offset } = target.engine?.data ?? { offset: 0 }
    assert.equal(await refusal(stage, promote(old, target, { offsetBytes: offset + 1 })), 'holds-less')
    assert.equal(await refusal(stage, promote(old, target, { dataEpoch: 2 })), 'holds-less')
    target.crashEngine()
    await pass(stage, 1)
    assert.equal(await refusal(stage, promote(old, target)), 'holds-less')
    assert.equal(await refusal(stage, promote(old, target, { restarted: true })), 'opened')
  }))

test('a redis-server of which it is not known whether it opened is killed', () =>
  play(all, async (stage) => {
    const { old, target } = await named(stage)
    promote(old, target)
    await until(stage, 'the door is spent', () => target.disk.reign.openedEpoch === 2)
    const { engine } = target
    assert.ok(engine)
    stage.simulation.world.stall(engine.process)
    await pass(stage, 1)
    assert.equal(engine.process.alive, false)
  }))

test('the right starts when the live read started', () =>
  play(all, async (stage) => {
    const { simulation } = stage
    const { old, target } = await named(stage)
    const api = simulation.api.party.process
    assert.ok(api)
    promote(old, target)
    await until(stage, 'it has claimed', () => hasClaimed(stage, target, 2))
    simulation.world.stall(api)
    await until(stage, 'it reads', () => api.waiting.length > 0)
    const readMs = simulation.world.nowMs
    await pass(stage, 0.85)
    simulation.world.resume(api)
    await until(stage, 'it opens', () => accepts(target))
    cut(stage, { from: target.address, to: undefined, port: undefined })
    await pass(stage, (readMs - simulation.world.nowMs) / 1000 + 2.5 + 0.25 + 0.1)
    assert.equal(accepts(target), false)
  }))

test('what the API does not say does not count, whoever promises it', () =>
  play(all, async (stage) => {
    const { old, target } = await named(stage)
    void target.instance?.fence({ cluster: clusterUID, pod: target.uid }, 3, target.uid)
    await pass(stage, 0.5)
    assert.equal(target.disk.reign.seen, 3)
    assert.equal(await refusal(stage, promote(old, target, {}, 3)), 'not-target')
  }))

test('a promise that the disk did not take keeps the door shut all the same', () =>
  play(all, async (stage) => {
    const { old, target } = await named(stage)
    let { reign } = target.disk
    Object.defineProperty(target.disk, 'reign', {
      get: () => reign,
      set: (next: typeof reign) => {
        if (next.seen === 3) throw new Error('no space left on device')
        reign = next
      },
    })
    const identity = { cluster: clusterUID, pod: target.uid }
    target.instance?.fence(identity, 3, old.uid).catch(() => undefined)
    await pass(stage, 0.1)
    assert.equal(reign.seen, 2)
    assert.equal(await refusal(stage, promote(old, target)), 'older-epoch')
    assert.equal(accepts(target), false)
  }))

test('a wiped volume learns from its Pod what was claimed', () =>
  play(all, async (stage) => {
    const { old, target } = await named(stage)
    promote(old, target)
    await until(stage, 'it opens', () => accepts(target))
    target.crash()
    target.disk.wipe()
    await pass(stage, 4)
    const { openedEpoch, seen, seenTarget } = target.disk.reign
    assert.deepEqual([openedEpoch, seen, seenTarget], [2, 2, target.uid])
  }))

test('a stream of its own begins with no offset of the one before', async () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8])
    await play({ ...all, seed }, async (stage) => {
      await pass(stage, 5)
      const { old, target } = await named(stage)
      assert.ok(target.disk.reign.offsetBytes > 0)
      promote(old, target)
      await until(stage, 'its reign is recorded', () => target.disk.reign.dataEpoch === 2)
      assert.equal(target.disk.reign.offsetBytes, 0)
      assert.equal(target.engine?.data.log?.mark, 2)
    })
})
