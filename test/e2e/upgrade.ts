// An upgrade of the operator under load: newer CRDs and newer hooks, with another default image, restart no Pod and fail no write.
import assert from 'node:assert/strict'
import { installedKinds, type InstalledKind } from '../../hooks/install/kinds.ts'
import { clusterView, namespace, type ClusterView } from './cluster-view.ts'
import { podsOf } from './dataset.ts'
import { eventually } from './eventually.ts'
import { applyObject, type Named } from './laptop.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { underLoad } from './under-load.ts'

export const upgrades: readonly Scenario[] = [
  { name: 'upgrade: a newer operator takes over, under load', run: upgrade },
]

async function upgrade(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'up')
  await cluster.apply(3)
  const { image } = await cluster.ready(3)
  const pods = await podFacts(stage, cluster)
  const newer = async (): Promise<void> => {
    for (const kind of installedKinds) await applyObject(stage.client, newerCrd(kind))
    await stage.hooks.upgrade('redis-operator:next')
    await isSynced(stage, cluster)
  }
  const told = await underLoad(stage, cluster, newer, { fullSyncs: 0, failures: 0 })
  assert.deepEqual(await podFacts(stage, cluster), pods)
  assert.equal((await cluster.status()).image, image)
  // The object as it was written for the earlier version.
  await cluster.apply(3)
  await cluster.remove()
  for (const { crd } of installedKinds) await applyObject(stage.client, crd() as Named)
  return `no Pod was restarted, no image changed, no write failed; ${told}`
}

/** What a restart, a replacement or another template would change. */
async function podFacts(stage: Stage, cluster: ClusterView): Promise<readonly unknown[]> {
  const names = podsOf(stage, cluster).map(({ name }) => name)
  return await Promise.all(
    names.sort().map(async (name) => {
      const { metadata, ...pod } = await cluster.pod(name)
      const { containers } = pod['spec'] as { containers: readonly { image: string }[] }
      const { containerStatuses = [] } = pod['status'] as {
        containerStatuses?: readonly { restartCount: number }[]
      }
      const restarts = containerStatuses.map(({ restartCount }) => restartCount)
      return { name, uid: metadata.uid, images: containers.map((each) => each.image), restarts }
    }),
  )
}

/** As a later version would: with a field that this one does not know. */
function newerCrd(kind: InstalledKind): Named {
  const crd = structuredClone(kind.crd()) as unknown as Named & {
    spec: { versions: [{ schema: { openAPIV3Schema: { properties: { spec: { properties: object } } } } }] }
  }
  const { spec } = crd.spec.versions[0].schema.openAPIV3Schema.properties
  spec.properties = { ...spec.properties, ofTheNextVersion: { type: 'boolean' } }
  return crd
}

/** The hooks that serve now have seen a change that was made after they came. */
async function isSynced({ client }: Stage, cluster: ClusterView): Promise<void> {
  const path = `/apis/redis.io/v1/namespaces/${namespace}/redisclusters/${cluster.name}`
  const { metadata } = await client.request(
    'PATCH',
    path,
    { spec: { failover: { delay: '3s' } } },
    'application/merge-patch+json',
  )
  await eventually('the change is observed', async () =>
    (await cluster.status()).observedGeneration === metadata.generation ? true : undefined,
  )
}
