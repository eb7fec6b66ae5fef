// Maintenance under load, with volumes that belong to nodes: a replica waits for its volume, or gives it up while others hold the data.
import assert from 'node:assert/strict'
import { ApiError } from '../cluster/client.ts'
import { clusterView, namespace, type ClusterView } from './cluster-view.ts'
import { eventually } from './eventually.ts'
import { drain, nodeOf, uncordon, withAllNodes } from './nodes.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { underLoad } from './under-load.ts'
import { claimUid } from './volume-view.ts'

export const maintenance: readonly Scenario[] = [
  { name: "maintenance: local volumes are waited for, the primary's too, under load", run: waits },
  { name: 'maintenance: a replica gives up its local volume, under load', run: givesUp },
  { name: 'maintenance: the last other copy is not given up, under load', run: keepsLast },
]

const storageClassName = 'laptop-local'
const storage = { storageClassName }

async function waits(stage: Stage): Promise<string> {
  const cluster = await onLocalVolumes(stage, 'mw', 3)
  const moved: string[] = []
  const told = await withAllNodes(stage, () =>
    underLoad(stage, cluster, async () => {
      await openWindow(stage, cluster, {})
      for (const whose of ['replica', 'primary'] as const) {
        const [pod, node] = await drainOne(stage, cluster, whose)
        await isKeptOut(cluster, pod)
        const before = await claimUid(stage, pod)
        await uncordon(stage, node)
        await cluster.ready(3)
        assert.deepEqual([await claimUid(stage, pod), await nodeOf(cluster, pod)], [before, node])
        moved.push(pod)
      }
      await closeWindow(stage, cluster)
    }),
  )
  await cluster.remove()
  return `${moved.join(' and then ')} came back with their volumes; ${told}`
}

async function givesUp(stage: Stage): Promise<string> {
  const cluster = await onLocalVolumes(stage, 'mg', 3)
  let seconds = ''
  const told = await withAllNodes(stage, () =>
    underLoad(
      stage,
      cluster,
      async () => {
        await openWindow(stage, cluster, { reusePVC: false })
        const pod = await aReplica(cluster)
        const before = await claimUid(stage, pod)
        const startedMs = performance.now()
        const [, node] = await drainOne(stage, cluster, 'replica')
        await eventually('it has another volume', async () =>
          (await claimUid(stage, pod)) === before ? undefined : true,
        )
        await cluster.ready(3)
        seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
        assert.notEqual(await nodeOf(cluster, pod), node)
        await closeWindow(stage, cluster)
      },
      { fullSyncs: 1, failures: 0 },
    ),
  )
  await cluster.remove()
  return `whole again on another node ${seconds} s after the drain began; ${told}`
}

async function keepsLast(stage: Stage): Promise<string> {
  const cluster = await onLocalVolumes(stage, 'mk', 2)
  const told = await withAllNodes(stage, () =>
    underLoad(
      stage,
      cluster,
      async () => {
        await openWindow(stage, cluster, { reusePVC: false })
        const [pod, node] = await drainOne(stage, cluster, 'replica')
        const before = await claimUid(stage, pod)
        const said = await eventually('it says what it waits for', async () => {
          const { message = '' } = (await inMaintenance(cluster)) ?? {}
          return message.includes(`${pod} keeps its volume: `) ? message : undefined
        })
        assert.match(said, /counts are still made over the Pod|1 other replicas must be in sync/)
        await isKeptOut(cluster, pod)
        await uncordon(stage, node)
        await cluster.ready(2)
        assert.equal(await claimUid(stage, pod), before)
        await closeWindow(stage, cluster)
      },
      { failures: 0 },
    ),
  )
  await cluster.remove()
  return `it kept its volume, and said so; ${told}`
}

async function onLocalVolumes(stage: Stage, name: string, instances: number): Promise<ClusterView> {
  const storageClass = {
    metadata: { name: storageClassName },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  }
  await stage.client
    .request('POST', '/apis/storage.k8s.io/v1/storageclasses', storageClass)
    .catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error
    })
  const cluster = clusterView(stage, name)
  await cluster.apply(instances, { storage })
  await cluster.ready(instances)
  return cluster
}

/** Resolves once no budget is there any more. */
async function openWindow(stage: Stage, cluster: ClusterView, more: object): Promise<void> {
  await cluster.patch({ nodeMaintenanceWindow: { inProgress: true, ...more } })
  await becomes(stage, cluster, ['True', 'MaintenanceEnabled'])
}

async function closeWindow(stage: Stage, cluster: ClusterView): Promise<void> {
  await cluster.patch({ nodeMaintenanceWindow: { inProgress: false } })
  await becomes(stage, cluster, ['False', 'MaintenanceDisabled'])
}

async function becomes(
  stage: Stage,
  cluster: ClusterView,
  [status, reason]: readonly [status: string, reason: string],
): Promise<void> {
  await eventually(`${reason} is said, and is true`, async () => {
    const condition = await inMaintenance(cluster)
    const isTrue = (await hasBudget(stage, cluster)) === (status === 'False')
    return condition?.status === status && condition.reason === reason && isTrue ? true : undefined
  })
}

const hasBudget = ({ client }: Stage, { name }: ClusterView): Promise<boolean> =>
  client.request('GET', `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/${name}-pdb`).then(
    () => true,
    () => false,
  )

const inMaintenance = async (
  cluster: ClusterView,
): Promise<{ readonly status: string; readonly reason: string; readonly message: string } | undefined> =>
  (await cluster.status()).conditions?.find(({ type }) => type === 'MaintenanceInProgress')

async function aReplica(cluster: ClusterView): Promise<string> {
  const { currentPrimary, instancesStatus = {} } = await cluster.status()
  const replica = Object.keys(instancesStatus).find((name) => name !== currentPrimary)
  return replica ?? assert.fail('there is no replica')
}

/** Resolves with the Pod that had to go, and the node, which stays cordoned. */
async function drainOne(
  stage: Stage,
  cluster: ClusterView,
  whose: 'replica' | 'primary',
): Promise<readonly [pod: string, node: string]> {
  const { currentPrimary = '' } = await cluster.status()
  const pod = whose === 'primary' ? currentPrimary : await aReplica(cluster)
  const node = await nodeOf(cluster, pod)
  await drain(stage, node)
  if (whose === 'primary')
    await eventually('another serves', async () => {
      const { currentPrimary: now, readyInstances } = await cluster.status()
      return now !== pod && readyInstances === 2 ? true : undefined
    })
  return [pod, node]
}

/** Its volume is on the node that takes no Pods. */
async function isKeptOut(cluster: ClusterView, pod: string): Promise<void> {
  await eventually(`${pod} is kept out`, async () => {
    const { status } = (await cluster.pod(pod)) as unknown as {
      status?: { conditions?: { type: string; reason?: string; message?: string }[] }
    }
    const placed = status?.conditions?.find(({ type }) => type === 'PodScheduled')
    return placed?.reason === 'Unschedulable' &&
      placed.message?.includes("didn't match PersistentVolume's node affinity") === true
      ? true
      : undefined
  })
}
