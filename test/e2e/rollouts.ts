// Rollouts under load: every Pod becomes what the spec asks for, and a client that retries loses nothing.
import assert from 'node:assert/strict'
import { clusterView, type ClusterView } from './cluster-view.ts'
import { fill, holdsKeys, onEveryInstance, podsOf } from './dataset.ts'
import { eventually } from './eventually.ts'
import { writes } from './planned.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { directClient } from './traffic.ts'

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
  return await underLoad(stage, name, (cluster) =>
    cluster.patch({ redis: { databases: '8' }, resources: { requests: { cpu: '20m', memory: '64Mi' } } }),
  )
}

async function restarts(stage: Stage, name: string, more = {}): Promise<string> {
  return await underLoad(stage, name, (cluster) => cluster.annotate({ 'redis.io/restartedAt': 'now' }), more)
}

async function underLoad(
  stage: Stage,
  name: string,
  change: (cluster: ClusterView) => Promise<void>,
  more = {},
): Promise<string> {
  const cluster = clusterView(stage, name)
  await cluster.apply(instances, more)
  await cluster.ready(instances)
  await fill(cluster)
  const before = await uids(stage, cluster)
  const leader = await cluster.client('leader')
  const writer = writes(leader)
  await eventually('the writer writes', () => (writer.acknowledged.length > 0 ? true : undefined))
  const startedMs = performance.now()
  await change(cluster)
  await eventually('every Pod is another one, and all is well', async () => {
    const { conditions = [], phase } = await cluster.status()
    const applied = conditions.find(({ type }) => type === 'SpecApplied')?.status === 'True'
    const now = await uids(stage, cluster)
    const replaced = now.length === instances && now.every((uid) => !before.includes(uid))
    return applied && replaced && phase === 'Healthy' ? true : undefined
  })
  const seconds = (performance.now() - startedMs) / 1000
  const written = writer.acknowledged.length
  await eventually('the writer goes on', () => (writer.acknowledged.length > written ? true : undefined))
  await writer.stop()
  leader.disconnect()
  const syncs = await fullSyncs(stage, cluster)
  await onEveryInstance(stage, cluster, instances, async (redis) => {
    await holdsKeys(redis)
    assert.equal(await redis.exists(...writer.acknowledged), writer.acknowledged.length, 'a write is lost')
  })
  await cluster.remove()
  return `${(seconds / instances).toFixed(1)} s a Pod; ${writer.acknowledged.length} acknowledged writes, none lost, at most ${writer.longestGapMs()} ms between two; ${syncs} full syncs`
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

/** As the processes that run now have counted them. */
async function fullSyncs(stage: Stage, cluster: ClusterView): Promise<number> {
  const password = await cluster.password()
  const counts = podsOf(stage, cluster).map(async ({ ip }) => {
    const redis = directClient({ host: ip, password })
    const info = await eventually('it answers', () => redis.info('stats').catch(() => undefined))
    redis.disconnect()
    return Number(/^sync_full:(\d+)/m.exec(info)?.[1] ?? 0)
  })
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
}
