// What a primary wrote and its successor lacks: a copy stays on its volume, and only then.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { annotations } from '../../../hooks/rediscluster/names.ts'
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
  statusOf,
  until,
  type Stage,
} from './stage.ts'

const isSettled = ({ disk }: Host): boolean => disk.reign.dataEpoch > disk.reign.openedEpoch

/** What the primary of now does not have. */
function lostOn(stage: Stage, host: Host): readonly number[] {
  const present = writesIn(cast(stage).primary.engine?.data.log)
  return [...writesIn(host.disk.log)].filter((write) => write > 0 && !present.has(write))
}

function assertSalvaged({ disk, instance }: Host, lost: readonly number[], epoch: number): void {
  const { copy, refused } = instance?.lastStatus().salvage ?? {}
  assert.deepEqual([copy?.epoch, refused], [epoch, undefined])
  const kept = writesIn(disk.salvaged?.log)
  assert.ok(lost.every((write) => kept.has(write)))
}

function leave({ simulation: { api } }: Stage, { uid }: Host): void {
  const pod = api.podOf(uid)
  if (pod !== undefined) api.putPod({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: 'now' } })
}

function switchTo({ simulation: { api } }: Stage, host: Host | undefined): void {
  const asked = { [annotations.switchover]: host?.name ?? '' }
  api.setCluster({ ...api.cluster, metadata: { ...api.cluster.metadata, annotations: asked } })
}

test('what a primary took while it was cut off is in a copy that tells how much it is', async () => {
  for (const seed of seeds(6))
    for (const room of ['enough', 'none'])
      await play({ seed, instances: 3, k: 0 }, async (stage) => {
        const { primary } = cast(stage)
        primary.disk.isTight = room === 'none'
        const heal = part(stage, primary)
        await until(stage, 'another serves', () => cast(stage).primary !== primary)
        await pass(stage, 1)
        const lost = lostOn(stage, primary)
        assert.ok(lost.length > 10)
        heal()
        await until(stage, 'it has followed', () => isSettled(primary))
        const { copy, refused } = primary.instance?.lastStatus().salvage ?? {}
        if (room === 'enough') assertSalvaged(primary, lost, 1)
        if (room === 'enough') assert.ok((copy?.surplusBytes ?? 0) >= lost.length * 100)
        else assert.deepEqual([copy, refused?.epoch], [undefined, 1])
        await endsWell(stage)
      })
})

test('a primary that died with writes of its own keeps a copy before it follows, however often it dies again', async () => {
  let lostSome = 0
  for (const seed of seeds(12))
    await play({ seed, instances: 3, k: 0 }, async (stage) => {
      const { primary } = cast(stage)
      part(stage, primary, [], 'redis')
      await pass(stage, 1)
      loseNode(stage, primary)
      primary.crash()
      await until(stage, 'another serves', () => cast(stage).primary !== primary)
      const lost = lostOn(stage, primary)
      if (lost.length > 0) lostSome += 1
      for (const heal of stage.heals) heal()
      const inRewrite = (): boolean => primary.engine?.rewriting === true
      if (seed % 2) await until(stage, 'a full sync is in memory, not in the files', inRewrite)
      if (seed % 3) primary.crashEngine()
      await until(stage, 'it has followed', () => isSettled(primary))
      assertSalvaged(primary, lost, 1)
      await endsWell(stage)
    })
  assert.ok(lostSome > 8, `lost something ${lostSome} times`)
})

test('a planned move leaves no copy, whether its Pod stays or goes', async () => {
  for (const seed of seeds(6))
    for (const goes of [false, true])
      await play({ seed, instances: 3, k: 0 }, async (stage) => {
        const { primary, replicas } = cast(stage)
        const { disk } = primary
        if (goes) leave(stage, primary)
        else switchTo(stage, replicas[0])
        await until(stage, 'another serves', () => cast(stage).primary !== primary)
        assert.ok(!accepts(primary))
        assert.match(statusOf(stage).lastFailover?.reason ?? '', /^(Switchover|Leaving)/)
        await endsWell(stage)
        assert.ok(disk.reign.dataEpoch > 1)
        assert.equal(disk.salvaged, undefined)
      })
})
