// k and timeouts that change while the cluster is in use: what was promised under the old ones holds, and so do rights.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Host } from '../host.ts'
import {
  accepts,
  cast,
  change,
  endsWell,
  listed,
  loseNode,
  part,
  pass,
  play,
  seeds,
  stallEngine,
  statusOf,
  untilConverged,
  wake,
} from './stage.ts'

const usedK = ({ instance }: Host): number | undefined => instance?.lastStatus().term?.minSyncReplicas

test('k is raised while redis-server stands still: what it said before does not show who holds the last writes', async () => {
  for (const seed of seeds(4))
    for (const afterMs of [100, 150, 200])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        const [holding, lagging] = replicas
        assert.ok(holding && lagging)
        part(stage, lagging, [primary], 'redis')
        await pass(stage, afterMs / 1000)
        const goesOn = stallEngine(stage, primary)
        change(stage, { minSyncReplicas: 2 })
        await pass(stage, 2.8)
        goesOn()
        part(stage, holding, ['hooks'])
        primary.crashEngine()
        await pass(stage, 15)
        await endsWell(stage)
      })
})

test('k that is lowered: until the status says so alone, those who wait for more are promised more', async () => {
  for (const seed of seeds(2))
    for (const afterMs of [0, 15, 700, 1300, 2600])
      await play({ seed, instances: 4, k: 2 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        const [lagging, cutOff] = replicas
        assert.ok(lagging && cutOff)
        change(stage, { minSyncReplicas: 1 })
        await pass(stage, afterMs / 1000)
        part(stage, lagging, [primary], 'redis')
        await pass(stage, 0.7)
        part(stage, cutOff, ['hooks'])
        loseNode(stage, primary)
        wake(stage)
        await pass(stage, 16)
        await endsWell(stage)
        assert.equal(usedK(cast(stage).primary), 1)
      })
})

const isolation = (enabled: boolean): Parameters<typeof change>[1] => ({
  primaryIsolation: { enabled, apiServerTimeout: '2500ms', peerTimeout: '5s' },
})

test('isolation is switched off and on again while the primary is cut off: nobody counts out one that does not stop', async () => {
  let stays = 0
  for (const seed of seeds(2))
    for (const enabled of [false, true])
      for (const afterMs of [0, 30, 1100, 2300, 3500, 5000])
        await play({ seed, instances: 3, k: 0 }, async (stage) => {
          const { primary } = cast(stage)
          change(stage, isolation(!enabled))
          await untilConverged(stage, 20)
          change(stage, isolation(enabled))
          await pass(stage, afterMs / 1000)
          loseNode(stage, primary)
          wake(stage)
          await pass(stage, 16)
          // Whoever never stops keeps its place; whoever has stopped may be counted out once both terms allow it.
          if (accepts(primary)) assert.equal(statusOf(stage).currentPrimaryUID, primary.uid)
          if (accepts(primary)) stays += 1
          await endsWell(stage)
          assert.deepEqual(listed(stage), [3])
        })
  assert.ok(stays > 2, `it went on in ${stays} cases`)
})

test('members, k and timeouts change in one step: each in its turn, and nothing is lost when the primary goes in between', async () => {
  const slower = { primaryIsolation: { enabled: true, apiServerTimeout: '2500ms', peerTimeout: '12s' } }
  for (const seed of seeds(1))
    for (const [from, to, before, after] of [
      [3, 5, 1, 2],
      [5, 3, 2, 1],
      [4, 2, 1, 0],
    ] as const)
      for (const afterMs of [30, 1200, 2400, 3600, 5000])
        await play({ seed, instances: from, k: before }, async (stage) => {
          const { primary } = cast(stage)
          change(stage, { instances: to, minSyncReplicas: after, ...slower })
          await pass(stage, afterMs / 1000)
          loseNode(stage, primary)
          wake(stage)
          await pass(stage, 22)
          await endsWell(stage)
          assert.deepEqual(listed(stage), [to])
        })
})
