// Rollouts under load: every Pod becomes what the spec asks for, and a client that retries loses nothing.
import assert from 'node:assert/strict'
import { clusterView, type ClusterView } from './cluster-view.ts'
import { podsOf } from './dataset.ts'
import { eventually } from './eventually.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { underLoad } from './under-load.ts'

export const rollouts: readonly Scenario[] = [
  { name: 'rollout: other resources and a static directive, under load', run: (stage) => rolls(stage, 'ro') },
  { name: 'rollout: a restart by annotation, under load', run: (stage) => restarts(stage, 'rr') },
  {
    name: 'rollout: a restart of instances that keep nothing on disk, under load',
    run: (stage) => restarts(stage, 're', { storage: { type: 'emptyDir' } }),
  },
  { name: 'rollout: under supervision the primary waits for approval', run: waitsForApproval },
]

const instances = 3

async function rolls(stage: Stage, name: string): Promise<string> {
  return await rolledUnderLoad(stage, name, (cluster) =>
    cluster.patch({ redis: { databases: '8' }, resources: { requests: { cpu: '20m', memory: '64Mi' } } }),
  )
}

async function restarts(stage: Stage, name: string, more = {}): Promise<string> {
  return await rolledUnderLoad(
    stage,
    name,
    (cluster) => cluster.annotate({ 'redis.io/restartedAt': 'now' }),
    more,
  )
}

async function rolledUnderLoad(
  stage: Stage,
  name: string,
  change: (cluster: ClusterView) => Promise<void>,
  more = {},
): Promise<string> {
  const cluster = clusterView(stage, name)
  await cluster.apply(instances, more)
  await cluster.ready(instances)
  const before = await uids(stage, cluster)
  let seconds = 0
  const replace = async (): Promise<void> => {
    const startedMs = performance.now()
    await change(cluster)
    await allReplaced(stage, cluster, before)
    seconds = (performance.now() - startedMs) / 1000
  }
  const told = await underLoad(stage, cluster, replace, { fullSyncs: instances })
  await cluster.remove()
  return `${(seconds / instances).toFixed(1)} s a Pod; ${told}`
}

async function allReplaced(
  stage: Stage,
  cluster: ClusterView,
  before: readonly (string | undefined)[],
): Promise<void> {
  await eventually('every Pod is another one, and all is well', async () => {
    const { conditions = [], phase } = await cluster.status()
    const applied = conditions.find(({ type }) => type === 'SpecApplied')?.status === 'True'
    const now = await uids(stage, cluster)
    const replaced = now.length === instances && now.every((uid) => !before.includes(uid))
    return applied && replaced && phase === 'Healthy' ? true : undefined
  })
}

async function waitsForApproval(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'rs')
  await cluster.apply(instances)
  const { currentPrimary: primary = '' } = await cluster.ready(instances)
  const { uid } = (await cluster.pod(primary)).metadata
  await cluster.patch({ primaryUpdateStrategy: 'supervised' })
  await cluster.annotate({ 'redis.io/restartedAt': 'now' })
  await eventually('it waits for a person', async () => {
    const { phase, conditions = [] } = await cluster.status()
    const waits =
      conditions.find(({ type }) => type === 'PrimaryUpdateWaiting')?.reason === 'AwaitingApproval'
    return phase === 'WaitingForUser' && waits ? true : undefined
  })
  assert.equal((await cluster.pod(primary)).metadata.uid, uid)
  await cluster.annotate({ 'redis.io/approve-primary-update': 'true' })
  await cluster.ready(instances, primary)
  await eventually('the old primary is replaced', async () =>
    (await cluster.pod(primary).catch(() => undefined))?.metadata.uid === uid ? undefined : true,
  )
  await cluster.ready(instances, primary)
  const { approvalUsed } = await cluster.status()
  assert.equal(approvalUsed, true)
  await cluster.remove()
  return `${primary} waited, was approved, handed over and was replaced`
}

async function uids(stage: Stage, cluster: ClusterView): Promise<readonly (string | undefined)[]> {
  const pods = await Promise.all(
    podsOf(stage, cluster).map(({ name }) => cluster.pod(name).catch(() => undefined)),
  )
  return pods.flatMap((pod) => (pod === undefined ? [] : [pod.metadata.uid]))
}
