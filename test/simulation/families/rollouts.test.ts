// Rollouts: one Pod after the other is made anew, the primary last and after a handover; whatever happens on the way, nothing is lost.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../../hooks/kubernetes.ts'
import { annotations } from '../../../hooks/rediscluster/names.ts'
import { writesIn } from '../dataset.ts'
import type { Host } from '../host.ts'
import { brokenImage } from '../kubelet.ts'
import { annotate } from './people.ts'
import {
  accepts,
  cast,
  change,
  endsWell,
  loseNode,
  never,
  pass,
  play,
  seeds,
  stallEngine,
  statusOf,
  until,
  type Stage,
} from './stage.ts'

const imageIn = (pod: Pod | undefined): string | undefined => pod?.spec?.containers[0]?.image

const imageOf = ({ simulation: { api } }: Stage, ordinal: number): string | undefined =>
  imageIn(api.pods[`cache-${ordinal}`])

const isLeaving = ({ simulation: { api } }: Stage, host: Host): boolean =>
  api.podOf(host.uid)?.metadata.deletionTimestamp !== undefined

const ask = {
  'another image': (stage: Stage) => change(stage, { imageName: 'redis:8' }),
  'a restart': (stage: Stage) => annotate(stage, annotations.restartedAt, 'now'),
} as const

interface Watched {
  /** Names of the Pods in the order in which they were removed, and whether the primary it was. */
  readonly removed: { readonly name: string; readonly wasPrimary: boolean }[]
  /** Most Pods that were missing or leaving at the same time. */
  most: number
}

function watch(stage: Stage): Watched {
  const { api, kubelet } = stage.simulation
  const watched: Watched = { removed: [], most: 0 }
  const seen = new Set<string>()
  const first = Object.keys(api.pods).length
  api.listeners.push(() => {
    const pods = Object.values(api.pods).map(({ metadata }) => metadata)
    const leaving = pods.filter(({ deletionTimestamp }) => deletionTimestamp !== undefined)
    watched.most = Math.max(watched.most, first - pods.length + leaving.length)
    for (const { name, uid = '' } of leaving) {
      if (seen.has(uid)) continue
      seen.add(uid)
      const host = kubelet.hosts.get(uid)
      watched.removed.push({ name, wasPrimary: host !== undefined && accepts(host) })
    }
  })
  return watched
}

test('a whole rollout: each Pod once, one at a time, the primary last and not before it handed over; no write is lost', async () => {
  for (const seed of seeds(2))
    for (const [instances, k] of [
      [1, 0],
      [2, 1],
      [3, 1],
      [5, 2],
    ] as const)
      for (const asked of ['another image', 'a restart'] as const)
        await play({ seed, instances, k }, async (stage) => {
          const before = cast(stage)
          const watched = watch(stage)
          const { removed } = watched
          ask[asked](stage)
          if (instances > 1)
            await until(stage, 'it is to hand over', () => statusOf(stage).planned === 'Rollout', 60)
          const writes = writesIn(before.primary.engine?.data.log)
          await endsWell(stage)
          const replicas = before.replicas.map(({ name }) => name).reverse()
          assert.deepEqual(
            removed.map(({ name }) => name),
            [...replicas, before.primary.name],
          )
          assert.equal(watched.most, 1)
          assert.equal(
            removed.some(({ wasPrimary }) => wasPrimary),
            instances === 1,
          )
          const present = writesIn(cast(stage).primary.engine?.data.log)
          assert.deepEqual(
            [...writes].filter((write) => !present.has(write)),
            [],
          )
        })
})

/** Moments of a rollout of three. */
const steps: Readonly<Record<string, (stage: Stage, first: Host) => boolean>> = {
  'a replica is leaving': isLeaving,
  'it is made anew': (stage, first) =>
    !isLeaving(stage, first) && stage.simulation.api.podOf(first.uid) === undefined,
  'it has started': (stage, first) => {
    const { simulation } = stage
    const host = simulation.hostOfOrdinal(Number(first.name.split('-').at(-1)))
    return host !== first && host?.engine?.loading === false
  },
  'the primary is to hand over': (stage) => statusOf(stage).planned === 'Rollout',
  'another has taken over': (stage) => (statusOf(stage).currentEpoch ?? 0) > 1,
}

