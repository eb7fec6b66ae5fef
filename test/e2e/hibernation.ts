// Hibernation by annotation: ordered stop, nothing runs, and the same data come back, also when fewer instances are wanted then.
import assert from 'node:assert/strict'
import { clusterView } from './cluster-view.ts'
import { fill, holdsKeys, onEveryInstance, podsOf } from './dataset.ts'
import { eventually } from './eventually.ts'
import { writes } from './planned.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'

export const hibernations: readonly Scenario[] = [
  { name: 'hibernation: stops under load, and the same data come back', run: sleeps },
]

async function sleeps(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'hi')
  await cluster.apply(3)
  await cluster.ready(3)
  await cluster.annotate({ 'redis.io/switchover': 'hi-2' })
  await eventually('hi-2 is primary', async () => {
    const { currentPrimary, phase } = await cluster.status()
    return currentPrimary === 'hi-2' && phase === 'Healthy' ? true : undefined
  })
  await fill(cluster)
  const leader = await cluster.client('leader')
  const writer = writes(leader)
  await eventually('the writer writes', () => (writer.acknowledged.length > 0 ? true : undefined))
  await cluster.annotate({ 'redis.io/hibernation': 'on', 'redis.io/switchover': null })
  const { hibernation } = await eventually('nothing runs', async () => {
    const status = await cluster.status()
    const asleep = status.conditions?.find(({ type }) => type === 'Hibernated')?.status === 'True'
    return status.phase === 'Hibernating' && asleep && podsOf(stage, cluster).length === 0
      ? status
      : undefined
  })
  await writer.stop()
  leader.disconnect()
  assert.equal(hibernation?.primary, 'hi-2')
  await cluster.scale(1)
  await cluster.annotate({ 'redis.io/hibernation': null })
  await eventually('hi-0 serves alone, with everything', async () => {
    const { phase, currentPrimary, instances } = await cluster.status()
    return phase === 'Healthy' && currentPrimary === 'hi-0' && instances === 1 ? true : undefined
  })
  await onEveryInstance(stage, cluster, 1, async (redis) => {
    await holdsKeys(redis)
    assert.equal(await redis.exists(...writer.acknowledged), writer.acknowledged.length, 'a write is lost')
  })
  await cluster.remove()
  return `hi-2 was the last to stop, at offset ${hibernation.offsetBytes ?? 0}; started again as one, ${writer.acknowledged.length} acknowledged writes are all there`
}
