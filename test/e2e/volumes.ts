// Volumes that go under load: claims that are deleted, volumes that are lost, data that lie in Pods alone; nothing else is lost.
import assert from 'node:assert/strict'
import { clusterView, namespace } from './cluster-view.ts'
import { growth } from './growth.ts'
import { retention } from './retention.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { underLoad } from './under-load.ts'
import { eventually } from './eventually.ts'
import {
  claimNamed,
  claimOf,
  conditionOf,
  deleteClaim,
  hasNewVolume,
  loseVolume,
  podUids,
} from './volume-view.ts'

export const volumes: readonly Scenario[] = [
  ...growth,
  { name: "volumes: a replica's claim is deleted, and then the primary's, under load", run: deleted },
  { name: "volumes: a replica's volume is lost, under load", run: lost },
  {
    name: 'volumes: the only claim is deleted, and goes once a replica has the data, under load',
    run: alone,
  },
  {
    name: 'volumes: Pods that keep their data to themselves are deleted, under load',
    run: ephemeral,
    slow: true,
  },
  ...retention,
]

const instances = 3

async function deleted(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'vd')
  await cluster.apply(instances)
  const { currentPrimary: primary = '' } = await cluster.ready(instances)
  const replica = primary === 'vd-1' ? 'vd-2' : 'vd-1'
  const told = await underLoad(
    stage,
    cluster,
    async () => {
      for (const pod of [replica, primary]) {
        const old = await claimNamed(stage, claimOf(pod))
        await deleteClaim(stage, old.metadata.name)
        await hasNewVolume(stage, cluster, old, instances)
        const { currentPrimary } = await cluster.status()
        assert.equal(currentPrimary === primary, pod === replica)
      }
    },
    { fullSyncs: 2 },
  )
  assert.deepEqual((await cluster.status()).lastFailover?.proofs, [`${primary} Demoted`])
  await cluster.remove()
  return told
}

async function lost(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'vl')
  await cluster.apply(instances)
  const { currentPrimary: primary = '' } = await cluster.ready(instances)
  const replica = primary === 'vl-1' ? 'vl-2' : 'vl-1'
  const told = await underLoad(
    stage,
    cluster,
    async () => {
      const old = await claimNamed(stage, claimOf(replica))
      await loseVolume(stage, old.metadata.name)
      await hasNewVolume(stage, cluster, old, instances)
    },
    { fullSyncs: 1, failures: 0 },
  )
  assert.equal((await cluster.status()).currentPrimary, primary)
  await cluster.remove()
  return told
}

async function alone(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'vo')
  await cluster.apply(1)
  await cluster.ready(1)
  const { uid } = (await cluster.pod('vo-0')).metadata
  const told = await underLoad(
    stage,
    cluster,
    async () => {
      const old = await claimNamed(stage, claimOf('vo-0'))
      await deleteClaim(stage, old.metadata.name)
      const says = await eventually('it says what to do', async () => {
        const text = conditionOf(await cluster.status(), 'SpecApplied')
        return text.startsWith('False RolloutBlocked') ? text : undefined
      })
      assert.match(says, /Add a replica \(spec\.instances: 2\)/)
      assert.equal((await cluster.pod('vo-0')).metadata.uid, uid)
      await cluster.scale(2)
      await hasNewVolume(stage, cluster, old, 2)
    },
    { fullSyncs: 2 },
  )
  assert.deepEqual((await cluster.status()).lastFailover?.proofs, ['vo-0 Demoted'])
  await cluster.remove()
  return told
}

async function ephemeral(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 've')
  await cluster.apply(instances, { storage: { type: 'emptyDir' } })
  const { currentPrimary: primary = '' } = await cluster.ready(instances)
  const replica = primary === 've-1' ? 've-2' : 've-1'
  const told = await underLoad(
    stage,
    cluster,
    async () => {
      for (const pod of [replica, primary]) {
        const { uid } = (await cluster.pod(pod)).metadata
        await stage.client.request('DELETE', `/api/v1/namespaces/${namespace}/pods/${pod}`)
        await eventually(`${pod} is another one`, async () => {
          const now = (await podUids(stage, cluster)).get(pod)
          return now === undefined || now === uid ? undefined : true
        })
        await cluster.ready(instances, pod)
      }
    },
    { fullSyncs: 2 },
  )
  await cluster.remove()
  return told
}
