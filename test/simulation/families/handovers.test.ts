// Planned moves: nothing at all is lost, and whatever happens on the way, one primary comes of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writesIn } from '../dataset.ts'
import type { Host } from '../host.ts'
import { obey } from '../obey.ts'
import { clusterUID } from '../host.ts'
import { askFor, deletePod, isPaused, keepStopped, pair, phase } from './people.ts'
import {
  accepts,
  cast,
  endsWell,
  isNamedAfter,
  loseNode,
  never,
  part,
  pass,
  play,
  proofsAgainst,
  seeds,
  stallEngine,
  statusOf,
  sweep,
  until,
  type Stage,
} from './stage.ts'

const isInstalled = (stage: Stage, host: Host): boolean => statusOf(stage).currentPrimaryUID === host.uid

/** All that it ever accepted, whoever acknowledged it. */
const written = ({ engine }: Host): ReadonlySet<number> => writesIn(engine?.data.log)

function holdsAll(stage: Stage, writes: ReadonlySet<number>): void {
  const present = written(cast(stage).primary)
  const lost = [...writes].filter((write) => !present.has(write))
  assert.equal(lost.length, 0, `${lost.length} writes that nobody acknowledged are lost`)
}

test('a planned move loses no write at all, and takes one naming', async () => {
  for (const seed of seeds(3))
    for (const [instances, k] of [
      [2, 0],
      [3, 1],
      [5, 2],
    ] as const)
      for (const wished of ['by a person', 'by SIGTERM'] as const)
        await play({ seed, instances, k }, async (stage) => {
          const { primary, successor } = pair(stage)
          if (wished === 'by a person') askFor(stage, successor.name)
          else deletePod(stage, primary)
          await until(stage, 'writes are held back', () => isPaused(stage, primary))
          const { engine } = primary
          await until(stage, 'it is fenced', () => engine?.role === 'slave')
          const before = writesIn(engine?.data.log)
          await until(stage, 'a successor is installed', () => !isInstalled(stage, primary))
          assert.equal(statusOf(stage).currentEpoch, 2)
          assert.deepEqual(proofsAgainst(stage, primary), ['Demoted'])
          if (wished === 'by a person') assert.ok(isInstalled(stage, successor))
          await endsWell(stage)
          holdsAll(stage, before)
        })
})

test('a pause that runs out before the promise is kept costs no write, only another naming', async () => {
  let late = 0
  for (const seed of seeds(4))
    for (const k of [0, 1])
      await play({ seed, instances: 3, k }, async (stage) => {
        const { primary, successor } = pair(stage)
        const { engine } = primary
        assert.ok(engine)
        // Its disk takes long over something else, while the promise waits.
        primary.disk.slowMs = 4500
        await until(stage, 'it writes', () => primary.disk.writing > 0)
        primary.disk.slowMs = 0
        askFor(stage, successor.name)
        await until(stage, 'writes are held back', () => isPaused(stage, primary))
        await pass(stage, 0.1)
        const drained = engine.data.offset
        part(stage, successor, [primary], 'redis')
        await until(stage, 'it is fenced', () => engine.role === 'slave')
        if (engine.data.offset > drained && isNamedAfter(stage, primary, 1)) late += 1
        const before = writesIn(engine.data.log)
        await endsWell(stage)
        holdsAll(stage, before)
      })
  assert.ok(late > 4, `it accepted writes after the pause in ${late} of 8 cases`)
})

test('a successor that cannot catch up is given up, and asked for no second time', async () => {
  for (const seed of seeds(3))
    for (const trouble of ['lags', 'answers nobody but the hooks'] as const)
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary, successor } = pair(stage)
        part(stage, successor, [primary], trouble === 'lags' ? 'redis' : 'http')
        await pass(stage, 1)
        askFor(stage, successor.name)
        await until(stage, 'it is named', () => isNamedAfter(stage, primary, 1))
        await pass(stage, 10)
        assert.equal(phase(stage), 'Draining')
        await until(stage, 'the old one is primary again', () => (statusOf(stage).currentEpoch ?? 0) > 1, 30)
        assert.ok(isInstalled(stage, primary))
        await endsWell(stage)
        assert.ok(isInstalled(stage, primary), 'it moved after all')
      })
})