const troubles = {
  crashes: (_stage: Stage, primary: Host) => primary.crash(),
  'is lost with its node': (stage: Stage, primary: Host) => void loseNode(stage, primary),
  hangs: (stage: Stage, primary: Host) => void stallEngine(stage, primary),
} as const

test('the primary fails in the middle: another serves or is waited for, and the rollout goes on to its end', async () => {
  for (const instances of [2, 3])
    for (const [step, isReached] of Object.entries(steps))
      for (const [trouble, befall] of Object.entries(troubles))
        await play({ seed: 1, instances, k: 1 }, async (stage) => {
          const first = cast(stage).replicas.at(-1)
          assert.ok(first)
          change(stage, { imageName: 'redis:8' })
          await until(stage, `${step}, and the primary ${trouble}`, () => isReached(stage, first))
          const primary = stage.simulation.kubelet.hosts.get(statusOf(stage).currentPrimaryUID ?? '')
          assert.ok(primary)
          befall(stage, primary)
          await pass(stage, 15)
          await endsWell(stage)
          assert.ok(Object.values(stage.simulation.api.pods).every((pod) => imageIn(pod) === 'redis:8'))
        })
})

test('an image that does not exist stops the rollout at the first Pod; set back, it goes on', async () => {
  for (const seed of seeds(2))
    for (const instances of [2, 3])
      await play({ seed, instances, k: 1 }, async (stage) => {
        const { primary } = cast(stage)
        const watched = watch(stage)
        change(stage, { imageName: brokenImage })
        await until(stage, 'a Pod cannot start', () => imageOf(stage, instances - 1) === brokenImage)
        await never(stage, 'the primary is disturbed', () => !accepts(primary), 20)
        assert.equal(watched.removed.length, 1)
        change(stage, { imageName: 'redis' })
        await endsWell(stage)
      })
})

test('an image that does not exist, and nobody serves: what cannot start is taken away when it is set back', async () => {
  for (const seed of seeds(2))
    for (const instances of [1, 2, 3])
      await play({ seed, instances, k: Math.min(1, instances - 1) }, async (stage) => {
        const { primary } = cast(stage)
        change(stage, { imageName: brokenImage })
        await until(stage, 'a Pod cannot start', () => imageOf(stage, instances - 1) === brokenImage)
        // More than one is missing then: the one that cannot start must be asked, too.
        primary.crash()
        await pass(stage, 15)
        assert.ok(!Object.values(stage.simulation.hosts).some(accepts), 'nobody serves')
        change(stage, { imageName: 'redis' })
        await endsWell(stage)
      })
})

test('a replica that is not in sync holds the rollout back', async () => {
  for (const seed of seeds(2))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const [lagging] = cast(stage).replicas
      assert.ok(lagging)
      const heal = stallEngine(stage, lagging)
      await pass(stage, 5)
      const watched = watch(stage)
      change(stage, { imageName: 'redis:8' })
      await pass(stage, 15)
      assert.deepEqual(
        watched.removed.map(({ name }) => name),
        [lagging.name],
        'only what does not run may go',
      )
      heal()
      await endsWell(stage)
      assert.equal(watched.removed.length, 3)
      assert.equal(watched.most, 1)
    })
})

test('a second Metacontroller with an older view replaces nothing that is new', async () => {
  for (const seed of seeds(2))
    await play({ seed, instances: 3, k: 1 }, async (stage) => {
      const { simulation } = stage
      const second = simulation.newMetacontroller('mc-2')
      second.lagMs = { parent: 1500, children: 1500 }
      simulation.metacontrollers.push(second)
      await pass(stage, 2)
      const watched = watch(stage)
      change(stage, { imageName: 'redis:8' })
      await pass(stage, 12)
      second.stop()
      await endsWell(stage)
      for (const ordinal of [0, 1, 2]) assert.equal(imageOf(stage, ordinal), 'redis:8')
      assert.ok(watched.removed.length >= 3)
    })
})
