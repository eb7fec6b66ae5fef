// Hibernation by annotation: ordered stop, nothing runs, and the same data come back, also when fewer instances are wanted then.
import assert from 'node:assert/strict'
import { clusterView, type ClusterView } from './cluster-view.ts'
import { podsOf } from './dataset.ts'
import { eventually } from './eventually.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { underLoad } from './under-load.ts'

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
  const sleep = async (): Promise<void> => {
    await cluster.annotate({ 'redis.io/hibernation': 'on', 'redis.io/switchover': null })
    await asleep(stage, cluster)
    await cluster.scale(1)
    await cluster.annotate({ 'redis.io/hibernation': null })
    await eventually('hi-0 serves alone', async () => {
      const { phase, currentPrimary, instances } = await cluster.status()
      return phase === 'Healthy' && currentPrimary === 'hi-0' && instances === 1 ? true : undefined
    })
  }
  const told = await underLoad(stage, cluster, sleep, { fullSyncs: 2 })
  await cluster.remove()
  return `hi-2 was the last to stop; started again as one: ${told}`
}

async function asleep(stage: Stage, cluster: ClusterView): Promise<void> {
  const { hibernation } = await eventually('nothing runs', async () => {
    const status = await cluster.status()
    const isAsleep = status.conditions?.find(({ type }) => type === 'Hibernated')?.status === 'True'
    const isOver = status.phase === 'Hibernating' && isAsleep && podsOf(stage, cluster).length === 0
    return isOver ? status : undefined
  })
  assert.equal(hibernation?.primary, 'hi-2')
}
