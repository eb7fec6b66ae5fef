// PID 1 or redis-server stalls: the watchdog, the deadline of a fence, and the margin between a lapsed right and a successor.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutting } from '../faults.ts'
import {
  accepts,
  cast,
  cut,
  endsWell,
  isNamedAfter,
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
  wake,
} from './stage.ts'

test('a redis-server whose PID 1 stalls writes on, and is dead before a successor opens', async () => {
  for (const seed of seeds(3))
    for (const stallMs of [500, 1100, 1300, 2500, 9000])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary } = cast(stage)
        const goOn = stallServer(stage, primary)
        const offset = primary.engine?.data.offset ?? 0
        await pass(stage, 0.45)
        assert.ok(accepts(primary) && (primary.engine?.data.offset ?? 0) > offset, 'it writes on')
        await pass(stage, stallMs / 1000 - 0.45)
        assert.equal(primary.engine === undefined, stallMs > 1200, 'the watchdog takes over')
        goOn()
        await endsWell(stage)
      })
})

test('a right that lapses while PID 1 stalls ends before the successor opens', async () => {
  let outlived = 0
  for (const seed of [2])
    for (const stallMs of [300, 1100, 1250, 3000])
      for (const early of sweep(0, 1500, 250))
        await play({ seed, instances: 3, k: 1 }, async (stage) => {
          const { world } = stage.simulation
          const { primary } = cast(stage)
          part(stage, primary)
          wake(stage)
          const rightEndsMs = world.nowMs + 5000
          await pass(stage, 5 - early / 1000)
          const goOn = stallServer(stage, primary)
          await world.run(Math.max(rightEndsMs, world.nowMs + stallMs / 2))
          if (accepts(primary) && primary.server?.stalled === true) outlived += 1
          await world.run(Math.max(world.nowMs, rightEndsMs - early + stallMs))
          goOn()
          await until(
            stage,
            'a successor opens',
            () => isNamedAfter(stage, primary, 1) && accepts(targetHost(stage) ?? primary),
          )
          await endsWell(stage)
        })
  assert.ok(outlived > 3, `it was writable beyond its right ${outlived} times`)
})

test('buffered writes of a stopped redis-server are not carried out below a fence', async () => {
  let buffered = 0
  for (const seed of seeds(3))
    for (const seconds of [0.6, 1.5, 3.2, 6, 12.5])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary } = cast(stage)
        const { process } = primary.engine ?? {}
        assert.ok(process)
        const goOn = stallEngine(stage, primary)
        const apart = part(stage, primary, ['hooks'])
        await pass(stage, seconds)
        buffered = Math.max(buffered, process.waiting.length)
        goOn()
        apart()
        await endsWell(stage)
      })
  assert.ok(buffered > 20)
})

test('a fence that a hung redis-server does not confirm becomes its end', async () => {
  let fencedWhileHung = 0
  for (const seed of seeds(4))
    for (const lateMs of [0, 300, 700, 900])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary } = cast(stage)
        const { process } = primary.engine ?? {}
        assert.ok(process)
        // The hooks do not reach it, so they name another; the API reaches it, so it hears of that.
        part(stage, primary, ['hooks'])
        const silence = cutting(stage.simulation, { from: primary.address, to: undefined, port: 'http' })
        await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
        if (!accepts(primary)) return
        const goOn = stallEngine(stage, primary)
        await pass(stage, lateMs / 1000)
        if (process.alive && process.waiting.length > 0) fencedWhileHung += 1
        goOn()
        silence()
        await until(stage, 'a successor is installed', () => (statusOf(stage).currentEpoch ?? 0) > 1)
        await endsWell(stage)
      })
  assert.ok(fencedWhileHung > 5)
})

test('an orphan that outlives PID 1 keeps the volume, and its successor waits for its end', async () => {
  let together = 0
  for (const instances of [1, 3])
    for (const seed of seeds(8))
      await play({ seed, instances, k: 0 }, async (stage) => {
        const { primary } = cast(stage)
        primary.crashLeavingOrphan()
        await pass(stage, 1)
        if (accepts(primary) && primary.server?.alive === true) together += 1
        await endsWell(stage)
      })
  assert.ok(together > 4, 'PID 1 was back while the orphan wrote')
})

test('a cut and a stall at once: what both hide from each other', async () => {
  for (const seed of seeds(3))
    for (const lengthMs of [900, 4000, 8000])
      await play({ seed, instances: 5, k: 2 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        const [first, second] = replicas
        assert.ok(first && second)
        part(stage, primary, [first, second, 'hooks'])
        cut(stage, { from: undefined, to: first.address, port: 'api' })
        await pass(stage, 1)
        const goOn = stallServer(stage, second)
        await pass(stage, lengthMs / 1000)
        goOn()
        await pass(stage, 6)
        await endsWell(stage)
      })
})
