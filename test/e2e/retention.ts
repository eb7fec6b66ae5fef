// What becomes of volumes when their cluster is deleted: kept and adopted by its next one with all data, or taken along.
import assert from 'node:assert/strict'
import { clusterView, namespace, type ClusterView } from './cluster-view.ts'
import { holdsKeys, fill, onEveryInstance, podsOf } from './dataset.ts'
import { eventually } from './eventually.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { claimNamed, claimNames, conditionOf } from './volume-view.ts'
import { writes } from './writer.ts'

export const retention: readonly Scenario[] = [
  { name: 'volumes: outlive their cluster, are adopted by the next, and go with that', run: outlive },
]

const instances = 3

/** Deleted while a client writes, and while the highest ordinal is primary: the next one is asked for with fewer instances. */
async function outlive(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'gone')
  await cluster.apply(instances)
  await cluster.ready(instances)
  await cluster.annotate({ 'redis.io/switchover': 'gone-2' })
  await eventually('gone-2 is primary', async () => {
    const { currentPrimary, phase } = await cluster.status()
    return currentPrimary === 'gone-2' && phase === 'Healthy' ? true : undefined
  })
  const acknowledged = await removeUnderLoad(stage, cluster)
  await cluster.apply(1)
  const commands = await printedCommands(cluster)
  assert.equal(podsOf(stage, cluster).length, 0, 'a Pod was started beside data of an earlier cluster')
  if (stage.kubectl !== undefined) {
    for (const command of commands) await stage.kubectl(command)
    await cluster.ready(instances)
    await onEveryInstance(stage, cluster, instances, async (redis) => {
      await holdsKeys(redis)
      assert.equal(await redis.exists(...acknowledged), acknowledged.length, 'a write is lost')
    })
    await goAlong(stage, cluster)
  } else await cluster.remove()
  const adopted = stage.kubectl === undefined ? '' : '; adopted as printed, all are there; then taken along'
  return `${acknowledged.length} acknowledged writes until it was deleted${adopted}`
}

async function removeUnderLoad(stage: Stage, cluster: ClusterView): Promise<readonly string[]> {
  await fill(cluster)
  const leader = await cluster.client('leader')
  const writer = writes(leader)
  await eventually('the client writes', () => (writer.acknowledged.length > 0 ? true : undefined))
  await cluster.remove()
  await eventually('the Pods are gone', () => (podsOf(stage, cluster).length === 0 ? true : undefined))
  await writer.stop()
  leader.disconnect()
  await eventually('the claims have lost their owner', async () => {
    const owners = await Promise.all(claimNames(cluster, instances).map((name) => ownersOf(stage, name)))
    return owners.flat().includes('RedisCluster') ? undefined : true
  })
  return writer.acknowledged
}

/** What kubectl is to do, in order, to use the volumes. */
async function printedCommands(cluster: ClusterView): Promise<readonly string[]> {
  const says = await eventually('a condition names the claims', async () => {
    const text = conditionOf(await cluster.status(), 'NameConflict')
    return text.startsWith('True VolumeRetained') ? text : undefined
  })
  for (const claim of claimNames(cluster, instances)) assert.ok(says.includes(claim), says)
  const commands =
    / for the newest may be on any: (.*?)\. To start empty/.exec(says)?.[1]?.split(' && ') ?? []
  assert.equal(commands.length, 2, says)
  return commands.map((command) => command.replace(/^kubectl /, ''))
}

async function goAlong(stage: Stage, cluster: ClusterView): Promise<void> {
  await cluster.patch({ storage: { reclaimPolicy: 'Delete' } })
  const names = claimNames(cluster, instances)
  await eventually('the claims belong to it alone', async () => {
    const owners = await Promise.all(names.map((name) => ownersOf(stage, name)))
    // For a moment they have none at all.
    return owners.every((kinds) => kinds.join() === 'RedisCluster') ? true : undefined
  })
  await cluster.remove()
  await eventually('the claims are gone', async () => {
    const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`
    const { items } = (await stage.client.request('GET', path)) as unknown as {
      items: readonly { metadata: { name: string } }[]
    }
    return items.some(({ metadata }) => names.includes(metadata.name)) ? undefined : true
  })
}

async function ownersOf(stage: Stage, claim: string): Promise<readonly string[]> {
  const { metadata } = await claimNamed(stage, claim)
  return (metadata.ownerReferences ?? []).map(({ kind }) => kind)
}
