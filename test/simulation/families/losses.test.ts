// Copies that come back with less: restarted, emptied, half written, or all at once after a power loss.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writesIn } from '../dataset.ts'
import type { Host } from '../host.ts'
import {
  accepts,
  cast,
  endsWell,
  loseNode,
  part,
  pass,
  play,
  seeds,
  situation,
  statusOf,
  until,
  untilConverged,
  wake,
} from './stage.ts'

const offsetOf = (host: Host): number => host.engine?.data.offset ?? 0

test('a primary that comes back with less is not primary again, and nobody copies its loss', async () => {
  for (const seed of seeds(4))
    for (const loss of ['wiped', 'power'] as const)
      for (const how of ['server', 'engine'] as const)
        await play({ seed, instances: 3, k: 1 }, async (stage) => {
          const { primary } = cast(stage)
          if (how === 'server') primary.crash()
          else primary.crashEngine()
          if (loss === 'wiped') primary.disk.wipe()
          else primary.disk.losePower()
          await until(stage, 'it is back', () => primary.engine?.loading === false)
          const { currentPrimaryUID } = statusOf(stage)
          if (loss === 'wiped') assert.equal(primary.engine?.data.log, undefined)
          if (currentPrimaryUID === primary.uid) assert.ok(!accepts(primary))
          await endsWell(stage)
          assert.notEqual(statusOf(stage).currentPrimaryUID, primary.uid)
        })
})

test('a single instance that lost its data does not declare the loss by itself', async () => {
  for (const seed of seeds(3))
    await play({ seed, instances: 1, k: 0 }, async (stage) => {
      const { primary } = cast(stage)
      primary.crash()
      primary.disk.wipe()
      await pass(stage, 30)
      assert.ok(!accepts(primary))
      assert.match(situation(stage), /every copy is empty/)
    })
})

test('a copy that is killed before the files of a full sync are in place counts as what it was before', async () => {
  let killed = 0
  for (const seed of seeds(12))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { primary, replicas } = cast(stage)
      const [copy] = replicas
      assert.ok(copy)
      const away = part(stage, copy, [], 'redis')
      await pass(stage, 1)
      primary.crash()
      wake(stage)
      await until(stage, 'another serves', () => (statusOf(stage).currentEpoch ?? 0) > 1)
      copy.crash()
      away()
      await until(
        stage,
        'a full sync is in memory, not in the files',
        () => copy.engine?.rewriting === true && !copy.engine.loading,
      )
      const inMemory = copy.engine?.data.log?.mark
      const onDisk = copy.disk.log?.mark
      copy.crashEngine()
      if (inMemory === 2 && onDisk === 1) killed += 1
      const serving = cast(stage).primary
      loseNode(stage, serving)
      await until(stage, 'it is back', () => copy.engine?.loading === false)
      await pass(stage, 1)
      const { dataEpoch, restarted } = copy.instance?.lastStatus() ?? {}
      if (restarted)
        assert.ok((dataEpoch ?? 0) <= (copy.engine?.data.log?.mark ?? 0), 'it claims more than it has')
      await pass(stage, 15)
      await endsWell(stage)
    })
  assert.ok(killed > 8, `killed in time ${killed} times`)
})

test('data without a marker count as what was recorded beside them, and get their marker back', async () => {
  for (const seed of seeds(4))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { primary } = cast(stage)
      primary.engine?.loseMark()
      if (seed % 2) {
        part(stage, primary, [], 'redis')
        primary.crashEngine()
        await pass(stage, 1)
        assert.equal(primary.engine?.data.log?.mark, undefined)
        assert.equal(primary.instance?.lastStatus().dataEpoch, 1)
      } else {
        assert.equal(primary.engine?.data.log?.mark, undefined)
        await until(stage, 'the marker is back', () => primary.engine?.data.log?.mark === 1, 2)
      }
      await endsWell(stage)
    })
})

test('two copies restart together, with a third that was cut off just before', async () => {
  for (const [instances, k] of [
    [3, 1],
    [5, 2],
    [3, 2],
  ] as const)
    for (const seed of seeds(4))
      await play({ seed, instances, k }, async (stage) => {
        const { primary, replicas } = cast(stage)
        const [one, two] = replicas
        assert.ok(one && two)
        part(stage, two, [primary, one], 'redis')
        await pass(stage, 1)
        assert.ok(offsetOf(two) < offsetOf(primary))
        for (const host of [primary, one]) {
          if (seed % 2) host.crash()
          else host.crashEngine()
          host.disk.losePower()
        }
        await pass(stage, 10)
        await endsWell(stage)
      })
})

test('after a power loss of everything all are waited for, and nothing that is on a disk is lost', async () => {
  for (const instances of [1, 2, 3, 5])
    for (const seed of seeds(3))
      await play({ seed, instances, k: Math.min(1, instances - 1) }, async (stage) => {
        const { primary, replicas } = cast(stage)
        for (const host of [primary, ...replicas]) {
          host.crash()
          host.disk.losePower()
        }
        const late = seed % 2 ? primary : (replicas.at(-1) ?? primary)
        const back = part(stage, late, ['hooks'])
        await pass(stage, 20)
        assert.ok(![primary, ...replicas].some(accepts), 'it did not wait')
        back()
        await endsWell(stage)
      })
})

test('an emptied disk is an answer, and never a primary', async () => {
  for (const seed of seeds(4))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { primary, replicas } = cast(stage)
      const kept = replicas[seed % 2]
      assert.ok(kept)
      const writes = writesIn(kept.engine?.data.log)
      for (const host of [primary, ...replicas]) host.crash()
      for (const host of [primary, ...replicas]) if (host !== kept) host.disk.wipe()
      await untilConverged(stage, 60)
      const present = writesIn(cast(stage).primary.engine?.data.log)
      assert.ok([...writes].every((write) => present.has(write)))
      await endsWell(stage)
    })
})
