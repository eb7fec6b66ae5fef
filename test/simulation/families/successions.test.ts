// Between naming and opening: lost answers, two targets, pauses at the worst moment, replays, and successors nobody needs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Host } from '../host.ts'
import { obey } from '../obey.ts'
import {
  accepts,
  cast,
  endsWell,
  hasClaimed,
  isNamedAfter,
  loseNode,
  otherThan,
  part,
  pass,
  play,
  seeds,
  stallEngine,
  stallServer,
  statusOf,
  sweep,
  targetHost,
  until,
  untilConverged,
  wake,
  type Stage,
} from './stage.ts'

/** The primary is lost; resolves with the successor right after it has claimed its epoch. */
async function untilClaimed(stage: Stage, epoch = 2): Promise<Host> {
  const { primary } = cast(stage)
  loseNode(stage, primary)
  wake(stage)
  await until(stage, 'the successor claims', () => hasClaimed(stage, targetHost(stage), epoch))
  const successor = targetHost(stage)
  assert.ok(successor && successor !== primary)
  return successor
}

test('a successor whose answer is lost writes while a third is named, and two never write', async () => {
  let written = 0
  for (const seed of seeds(2))
    for (const where of ['hooks', 'hooks and peers', 'everybody'] as const)
      for (const afterMs of [0, 3, 9])
        await play({ seed, instances: seed % 2 ? 3 : 5, k: 1 }, async (stage) => {
          const successor = await untilClaimed(stage)
          await pass(stage, afterMs / 1000)
          part(stage, successor, where === 'everybody' ? [] : ['hooks'])
          const { replicas } = cast(stage)
          if (where === 'hooks and peers') part(stage, successor, otherThan(successor, replicas))
          await until(stage, 'a third is named', () => isNamedAfter(stage, successor, 2))
          if (accepts(successor)) written += 1
          await pass(stage, 9)
          await endsWell(stage)
        })
  assert.ok(written > 5, `the second wrote ${written} times while a third was named`)
})

test('two targets of one epoch lead to a higher one', async () => {
  let both = 0
  for (const seed of seeds(2))
    for (const afterMs of [0, 0.4, 0.7, 1, 1.3, 1.6, 2, 3])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        loseNode(stage, primary)
        wake(stage)
        await until(stage, 'a target is named', () => isNamedAfter(stage, primary, 1))
        const first = targetHost(stage)
        await pass(stage, afterMs / 1000)
        const second = replicas.find((host) => host !== first)
        assert.ok(second && statusOf(stage).primaryEpoch === 2)
        const other = { targetPrimary: second.name, targetPrimaryUID: second.uid }
        stage.simulation.world.tell(`a stale answer names ${second.name} for 2`)
        stage.simulation.api.setStatus({ ...statusOf(stage), ...other })
        await pass(stage, 0.03)
        const promised = replicas.map((host) => host.instance?.lastStatus().seenTarget)
        if (new Set(promised).size > 1) both += 1
        await endsWell(stage)
        assert.ok((statusOf(stage).currentEpoch ?? 0) >= 2)
      })
  assert.ok(both > 1, `promises differed ${both} times`)
})

test('a second Metacontroller that lags names another in the meantime', async () => {
  let conflicts = 0
  for (const seed of seeds(4))
    for (const lag of [50, 600, 2500])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { simulation } = stage
        const second = simulation.newMetacontroller('mc-2')
        second.lagMs = { parent: lag, children: seed % 2 ? lag : 3 }
        second.wallOffsetMs = seed % 3 ? 9000 : -9000
        simulation.metacontrollers.push(second)
        await pass(stage, 3)
        const { primary } = cast(stage)
        loseNode(stage, primary)
        wake(stage)
        await until(stage, 'a target is named', () => isNamedAfter(stage, primary, 1))
        const blinking = targetHost(stage)
        assert.ok(blinking)
        const back = part(stage, blinking, ['hooks'])
        await pass(stage, lag / 1000)
        back()
        await endsWell(stage)
        if (new Set(simulation.api.clusters.map(({ value }) => value.status?.primaryEpoch)).size > 3)
          conflicts += 1
      })
  assert.ok(conflicts > 0)
})

