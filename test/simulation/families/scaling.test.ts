// Fewer instances, and more again: whoever leaves stops first, is counted out, and only then its Pod goes; whatever happens meanwhile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writesIn } from '../dataset.ts'
import type { Host } from '../host.ts'
import { hasLeft, hasRetired, isLeaving, usedMembers, victimOf, wasTold, watchRemovals } from './leaving.ts'
import { askFor } from './people.ts'
import {
  accepts,
  cast,
  change,
  confirmGone,
  endsWell,
  endsWellConfirmed,
  hostOf,
  listed,
  loseNode,
  never,
  part,
  pass,
  play,
  seeds,
  situation,
  stallEngine,
  stallServer,
  statusOf,
  sweep,
  until,
  wake,
  type Stage,
} from './stage.ts'

test('from five to two: one by one, the highest first, each stopped and not counted when its Pod goes; and back', async () => {
  for (const seed of seeds(3))
    for (const k of [0, 1, 2])
      await play({ seed, instances: 5, k }, async (stage) => {
        const removed = watchRemovals(stage)
        const last = hostOf(stage, 4)
        change(stage, { instances: 2 })
        await endsWell(stage)
        assert.deepEqual(removed, ['cache-4', 'cache-3', 'cache-2'])
        assert.deepEqual(listed(stage), [2])
        assert.ok(last.disk.log !== undefined, 'its volume is kept')
        change(stage, { instances: 5 })
        await until(stage, 'its Pod is back', () => stage.simulation.hostOfOrdinal(4)?.engine !== undefined)
        assert.equal(hostOf(stage, 4).disk, last.disk)
        await endsWell(stage)
        assert.deepEqual(listed(stage), [5])
      })
})

test('a primary with the highest ordinal hands over to one that stays, and loses nothing', async () => {
  for (const seed of seeds(4))
    for (const instances of [2, 3])
      await play({ seed, instances, k: 1 }, async (stage) => {
        askFor(stage, `cache-${instances - 1}`)
        const primary = hostOf(stage, instances - 1)
        await until(stage, 'it is primary', () => statusOf(stage).currentPrimaryUID === primary.uid)
        await pass(stage, 3)
        change(stage, { instances: 1 })
        await until(stage, 'it is to hand over', () => statusOf(stage).planned === 'ScaleDown')
        const before = writesIn(primary.engine?.data.log)
        await endsWell(stage)
        assert.ok(hasRetired(primary))
        assert.deepEqual(listed(stage), [1])
        const present = writesIn(cast(stage).primary.engine?.data.log)
        assert.deepEqual(
          [...before].filter((write) => !present.has(write)),
          [],
        )
      })
})

test('a scale-down that is taken back: whoever has stopped comes back as a new Pod', async () => {
  let stopped = 0
  let counted = 0
  for (const seed of seeds(2))
    for (const afterMs of [...sweep(0, 100, 20), 500, 1000, 2000, 4000])
      await play({ seed, instances: 4, k: 1 }, async (stage) => {
        const victim = hostOf(stage, 3)
        change(stage, { instances: 2 })
        await pass(stage, afterMs / 1000)
        const stays = !isLeaving(stage, victim) && !hasLeft(stage, victim)
        if (hasRetired(victim) && stays) stopped += 1
        if (hasRetired(victim) && stays && usedMembers(cast(stage).primary).includes(victim.uid)) counted += 1
        change(stage, { instances: 4 })
        await pass(stage, 1)
        await endsWell(stage)
        assert.deepEqual(listed(stage), [4])
        assert.ok(!hasRetired(hostOf(stage, 3)))
      })
  assert.ok(stopped > 2 && counted > 0, `it had stopped in ${stopped} cases, and counted in ${counted}`)
})

/** Moments of a removal, each right when it becomes true. */
const steps: Readonly<Record<string, (stage: Stage, victim: Host) => boolean>> = {
  'it is told to stop': wasTold,
  'it has stopped': (_stage, victim) => hasRetired(victim) && victim.engine === undefined,
  'two terms are in force': (stage, victim) => hasRetired(victim) && listed(stage).length === 2,
  'it is not counted any more': (stage, victim) =>
    hasRetired(victim) && !usedMembers(cast(stage).primary).includes(victim.uid),
  'its Pod is leaving': isLeaving,
}

const troubles = {
  crashes: (_stage: Stage, primary: Host) => primary.crash(),
  'loses its redis-server': (_stage: Stage, primary: Host) => primary.crashEngine(),
  'is lost with its node': (stage: Stage, primary: Host) => void loseNode(stage, primary),
  hangs: (stage: Stage, primary: Host) => void stallEngine(stage, primary),
  stalls: (stage: Stage, primary: Host) => void stallServer(stage, primary),
} as const

test('the primary fails in the middle of each step: another serves, all that was promised is there, and the removal goes on', async () => {
  let back = 0
  for (const seed of seeds(1))
    for (const [step, isReached] of Object.entries(steps))
      for (const [trouble, befall] of Object.entries(troubles))
        await play({ seed, instances: 4, k: 1 }, async (stage) => {
          const { primary } = cast(stage)
          const victim = victimOf(stage)
          change(stage, { instances: 2 })
          await until(stage, `${step}, and then the primary ${trouble}`, () => isReached(stage, victim))
          const had = hasRetired(victim)
          befall(stage, primary)
          // Whoever has stopped counts as restarted: when the primary cannot be asked either, that is waited for.
          await pass(stage, 15)
          if (trouble.startsWith('crashes') || trouble.startsWith('loses'))
            assert.ok((statusOf(stage).currentEpoch ?? 0) > 1, 'it is another reign')
          if (had && !hasRetired(victim) && !hasLeft(stage, victim)) back += 1
          await endsWell(stage)
          assert.deepEqual(listed(stage), [2])
        })
  assert.ok(back > 3, `whoever had stopped was called back in ${back} cases`)
})

