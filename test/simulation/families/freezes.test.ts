// Whole containers and guests stand still and go on: for how long an old primary writes beside its successor, and what is lost.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Host } from '../host.ts'
import {
  accepts,
  cast,
  endsWell,
  freeze,
  hasClaimed,
  isNamedAfter,
  never,
  part,
  pass,
  play,
  seeds,
  statusOf,
  sweep,
  targetHost,
  until,
  wake,
  type Stage,
} from './stage.ts'

/** For how long after `sinceMs` two were writable; undefined when they never were. */
function residueMs({ simulation }: Stage, sinceMs: number): number | undefined {
  const last = simulation.residueMs.at(-1)
  return last === undefined ? undefined : last - sinceMs
}

/** Frozen until somebody else is installed. Resolves with when it goes on. */
async function freezeUntilReplaced(stage: Stage, primary: Host, clock: 'runs' | 'stops'): Promise<number> {
  const goOn = freeze(stage, primary, clock)
  const { currentEpoch = 0 } = statusOf(stage)
  wake(stage)
  const isReplaced = (): boolean => {
    const status = statusOf(stage)
    return (status.currentEpoch ?? 0) > currentEpoch && status.currentPrimaryUID !== primary.uid
  }
  await until(stage, 'somebody else is installed', isReplaced)
  await pass(stage, 0.5 + stage.simulation.setting.seed / 7)
  const { world } = stage.simulation
  goOn()
  return world.nowMs
}

test('a short freeze changes nothing', async () => {
  for (const clock of ['runs', 'stops'] as const)
    for (const seconds of [0.3, 0.9])
      await play({ seed: 1, instances: 3, k: 1 }, async (stage) => {
        const { primary } = cast(stage)
        const goOn = freeze(stage, primary, clock)
        await pass(stage, seconds)
        goOn()
        await pass(stage, 6)
        assert.deepEqual([accepts(primary), statusOf(stage).currentEpoch], [true, 1])
        await endsWell(stage)
      })
})

test('a container that freezes carries out what waited in its buffers, and nothing more', async () => {
  let wrote = 0
  for (const seed of seeds(6))
    for (const [instances, k] of [
      [3, 1],
      [5, 2],
    ] as const)
      await play({ seed, instances, k }, async (stage) => {
        const { primary } = cast(stage)
        const wokeMs = await freezeUntilReplaced(stage, primary, 'runs')
        await pass(stage, 1)
        const forMs = residueMs(stage, wokeMs)
        if (forMs !== undefined) wrote += 1
        assert.ok((forMs ?? 0) < 10, `it wrote beside its successor for ${forMs ?? 0} ms`)
        await endsWell(stage)
      })
  assert.ok(wrote > 6, `it wrote beside its successor in ${wrote} of 12 cases`)
})

test('a guest whose clock stops writes on until it is told, and at most for as long as its right had left', async () => {
  let [wrote, longestMs] = [0, 0]
  for (const seed of seeds(4))
    for (const hears of ['everybody', 'its peers', 'the API', 'nobody'] as const)
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        if (hears === 'nobody') part(stage, primary)
        if (hears === 'its peers') part(stage, primary, ['hooks', 'api'])
        if (hears === 'the API') part(stage, primary, ['hooks', ...replicas])
        const wokeMs = await freezeUntilReplaced(stage, primary, 'stops')
        await pass(stage, 7)
        const forMs = residueMs(stage, wokeMs) ?? 0
        longestMs = Math.max(longestMs, forMs)
        if (stage.simulation.residueMs.length > 0) wrote += 1
        const limitMs = hears === 'nobody' ? 5300 : 1100
        assert.ok(forMs < limitMs, `${hears}: it wrote beside its successor for ${forMs} ms`)
        await endsWell(stage)
      })
  assert.ok(wrote > 8, `it wrote beside its successor in ${wrote} of 16 cases`)
  assert.ok(longestMs > 2500, 'nobody told it')
})

test('a primary that wakes up together with a replica writes to it, and WAIT k says that this is too few', async () => {
  let copied = 0
  for (const seed of seeds(6))
    await play({ seed, instances: 5, k: 2 }, async (stage) => {
      const { primary, replicas } = cast(stage)
      const [beside, ...others] = replicas
      assert.ok(beside?.engine)
      for (const host of [primary, beside]) part(stage, host, ['hooks', 'api', ...others])
      const goOn = freeze(stage, beside, 'stops')
      const before = beside.engine.data.offset
      const wokeMs = await freezeUntilReplaced(stage, primary, 'stops')
      goOn()
      await pass(stage, 0.5)
      const { links = [] } = primary.engine ?? {}
      const link = links.find(({ replica }) => replica === beside.engine)
      if (residueMs(stage, wokeMs) !== undefined && (link?.acknowledged ?? 0) > before) copied += 1
      await endsWell(stage)
    })
  assert.ok(copied > 3, `its replica had what it wrote in ${copied} of 6 cases`)
})

test('a primary that stands still together with a replica that WAIT k may have counted has no successor', async () => {
  for (const [instances, k] of [
    [3, 1],
    [5, 1],
  ] as const)
    await play({ seed: 1, instances, k }, async (stage) => {
      const { primary, replicas } = cast(stage)
      const [beside, ...others] = replicas
      assert.ok(beside)
      for (const host of [primary, beside]) freeze(stage, host, 'runs')
      wake(stage)
      await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
      await never(stage, 'somebody opened', () => others.some(accepts), 20)
      await endsWell(stage)
    })
})

test('a successor that stood still before it opened writes beside the next one only until it is told', async () => {
  let opened = 0
  for (const seed of seeds(2))
    for (const afterMs of sweep(0, 14, 1))
      await play({ seed, instances: 5, k: 2 }, async (stage) => {
        const { primary } = cast(stage)
        primary.crashEngine()
        await until(stage, 'a successor claims', () => hasClaimed(stage, targetHost(stage), 2))
        const successor = targetHost(stage)
        assert.ok(successor)
        await pass(stage, afterMs / 1000)
        const before = accepts(successor)
        const wokeMs = await freezeUntilReplaced(stage, successor, 'stops')
        await pass(stage, 3)
        const forMs = residueMs(stage, wokeMs)
        if (!before && forMs !== undefined) opened += 1
        assert.ok((forMs ?? 0) < 1100)
        await endsWell(stage)
      })
  assert.ok(opened > 0, `it opened beside the next one ${opened} times`)
})