test('a stall between the live read and REPLICAOF NO ONE opens nothing that was overtaken', async () => {
  let overtaken = 0
  for (const seed of seeds(2))
    for (const afterMs of [...sweep(0, 12, 3), 20])
      for (const stallMs of [700, 4000])
        await play({ seed, instances: 3, k: 1 }, async (stage) => {
          const successor = await untilClaimed(stage)
          const { replicas } = cast(stage)
          await pass(stage, afterMs / 1000)
          const goOn = stallServer(stage, successor)
          const opened = accepts(successor)
          // Somebody else takes over as soon as that is possible: by hand, for the hooks wait for two seconds.
          const third = replicas.find((host) => host !== successor)
          assert.ok(third)
          const other = { targetPrimary: third.name, targetPrimaryUID: third.uid, primaryEpoch: 3 }
          stage.simulation.api.setStatus({ ...statusOf(stage), ...other })
          await pass(stage, stallMs / 1000)
          if (!opened && (third.instance?.lastStatus().seen ?? 0) >= 3) overtaken += 1
          goOn()
          await pass(stage, 0.5)
          if (!opened) assert.ok(!accepts(successor), 'it opened an epoch that was over')
          await endsWell(stage)
        })
  assert.ok(overtaken > 10, `overtaken ${overtaken} times`)
})

test('every command that was ever sent may come again at any time', async () => {
  for (const seed of seeds(4))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { simulation } = stage
      for (const round of [1, 2, 3]) {
        const { primary } = cast(stage)
        if (round === 2) primary.crash()
        else {
          const rejoin = part(stage, primary)
          wake(stage)
          await until(stage, 'another opens', () => (statusOf(stage).currentEpoch ?? 0) > round)
          rejoin()
        }
        await untilConverged(stage, 60)
      }
      const sent = simulation.metacontrollers.flatMap((each) => each.sent)
      assert.ok(['Fence', 'Promote', 'Follow'].every((kind) => sent.some((command) => command.kind === kind)))
      const { currentEpoch, currentPrimaryUID } = statusOf(stage)
      for (const command of [...sent, ...sent].sort(() => simulation.world.random.next() - 0.5)) {
        const { instance } = simulation.kubelet.hosts.get(command.to.uid) ?? {}
        if (instance) void obey(instance, command).catch(() => undefined)
        await pass(stage, simulation.world.random.next() / 20)
      }
      await endsWell(stage)
      assert.deepEqual(
        { currentEpoch, currentPrimaryUID },
        { currentEpoch: statusOf(stage).currentEpoch, currentPrimaryUID: statusOf(stage).currentPrimaryUID },
      )
    })
})

test('a target that answers and never gets ready is passed over', async () => {
  for (const seed of seeds(3))
    for (const trouble of ['hung', 'loading'] as const)
      await play({ seed, instances: 3, k: 0 }, async (stage) => {
        const { primary } = cast(stage)
        loseNode(stage, primary)
        wake(stage)
        await until(stage, 'a target is named', () => isNamedAfter(stage, primary, 1))
        const target = targetHost(stage)
        assert.ok(target)
        target.disk.loadMs = trouble === 'loading' ? 70_000 : 0
        if (trouble === 'loading') target.crashEngine()
        else stallEngine(stage, target)
        await until(stage, 'another opens', () => statusOf(stage).currentPrimaryUID !== primary.uid)
        assert.notEqual(statusOf(stage).currentPrimaryUID, target.uid)
        target.disk.loadMs = 0
        if (trouble === 'loading') target.crash()
        await endsWell(stage)
      })
})

test('a primary that restarts and loads for long is replaced, not waited for', async () => {
  for (const seed of seeds(4))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { primary } = cast(stage)
      primary.disk.loadMs = 70_000
      if (seed % 2) primary.crash()
      else primary.crashEngine()
      await until(stage, 'another opens', () => statusOf(stage).currentPrimaryUID !== primary.uid, 15)
      primary.disk.loadMs = 0
      primary.crash()
      await endsWell(stage)
    })
})

test('a successor that opened and was never seen again does not count for more than what the others hold', async () => {
  let newer = 0
  for (const seed of seeds(5))
    for (const backAfter of ['the third opened', 'the third is named'] as const)
      await play({ seed, instances: 5, k: 0 }, async (stage) => {
        const { replicas } = cast(stage)
        const successor = await untilClaimed(stage)
        // It opens, and reaches nobody but the API.
        const others = otherThan(successor, replicas)
        const alone = part(stage, successor, ['hooks', ...others])
        await until(stage, 'it opens', () => accepts(successor))
        await until(stage, 'a third is named', () => isNamedAfter(stage, successor, 2))
        const third = targetHost(stage)
        assert.ok(third)
        if (successor.engine?.data.log?.mark === 2 && (third.engine?.data.log?.mark ?? 0) < 2) newer += 1
        if (backAfter === 'the third opened') await until(stage, 'the third opens', () => accepts(third))
        alone()
        await endsWell(stage)
      })
  assert.ok(newer > 5)
})