test('the last write is acknowledged by the one that stops, and the primary is lost for good', async () => {
  let alone = 0
  for (const seed of seeds(4))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { simulation } = stage
      const { primary, replicas } = cast(stage)
      const [staying, victim] = replicas
      assert.ok(staying && victim)
      const before = simulation.promises.count
      // What the other one says of its link is right for as long as Redis waits for a sign of life.
      part(stage, staying, [primary], 'redis')
      await pass(stage, 0.3)
      change(stage, { instances: 2 })
      await until(stage, 'it has stopped', () => hasRetired(victim) && victim.engine === undefined)
      const held = writesIn(staying.engine?.data.log)
      const surplus = [...writesIn(victim.disk.log)].filter((write) => !held.has(write))
      if (simulation.promises.count > before && surplus.length > 0) alone += 1
      simulation.kubelet.replaceElsewhere(primary)
      part(stage, primary)
      wake(stage)
      await pass(stage, 20)
      // Its machine is dead, and a person says so.
      primary.restarts = false
      primary.crash()
      confirmGone(stage, primary)
      await endsWell(stage)
    })
  assert.ok(alone > 2, `the last write was on the one that stopped only in ${alone} cases`)
})

test('a partition in the middle: who is cut off stays as it is, and the rest goes on afterwards', async () => {
  for (const seed of seeds(2))
    for (const [step, isReached] of Object.entries(steps))
      for (const cutOff of ['primary', 'victim', 'staying'] as const)
        await play({ seed, instances: 3, k: 1 }, async (stage) => {
          const { primary, replicas } = cast(stage)
          const [staying, victim] = replicas
          assert.ok(staying && victim)
          change(stage, { instances: 2 })
          await until(stage, step, () => isReached(stage, victim))
          part(stage, { primary, victim, staying }[cutOff])
          await pass(stage, 15)
          // Nobody hears of the end of one that is cut off while its Pod goes.
          await (cutOff === 'victim' ? endsWellConfirmed(stage) : endsWell(stage))
          assert.deepEqual(listed(stage), [2])
        })
})

test('fewer are wanted while nobody serves: whoever still has a Pod is asked all the same', async () => {
  for (const seed of seeds(3))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { simulation } = stage
      const primary = hostOf(stage, 2)
      askFor(stage, primary.name)
      await until(stage, 'it is primary', () => statusOf(stage).currentPrimaryUID === primary.uid)
      await pass(stage, 3)
      const [lagging, holding] = [hostOf(stage, 0), hostOf(stage, 1)]
      part(stage, lagging, [primary], 'redis')
      const before = simulation.promises.count
      await pass(stage, 1)
      assert.ok(simulation.promises.count > before, 'the other one acknowledges')
      part(stage, holding, ['hooks'])
      change(stage, { instances: 1 })
      primary.restarts = false
      primary.crash()
      simulation.api.removePod(primary.uid)
      confirmGone(stage, primary)
      await never(stage, 'a copy without acknowledged writes opened', () => accepts(lagging), 20)
      assert.match(situation(stage), /Stuck.*cache-1 cannot be asked/)
      await endsWell(stage)
      assert.deepEqual(Object.keys(simulation.api.pods), ['cache-0'])
    })
})

test('a second Metacontroller with an older view scales back and forth, and nothing is lost', async () => {
  let fought = 0
  for (const seed of seeds(2))
    for (const lag of ['parent', 'both'] as const)
      await play({ seed, instances: 4, k: 1 }, async (stage) => {
        const { simulation } = stage
        const second = simulation.newMetacontroller('mc-2')
        second.lagMs = {
          parent: 2500,
          children: lag === 'parent' ? 3 : 2500,
        }
        simulation.metacontrollers.push(second)
        await pass(stage, 1)
        const before = Object.keys(simulation.api.pods).length
        change(stage, { instances: 2 })
        await pass(stage, 6)
        change(stage, { instances: 4 })
        await pass(stage, 1)
        change(stage, { instances: 2 })
        await pass(stage, 4)
        if (simulation.kubelet.hosts.size > before) fought += 1
        second.stop()
        await endsWell(stage)
        assert.deepEqual(listed(stage), [2])
      })
  assert.ok(fought > 2, `Pods were made again in ${fought} of 4 cases`)
})

test('one that does not answer is removed only once it does not run either', async () => {
  for (const seed of seeds(3))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const victim = victimOf(stage)
      part(stage, victim, ['hooks'])
      await pass(stage, 2)
      change(stage, { instances: 2 })
      wake(stage)
      await never(stage, 'its Pod goes while it acknowledges', () => isLeaving(stage, victim), 10)
      assert.ok(!hasRetired(victim) && accepts(cast(stage).primary))
      await endsWell(stage)
      assert.ok(hasRetired(victim))
    })
})

test('one that has died is removed unasked', async () => {
  for (const seed of seeds(3))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const victim = victimOf(stage)
      victim.restarts = false
      victim.crash()
      change(stage, { instances: 2 })
      await until(stage, 'its Pod is leaving', () => isLeaving(stage, victim))
      assert.ok(!hasRetired(victim))
      await endsWell(stage)
      assert.deepEqual(listed(stage), [2])
    })
})