test('a successor that cannot catch up holds back no writes', () =>
  play({ seed: 1, instances: 3, k: 1 }, async (stage) => {
    const { primary, successor } = pair(stage)
    part(stage, successor, [primary], 'redis')
    await pass(stage, 1)
    askFor(stage, successor.name)
    await until(stage, 'it is named', () => isNamedAfter(stage, primary, 1))
    const before = written(primary).size
    await pass(stage, 10)
    assert.ok(written(primary).size > before + 40)
  }))

test('a request waits for a successor that cannot be primary now', async () => {
  for (const trouble of ['is silent', 'is kept stopped', 'hangs', 'does not exist'] as const)
    await play({ seed: 2, instances: 3, k: 1 }, async (stage) => {
      const { primary, successor } = pair(stage)
      if (trouble === 'is silent') part(stage, successor, ['hooks'])
      if (trouble === 'is kept stopped') keepStopped(stage, successor)
      if (trouble === 'hangs') stallEngine(stage, successor)
      await pass(stage, 12)
      askFor(stage, trouble === 'does not exist' ? 'cache-9' : successor.name)
      await never(stage, 'it is named', () => isNamedAfter(stage, primary, 1), 5)
      assert.ok(accepts(primary))
      if (trouble === 'is kept stopped') keepStopped(stage)
      if (trouble === 'does not exist') askFor(stage, successor.name)
      for (const heal of stage.heals) heal()
      await until(stage, 'it is installed', () => isInstalled(stage, successor))
      await endsWell(stage)
    })
})

test('of two requests in a row the last one is what comes of it', async () => {
  const phases = new Set<string>()
  for (const seed of seeds(2))
    for (const afterMs of [...sweep(0, 40, 4), 80, 250, 1000])
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { successor, others } = pair(stage)
        const [second] = others
        assert.ok(second)
        askFor(stage, successor.name)
        await pass(stage, afterMs / 1000)
        phases.add(phase(stage))
        askFor(stage, second.name)
        await until(stage, 'the second is installed', () => isInstalled(stage, second))
        await endsWell(stage)
        assert.ok(isInstalled(stage, second))
      })
  assert.ok(phases.has('Draining') && phases.size > 2, [...phases].join())
})

test('SIGTERM of the primary while others fail, too', async () => {
  for (const seed of seeds(3))
    for (const other of [
      'no replica is in sync',
      'the best replica crashes',
      'all are deleted',
      'another failover runs',
    ] as const)
      await play({ seed, instances: 3, k: 1 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        const [first, second] = replicas
        assert.ok(first && second)
        if (other === 'no replica is in sync')
          for (const host of replicas) part(stage, host, [primary], 'redis')
        if (other === 'another failover runs') {
          loseNode(stage, primary)
          await until(stage, 'another is named', () => isNamedAfter(stage, primary, 1))
          deletePod(stage, first)
        }
        deletePod(stage, primary)
        await pass(stage, 0.02)
        if (other === 'the best replica crashes') first.crash()
        if (other === 'all are deleted') for (const host of replicas) deletePod(stage, host)
        await pass(stage, 20)
        await endsWell(stage)
      })
})

test('an address that has another owner by now is not taken for the successor', async () => {
  for (const k of [0, 1])
    await play({ seed: 1, instances: 3, k }, async (stage) => {
      const { primary, successor, others } = pair(stage)
      const [other] = others
      assert.ok(other && primary.instance)
      part(stage, successor, [primary, other], 'redis')
      await pass(stage, 1)
      const to = { uid: primary.uid, name: primary.name, ip: primary.address }
      const target = { uid: successor.uid, name: successor.name, ip: other.address }
      void obey(primary.instance, { kind: 'Handover', to, cluster: clusterUID, epoch: 2, target })
      await until(stage, 'it has promised', () => primary.disk.reign.seen === 2)
      const before = written(primary)
      assert.ok((successor.engine?.data.offset ?? 0) < (primary.engine?.data.offset ?? 0), 'it lacks some')
      await pass(stage, 5)
      await endsWell(stage)
      holdsAll(stage, before)
    })
})
