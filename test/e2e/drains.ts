// Drains under load: nodes are emptied as people empty them, the primary's too, and a client that retries loses nothing.
import assert from 'node:assert/strict'
import { ApiError, type KubernetesObject } from '../cluster/client.ts'
import { clusterView, namespace, type ClusterView } from './cluster-view.ts'
import { podsOf } from './dataset.ts'
import { drain, evict, nodeOf, uncordon, withAllNodes } from './nodes.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { underLoad } from './under-load.ts'
import { claimUid } from './volume-view.ts'

export const drains: readonly Scenario[] = [
  { name: "drain: the primary's node, and then that of the next primary, under load", run: primaries },
  { name: 'drain: all three nodes at once, under load', run: atOnce, slow: true },
  { name: 'drain: a single instance is kept, and goes once it has a replica, under load', run: alone },
]

const instances = 3

async function primaries(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'dp')
  await cluster.apply(instances)
  await cluster.ready(instances)
  const seconds: string[] = []
  const told = await withAllNodes(stage, () =>
    underLoad(stage, cluster, async () => {
      for (const _round of [1, 2]) seconds.push(await drainPrimary(stage, cluster))
    }),
  )
  await cluster.remove()
  return `${seconds.join(' and ')} s; ${told}`
}

/** Resolves with how long kubectl had to wait, in seconds. */
async function drainPrimary(stage: Stage, cluster: ClusterView): Promise<string> {
  const { currentPrimary: primary = '' } = await cluster.status()
  const node = await nodeOf(cluster, primary)
  const before = await claimUid(stage, primary)
  const startedMs = performance.now()
  await drain(stage, node)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  const { lastFailover } = await cluster.ready(instances, primary)
  assert.deepEqual(lastFailover?.proofs, [`${primary} Demoted`])
  assert.notEqual(await nodeOf(cluster, primary), node)
  assert.deepEqual(await claimUid(stage, primary), before, 'it came back on another volume')
  return seconds
}

async function atOnce(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'dt')
  await cluster.apply(instances)
  await cluster.ready(instances)
  const names = podsOf(stage, cluster).map(({ name }) => name)
  const nodes = await Promise.all(names.map((name) => nodeOf(cluster, name)))
  assert.equal(new Set(nodes).size, instances, 'two instances share a node')
  let fewest = instances
  let seconds = ''
  const told = await withAllNodes(stage, () =>
    underLoad(stage, cluster, async () => {
      const watching = new AbortController()
      const watch = (async () => {
        while (!watching.signal.aborted) fewest = Math.min(fewest, await healthy(stage, cluster))
      })()
      const startedMs = performance.now()
      await Promise.all(nodes.map((node) => drain(stage, node)))
      seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
      watching.abort()
      await watch
      await cluster.ready(instances)
    }),
  )
  assert.equal(fewest, instances - 1, 'more than one was gone at a time')
  await cluster.remove()
  return `never fewer than ${fewest} ready, all gone after ${seconds} s; ${told}`
}

/** Ready, and not told to go. */
async function healthy({ client }: Stage, { name }: ClusterView): Promise<number> {
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=redis.io/cluster=${name}`
  const { items } = (await client.request('GET', path)) as unknown as {
    items: (KubernetesObject & { status?: { conditions?: { type: string; status: string }[] } })[]
  }
  return items.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  ).length
}

async function alone(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'ds')
  await cluster.apply(1)
  const { currentPrimary: primary = '' } = await cluster.ready(1)
  const condition = await drainBlocked(cluster)
  assert.deepEqual([condition?.status, condition?.reason], ['True', 'SingleInstance'])
  const [, scale] = /kubectl (scale .*? --replicas=2)/.exec(condition?.message ?? '') ?? []
  assert.ok(scale, condition?.message)
  assert.match(condition?.message ?? '', /spec\.enablePodDisruptionBudget: false/)
  await isRefused(stage, primary)
  const node = await nodeOf(cluster, primary)
  const told = await withAllNodes(stage, () =>
    underLoad(stage, cluster, async () => {
      const draining = drain(stage, node)
      if (stage.kubectl === undefined) await cluster.scale(2)
      else await stage.kubectl(scale)
      await draining
      await cluster.ready(2, primary)
      assert.notEqual(await nodeOf(cluster, primary), node)
      await uncordon(stage, node)
    }),
  )
  assert.equal((await drainBlocked(cluster))?.reason, 'OneAtATime')
  await cluster.remove()
  return `refused at first; ${told}`
}

const drainBlocked = async (
  cluster: ClusterView,
): Promise<{ status: string; reason: string; message: string } | undefined> =>
  (await cluster.status()).conditions?.find(({ type }) => type === 'DrainBlocked')

async function isRefused(stage: Stage, pod: string): Promise<void> {
  await assert.rejects(
    evict(stage, pod),
    (error) => error instanceof ApiError && error.status === 429 && /disruption budget/.test(error.message),
  )
}
