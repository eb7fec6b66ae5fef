// Over whom counts are made: terms that change or are lost while parts of the cluster do not hear of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  accepts,
  cast,
  change,
  endsWell,
  hostOf,
  isNamedAfter,
  listed,
  loseNode,
  never,
  part,
  pass,
  play,
  primaryHost,
  seeds,
  statusOf,
  sweep,
  until,
  untilConverged,
  wake,
} from './stage.ts'

test('from one instance to more the primary keeps its right', async () => {
  for (const seed of seeds(3))
    for (const instances of [2, 3])
      await play({ seed, instances: 1, k: 0 }, async (stage) => {
        change(stage, { instances })
        await untilConverged(stage, 30)
        await pass(stage, 5)
        assert.equal(statusOf(stage).currentEpoch, 1, 'it failed over')
        await endsWell(stage)
      })
})

test('from one instance to more and from three to five, nothing is lost', async () => {
  for (const seed of seeds(4))
    for (const [from, to] of [
      [1, 2],
      [1, 3],
      [2, 3],
      [3, 5],
    ] as const)
      await play({ seed, instances: from, k: Math.min(1, from - 1) }, async (stage) => {
        change(stage, { instances: to })
        await untilConverged(stage, 60)
        assert.deepEqual(listed(stage), [to])
        await endsWell(stage)
      })
})

test('a term that is in use stays in use while status still lists both', async () => {
  for (const seed of seeds(3))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { metacontrollers } = stage.simulation
      const { primary } = cast(stage)
      const used = (): number | undefined => primary.instance?.lastStatus().term?.members.length
      change(stage, { instances: 5 })
      await until(stage, 'the new term is in use', () => used() === 5)
      for (const each of metacontrollers) each.stop()
      await never(stage, 'it is not in use any more', () => used() !== 5, 4)
      metacontrollers.push(stage.simulation.newMetacontroller('mc-2'))
      await endsWell(stage)
    })
})

test('a second Metacontroller that lags while members join only makes it slower', async () => {
  for (const seed of seeds(3))
    for (const lag of [300, 3000])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { simulation } = stage
        const second = simulation.newMetacontroller('mc-2')
        second.lagMs = { parent: lag, children: 3 }
        simulation.metacontrollers.push(second)
        change(stage, { instances: 5 })
        await pass(stage, 1.5 + seed / 2)
        // The one with the older spec takes new Pods away again, for as long as it lags.
        part(stage, primaryHost(stage))
        wake(stage)
        await pass(stage, 14)
        second.stop()
        await endsWell(stage)
      })
})

test('members that come while the primary cannot be told count for nothing', async () => {
  for (const seed of seeds(3))
    for (const beforeMs of [0, 150])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary } = cast(stage)
        change(stage, { instances: 5 })
        await pass(stage, beforeMs / 1000)
        loseNode(stage, primary)
        wake(stage)
        await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
        const { uid } = hostOf(stage, 4)
        assert.ok(!(primary.instance?.lastStatus().term?.members ?? []).includes(uid))
        assert.equal(listed(stage)[0], 3)
        await pass(stage, 10)
        await endsWell(stage)
      })
})

test('a new term does not count before those who stay hold what was written', async () => {
  for (const seed of seeds(3))
    for (const spec of [{ minSyncReplicas: 2 }, { instances: 4 }])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        for (const host of replicas) part(stage, host, [primary], 'redis')
        await pass(stage, 0.5)
        change(stage, spec)
        await until(stage, 'two terms', () => listed(stage).length === 2)
        await pass(stage, 6)
        assert.equal(listed(stage).length, 2, 'it counted without them')
        loseNode(stage, primary)
        wake(stage)
        await pass(stage, 16)
        await endsWell(stage)
      })
})

test('k that changes in flight loses no write that was acknowledged before', async () => {
  for (const [before, then] of [
    [1, 2],
    [2, 1],
    [2, 0],
  ] as const)
    for (const afterMs of [0, 10, 400, 2500])
      await play({ seed: before + afterMs, instances: 4, k: 2 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        if (before === 1) {
          change(stage, { minSyncReplicas: 1 })
          await untilConverged(stage, 20)
          change(stage, { minSyncReplicas: 2 })
        } else change(stage, { minSyncReplicas: Math.max(then, 2) })
        await pass(stage, afterMs / 1000)
        const [lagging] = replicas
        assert.ok(lagging)
        part(stage, lagging, [primary], 'redis')
        await pass(stage, 0.5)
        loseNode(stage, primary)
        wake(stage)
        await pass(stage, 16)
        await endsWell(stage)
      })
})

test('a status that is lost is found again from what the instances hold', async () => {
  for (const seed of seeds(3))
    for (const cutOff of ['nobody', 'the primary', 'a replica'] as const)
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        const [replica] = replicas
        assert.ok(replica)
        const aside = cutOff === 'the primary' ? primary : replica
        const back = cutOff === 'nobody' ? undefined : part(stage, aside, ['hooks', 'api'])
        stage.simulation.world.tell('the status is wiped')
        stage.simulation.api.setStatus({})
        await pass(stage, 9)
        assert.ok(accepts(primary) || cutOff !== 'nobody')
        back?.()
        await endsWell(stage)
      })
})

test('any older status may come back at any time', async () => {
  for (const seed of seeds(2))
    for (const age of sweep(1, 13, 3))
      for (const moment of ['serving', 'failing over'] as const)
        await play({ seed, instances: 3, k: 1 }, async (stage) => {
          const { api } = stage.simulation
          const { primary } = cast(stage)
          if (moment === 'failing over') {
            primary.crashEngine()
            await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
          }
          const { status } = api.clusters[Math.max(0, api.clusters.length - 1 - age)]?.value ?? {}
          stage.simulation.world.tell('an older status is written back')
          api.setStatus(status ?? {})
          await endsWell(stage)
        })
})

test('timeouts that change in a partition do not count out a primary that keeps the longer ones', async () => {
  let stale = 0
  const short = { enabled: true, apiServerTimeout: '2500ms', peerTimeout: '2500ms' }
  const long = { enabled: true, apiServerTimeout: '2500ms', peerTimeout: '12s' }
  for (const seed of seeds(2))
    for (const [before, after] of [
      [long, short],
      [short, long],
    ] as const)
      for (const afterMs of [0, 5, 12, 20, 1200, 2300])
        await play({ seed, instances: 3, k: 1 }, async (stage) => {
          const { simulation } = stage
          const { primary } = cast(stage)
          const used = (): number | undefined => primary.instance?.lastStatus().term?.peerTimeoutSeconds
          change(stage, { primaryIsolation: before })
          await untilConverged(stage, 20)
          await until(stage, 'they are in use', () => used() === (before === short ? 2.5 : 12))
          await pass(stage, 4)
          change(stage, { primaryIsolation: after })
          await pass(stage, afterMs / 1000)
          part(stage, primary)
          simulation.api.setStatus({ ...statusOf(stage) })
          wake(stage)
          await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
          if (listed(stage).length === 2 || used() !== statusOf(stage).terms?.[0]?.peerTimeoutSeconds)
            stale += 1
          await pass(stage, 20)
          await endsWell(stage)
        })
  assert.ok(stale > 4, `it held another term than status listed ${stale} times`)
})
