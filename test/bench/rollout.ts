// A restart of every Pod by annotation, with data and a client that writes all the time: what the client notices, and what it costs.
import type { Redis } from 'ioredis'
import { annotations } from '../../hooks/rediscluster/names.ts'
import { clusterView, type ClusterView } from '../e2e/cluster-view.ts'
import { eventually } from '../e2e/eventually.ts'
import { writes } from '../e2e/writer.ts'
import type { Stage } from '../e2e/stage.ts'
import { fillMixed } from './dataset.ts'
import { figure, type Bench, type Figure } from './figure.ts'
import { onStage } from './on-stage.ts'
import { watchFullSyncs } from '../e2e/full-syncs.ts'
import { watchPods } from './rollout/pods.ts'

const instances = 3
const usualMegabytes = 200
const sizes = {
  usual: { runs: 3, fillSeconds: Infinity },
  /** On a busy machine it has less data rather than to last for minutes. */
  quick: { runs: 1, fillSeconds: 5 },
}

export const rollout: Bench = {
  name: 'rollout',
  how: 'every Pod replaced by redis.io/restartedAt: three instances with data, a client that writes every 5 ms through the Service and follows the primary',
  run: ({ quick, megabytes = usualMegabytes }) =>
    onStage(async (stage) => {
      const { runs, fillSeconds } = quick ? sizes.quick : sizes.usual
      const cluster = clusterView(stage, 'rollout')
      await cluster.apply(instances)
      await cluster.ready(instances)
      const leader = await cluster.client('leader')
      await eventually('-leader answers', () => leader.ping())
      const filled = await fillMixed(leader, megabytes, fillSeconds)
      await eventually('every replica has it', async () =>
        (await leader.wait(instances - 1, 1000)) === instances - 1 ? true : undefined,
      )
      await cluster.ready(instances)
      const all: Rolled[] = []
      for (let run = 0; run < runs; run++) all.push(await roll(stage, cluster, leader, `${run}`))
      leader.disconnect()
      await cluster.remove()
      return [figure('data in values', 'MB', [filled]), ...figuresOf(all)]
    }),
}

interface Rolled {
  readonly seconds: number
  readonly podSeconds: readonly number[]
  readonly longestGapMs: number
  readonly fullSyncs: number
  readonly acknowledged: number
  readonly failedWrites: number
  readonly lostWrites: number
}

async function roll(stage: Stage, cluster: ClusterView, leader: Redis, run: string): Promise<Rolled> {
  const pods = await watchPods(cluster, instances)
  const syncs = await watchFullSyncs(stage, cluster)
  const writer = writes(leader)
  await eventually('the client writes', () => (writer.acknowledged.length > 100 ? true : undefined))
  const startedMs = performance.now()
  await cluster.annotate({ [annotations.restartedAt]: run })
  const podSeconds = await pods.replaced()
  await cluster.ready(instances)
  const seconds = (performance.now() - startedMs) / 1000
  const written = writer.acknowledged.length
  await eventually('the client goes on', () =>
    writer.acknowledged.length > written + 100 ? true : undefined,
  )
  await writer.stop()
  const held = await leader.exists(...writer.acknowledged)
  // The next run writes the same keys.
  await leader.unlink(...writer.acknowledged)
  return {
    seconds,
    podSeconds,
    longestGapMs: writer.longestGapMs(),
    fullSyncs: await syncs.count(),
    acknowledged: writer.acknowledged.length,
    failedWrites: writer.failures(),
    lostWrites: writer.acknowledged.length - held,
  }
}

function figuresOf(all: readonly Rolled[]): readonly Figure[] {
  const row = (what: string, unit: Figure['unit'], value: (rolled: Rolled) => number): Figure =>
    figure(what, unit, all.map(value))
  return [
    row('from the annotation to Healthy', 's', ({ seconds }) => seconds),
    figure(
      'a Pod is away',
      's',
      all.flatMap(({ podSeconds }) => podSeconds),
    ),
    row('longest time without an acknowledged write', 'ms', ({ longestGapMs }) => longestGapMs),
    row('writes that failed', '', ({ failedWrites }) => failedWrites),
    row('lostWrites: acknowledged and missing in the end', '', ({ lostWrites }) => lostWrites),
    row('full resyncs', '', ({ fullSyncs }) => fullSyncs),
    row('acknowledged writes', '', ({ acknowledged }) => acknowledged),
  ]
}
