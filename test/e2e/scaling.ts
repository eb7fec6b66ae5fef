// Scaling under load: up and down, and down when the primary is the one that must go; nothing is lost, and nobody is asked.
import assert from 'node:assert/strict'
import { clusterView, type ClusterView } from './cluster-view.ts'
import { podsOf } from './dataset.ts'
import { eventually } from './eventually.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { underLoad } from './under-load.ts'

export const scaling: readonly Scenario[] = [
  { name: 'scale 1 to 3, under load', run: up },
  { name: 'scale 5 to 2 and back to 4, under load', run: downAndUp },
  { name: 'scale 3 to 1 while the highest ordinal is primary, under load', run: movesFirst },
]

async function up(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'scale')
  await cluster.apply(1)
  await cluster.ready(1)
  const scale = async (): Promise<void> => {
    await cluster.scale(3)
    await settled(stage, cluster, 3)
  }
  const told = await underLoad(stage, cluster, scale, { fullSyncs: 2 })
  await cluster.remove()
  return told
}

async function downAndUp(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'sd')
  await cluster.apply(5)
  await cluster.ready(5)
  const scale = async (): Promise<void> => {
    await cluster.scale(2)
    await settled(stage, cluster, 2)
    assert.deepEqual((await cluster.status()).danglingPVC, ['sd-data-2', 'sd-data-3', 'sd-data-4'])
    await cluster.scale(4)
    await settled(stage, cluster, 4)
  }
  const told = await underLoad(stage, cluster, scale, { fullSyncs: 2 })
  await cluster.remove()
  return told
}

async function movesFirst(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'sm')
  await cluster.apply(3)
  await cluster.ready(3)
  await cluster.annotate({ 'redis.io/switchover': 'sm-2' })
  await eventually('sm-2 is primary', async () => {
    const { currentPrimary, phase } = await cluster.status()
    return currentPrimary === 'sm-2' && phase === 'Healthy' ? true : undefined
  })
  const scale = async (): Promise<void> => {
    await cluster.scale(1)
    await settled(stage, cluster, 1)
  }
  const told = await underLoad(stage, cluster, scale, { fullSyncs: 0 })
  assert.equal((await cluster.status()).currentPrimary, 'sm-0')
  await cluster.remove()
  return told
}

/** As many Pods as are wanted, all ready, and counts are made over them alone. */
async function settled(stage: Stage, cluster: ClusterView, count: number): Promise<void> {
  await eventually(`${cluster.name} has settled with ${count}`, async () => {
    const { phase, readyInstances, terms = [] } = await cluster.status()
    const counted = terms.length === 1 && terms[0]?.members.length === count
    const exist = podsOf(stage, cluster).length === count
    return phase === 'Healthy' && readyInstances === count && counted && exist ? true : undefined
  })
}
