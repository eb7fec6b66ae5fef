// Volumes that grow under load: while they are mounted, by restarts in the order of a rollout, and not at all.
import assert from 'node:assert/strict'
import { clusterView, type ClusterView } from './cluster-view.ts'
import { counted, eventsAbout } from './event-view.ts'
import { eventually } from './eventually.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { underLoad } from './under-load.ts'
import { claimNamed, claimNames, conditionOf, podUids, storageClass } from './volume-view.ts'

export const growth: readonly Scenario[] = [
  { name: 'volumes: grow while they are mounted, under load', run: online },
  { name: 'volumes: grow by restarts, the primary last, under load', run: byRestarts },
  { name: 'volumes: stay as they are in a class that does not expand, under load', run: fixed, slow: true },
]

const instances = 3

async function online(stage: Stage): Promise<string> {
  const cluster = await clusterIn(stage, 'vg', await storageClass(stage, 'expands', true))
  const pods = await podUids(stage, cluster)
  const seen = new Set<string>()
  const told = await underLoad(
    stage,
    cluster,
    async () => {
      await cluster.patch({ storage: { size: '2Gi' } })
      await grown(stage, cluster, seen)
    },
    { fullSyncs: 0, failures: 0 },
  )
  assert.deepEqual(await podUids(stage, cluster), pods, 'a Pod was restarted')
  await isToldOnce(stage, cluster)
  await cluster.remove()
  return `${told}; no restart`
}

async function byRestarts(stage: Stage): Promise<string> {
  const growsOnRestart = await storageClass(stage, 'expands-on-restart', true, { growth: 'restart' })
  const cluster = await clusterIn(stage, 'vr', growsOnRestart)
  const { currentPrimary: primary = '' } = await cluster.status()
  const before = await podUids(stage, cluster)
  const replaced: string[] = []
  const told = await underLoad(
    stage,
    cluster,
    async () => {
      await cluster.patch({ storage: { size: '2Gi' } })
      await grown(stage, cluster, new Set(), async () => {
        const now = await podUids(stage, cluster)
        assert.ok(now.size >= instances - 1, 'two Pods are gone at once')
        for (const [name, uid] of now)
          if (uid !== before.get(name) && !replaced.includes(name)) replaced.push(name)
      })
    },
    { fullSyncs: instances },
  )
  assert.deepEqual([replaced.length, replaced.at(-1)], [instances, primary])
  assert.deepEqual((await cluster.status()).lastFailover?.proofs, [`${primary} Demoted`])
  await isToldOnce(stage, cluster)
  await cluster.remove()
  return `${replaced.join(', ')}; ${told}`
}

async function fixed(stage: Stage): Promise<string> {
  const cluster = await clusterIn(stage, 'vf', await storageClass(stage, 'fixed', false))
  const before = await podUids(stage, cluster)
  const why = claimNames(cluster, instances).map(
    (claim) => `${claim} stays at 1Gi: StorageClass fixed does not allow volume expansion`,
  )
  const told = await underLoad(stage, cluster, async () => {
    await cluster.patch({ storage: { size: '2Gi' }, resources: { requests: { cpu: '20m' } } })
    await eventually('all else is carried out', async () => {
      const status = await cluster.status()
      const now = await podUids(stage, cluster)
      const isDone = conditionOf(status, 'SpecApplied') === `False ChangesPending: ${why.join('; ')}`
      const isNew = [...now].filter(([name, uid]) => uid !== before.get(name)).length === instances
      return isDone && isNew && status.phase === 'Healthy' ? true : undefined
    })
  })
  const { healthyPVC, resizingPVC } = await cluster.status()
  assert.deepEqual([healthyPVC, resizingPVC], [claimNames(cluster, instances), undefined])
  assert.equal(counted(await eventsAbout(stage, await cluster.object()))['PVCResizeFailed'], instances)
  await cluster.remove()
  return `said so, and rolled out the rest; ${told}`
}

async function clusterIn(stage: Stage, name: string, of: object): Promise<ClusterView> {
  const cluster = clusterView(stage, name)
  await cluster.apply(instances, { storage: of })
  await cluster.ready(instances)
  return cluster
}

/** Every volume is seen growing, and then healthy; the condition says the same. */
async function grown(
  stage: Stage,
  cluster: ClusterView,
  seen: Set<string>,
  look: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const all = claimNames(cluster, instances)
  await eventually('every volume has grown', async () => {
    await look()
    const status = await cluster.status()
    const resizing = status.resizingPVC ?? []
    const says = conditionOf(status, 'PVCResizeInProgress')
    assert.equal(resizing.length > 0, says.startsWith('True PVCResizePending'), says)
    for (const claim of resizing) seen.add(claim)
    assert.deepEqual([...seen].sort(), all)
    assert.deepEqual(status.healthyPVC, all)
    return says.startsWith('False PVCResizeComplete') && status.phase === 'Healthy' ? true : undefined
  })
  for (const name of all) {
    const { capacity } = (await claimNamed(stage, name))['status'] as { capacity?: { storage: string } }
    assert.equal(capacity?.storage, '2Gi')
  }
}

async function isToldOnce(stage: Stage, cluster: ClusterView): Promise<void> {
  const { PVCResizeStarted, PVCResizeCompleted } = counted(await eventsAbout(stage, await cluster.object()))
  assert.deepEqual([PVCResizeStarted, PVCResizeCompleted], [instances, instances])
}
