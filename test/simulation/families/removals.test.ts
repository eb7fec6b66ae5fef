// Members that leave for good: counts are made without them only once those who stay hold what they had acknowledged.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Host } from '../host.ts'
import { deletePod } from './people.ts'
import {
  accepts,
  cast,
  change,
  endsWell,
  endsWellConfirmed,
  isNamedAfter,
  listed,
  loseNode,
  never,
  part,
  pass,
  play,
  seeds,
  situation,
  until,
  wake,
  type Stage,
} from './stage.ts'

/** One instance fewer: the last one is told to end, and does not come back. */
async function removeLast(stage: Stage): Promise<Host> {
  const { replicas } = cast(stage)
  const last = replicas.at(-1)
  assert.ok(last)
  change(stage, { instances: replicas.length })
  deletePod(stage, last)
  await until(stage, 'its Pod is gone', () => stage.simulation.api.podOf(last.uid) === undefined)
  return last
}

const usedMembers = ({ instance }: Host): readonly string[] => instance?.lastStatus().term?.members ?? []

test('a removal takes the only copy that acknowledged: the others are no majority until they have it all', async () => {
  for (const seed of seeds(4))
    for (const afterMs of [0, 100, 3000])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        const [lagging] = replicas
        assert.ok(lagging?.engine)
        part(stage, lagging, [primary], 'redis')
        const before = stage.simulation.promises.count
        await pass(stage, 1)
        assert.ok(stage.simulation.promises.count > before, 'the other one acknowledges')
        const removed = await removeLast(stage)
        await pass(stage, afterMs / 1000)
        assert.ok(usedMembers(primary).includes(removed.uid), 'it still counts')
        assert.ok(lagging.engine.data.offset < (primary.engine?.data.offset ?? 0))
        loseNode(stage, primary)
        wake(stage)
        await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
        await never(stage, 'a copy without acknowledged writes opened', () => accepts(lagging), 20)
        assert.match(situation(stage), /Stuck|Fencing/)
        await endsWell(stage)
        assert.deepEqual(listed(stage), [2])
      })
})

test('members leave one after the other while the primary is lost, and no count forgets those before', async () => {
  let both = 0
  for (const seed of seeds(3))
    for (const afterMs of [0, 40, 400, 1500])
      await play({ seed, instances: 5, k: 2 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        const lagging = replicas.slice(0, 2)
        for (const host of lagging) part(stage, host, [primary], 'redis')
        await pass(stage, 1)
        change(stage, { instances: 3 })
        for (const host of replicas.slice(2)) deletePod(stage, host)
        await pass(stage, afterMs / 1000)
        if (listed(stage).length === 2) both += 1
        loseNode(stage, primary)
        wake(stage)
        await never(stage, 'a copy without acknowledged writes opened', () => lagging.some(accepts), 20)
        // Kubelet's word is there for a moment only: whoever was busy then must hear it from a person.
        await endsWellConfirmed(stage)
        assert.deepEqual(listed(stage), [3])
      })
  assert.ok(both > 0, 'the primary was never lost between two terms')
})

test('a member whose Pod was deleted by force acknowledges on, and counts on, until a person says that it is gone', async () => {
  let acknowledged = 0
  for (const seed of seeds(4))
    for (const lagsFrom of ['the beginning', 'later on'] as const)
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { simulation } = stage
        const { primary, replicas } = cast(stage)
        const [lagging, ghost] = replicas
        assert.ok(lagging && ghost)
        if (lagsFrom === 'the beginning') part(stage, lagging, [primary], 'redis')
        change(stage, { instances: 2 })
        simulation.kubelet.stranded.add(ghost.uid)
        simulation.api.removePod(ghost.uid)
        await pass(stage, 4)
        if (lagsFrom === 'later on') part(stage, lagging, [primary], 'redis')
        await pass(stage, 0.1)
        const before = simulation.promises.count
        await pass(stage, 3)
        if (simulation.promises.count > before) acknowledged += 1
        assert.ok(usedMembers(primary).includes(ghost.uid))
        loseNode(stage, primary)
        wake(stage)
        await never(stage, 'a copy without acknowledged writes opened', () => accepts(lagging), 20)
        await endsWellConfirmed(stage)
        assert.deepEqual(listed(stage), [2])
      })
  assert.ok(acknowledged > 5, `the ghost acknowledged in ${acknowledged} of 8 cases`)
})

test('the primary itself leaves for good, and its successor counts without it', async () => {
  for (const seed of seeds(3))
    for (const instances of [2, 3, 5])
      await play({ seed, instances, k: 1 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        deletePod(stage, primary)
        await until(stage, 'its Pod is gone', () => stage.simulation.api.podOf(primary.uid) === undefined)
        await endsWell(stage)
        assert.ok(!usedMembers(cast(stage).primary).includes(primary.uid))
        assert.ok(replicas.includes(cast(stage).primary))
      })
})
