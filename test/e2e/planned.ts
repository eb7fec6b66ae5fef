// What people ask for by annotation: a switchover that loses nothing, and an instance that is stopped and stays stopped.
import assert from 'node:assert/strict'
import { clusterView, type ClusterView } from './cluster-view.ts'
import { fill, holdsKeys, onEveryInstance } from './dataset.ts'
import { eventually } from './eventually.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { underLoad } from './under-load.ts'

export const planned: readonly Scenario[] = [
  { name: 'planned: a switchover by annotation, under load', run: switchesOver },
  { name: 'planned: the primary is fenced by annotation, and let go again', run: fences },
]

async function switchesOver(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'so')
  await cluster.apply(3)
  const { currentPrimary: primary = '' } = await cluster.ready(3)
  const target = primary === 'so-1' ? 'so-2' : 'so-1'
  const switchover = async (): Promise<void> => {
    await cluster.annotate({ 'redis.io/switchover': target })
    await eventually(`${target} is primary`, async () => {
      const { currentPrimary, phase } = await cluster.status()
      return currentPrimary === target && phase === 'Healthy' ? true : undefined
    })
  }
  const told = await underLoad(stage, cluster, switchover, { fullSyncs: 0 })
  const { lastFailover } = await cluster.status()
  assert.deepEqual(lastFailover?.proofs, [`${primary} Demoted`])
  await cluster.remove()
  return told
}

async function fences(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'fe')
  await cluster.apply(3)
  const { currentPrimary: primary = '' } = await cluster.ready(3)
  await fill(cluster)
  const restarts = await restartsOf(cluster, primary)
  await cluster.annotate({ 'redis.io/fencedInstances': JSON.stringify([primary]) })
  const { currentPrimary: successor } = await eventually('another serves', async () => {
    const status = await cluster.status()
    return status.currentPrimary !== primary && status.readyInstances === 2 ? status : undefined
  })
  const stopped = (await cluster.status()).instancesStatus?.[primary]
  assert.equal(stopped?.state, 'stopped')
  await cluster.annotate({ 'redis.io/fencedInstances': null })
  await cluster.ready(3, primary)
  assert.equal(await restartsOf(cluster, primary), restarts, 'its container was restarted')
  await onEveryInstance(stage, cluster, 3, holdsKeys)
  await cluster.remove()
  return `${successor ?? ''} took over, ${primary} stayed stopped in a calm Pod and came back as a replica`
}

async function restartsOf(cluster: ClusterView, pod: string): Promise<number> {
  const { status } = (await cluster.pod(pod)) as unknown as {
    status?: { containerStatuses?: { restartCount?: number }[] }
  }
  return status?.containerStatuses?.[0]?.restartCount ?? 0
}
