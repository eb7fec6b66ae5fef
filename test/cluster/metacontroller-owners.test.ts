// Conformance: which objects are a parent's children, and how they end. Also runs on the real parts: see metacontroller-cluster.ts.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../e2e/eventually.ts'
import { openCluster, type Cluster, type Engine } from '../support/metacontroller-cluster.ts'
import { configMap, json, openStage, settled, type Stage } from '../support/metacontroller-stage.ts'
import type { KubernetesObject } from './client.ts'

let cluster: Cluster
let engine: Engine
before(async () => {
  cluster = await openCluster()
  engine = await cluster.startEngine()
})
after(async () => {
  await engine.close()
  await cluster.close()
})

async function get(stage: Stage, plural: string, name: string): Promise<KubernetesObject> {
  return (await stage.find(plural, name)) ?? assert.fail(`${plural} ${name} is not there`)
}

const versionOf = async (stage: Stage, plural: string, name: string): Promise<number> =>
  Number((await get(stage, plural, name)).metadata.resourceVersion)

/** A finalizer of somebody else: the object stays, terminating, until it is taken off. */
const held = { metadata: { finalizers: ['example.com/held'] } }
const released = { metadata: { finalizers: [] } }

describe('Metacontroller, owners', () => {
  it('adds the parent to the owners of a new child, keeps both, and writes nothing again', async (t) => {
    const { metadata: shared } = await cluster.client.request('GET', '/api/v1/namespaces/default')
    const owner = { apiVersion: 'v1', kind: 'Namespace', name: 'default', uid: shared.uid }
    const stage = await openStage(t, cluster, {
      sync: (body) =>
        json({ children: [configMap('a', {}, { ownerReferences: [owner] })], status: settled(body) }),
    })
    const { metadata: parent } = await stage.createParent()
    await stage.force()
    const { metadata } = await get(stage, 'configmaps', 'a')
    assert.deepEqual(
      metadata.ownerReferences?.map(({ uid, controller }) => [uid, controller]),
      [
        [shared.uid, undefined],
        [parent.uid, true],
      ],
    )
    await stage.force()
    assert.equal(await versionOf(stage, 'configmaps', 'a'), Number(metadata.resourceVersion))
  })

  it('leaves an object alone that is not its own, silently, and does not show it to the hook', async (t) => {
    const stage = await openStage(t, cluster, {
      sync: (body) => json({ children: [configMap('a')], status: settled(body) }),
    })
    await stage.create('configmaps', configMap('a', { theirs: 'yes' }))
    const foreign = await get(stage, 'configmaps', 'a')
    await stage.createParent()
    await stage.force()
    await stage.force()
    assert.deepEqual(await get(stage, 'configmaps', 'a'), foreign)
    assert.deepEqual(stage.syncs().at(-1)?.body.children, { 'ConfigMap.v1': {} })
  })

  it('releases a child that lost the label, and adopts it again with the label', async (t) => {
    const stage = await openStage(t, cluster, {
      sync: (body) => json({ children: [configMap('a')], status: settled(body) }),
    })
    const { metadata: parent } = await stage.createParent()
    await stage.force()
    const { metadata: before } = await get(stage, 'configmaps', 'a')
    await stage.patch('configmaps', 'a', { metadata: { labels: { 'controller-uid': null } } })
    const isOwned = async (): Promise<boolean> =>
      ((await get(stage, 'configmaps', 'a')).metadata.ownerReferences ?? []).length > 0
    await eventually('it is released', async () => ((await isOwned()) ? undefined : true), 10)
    await stage.force()
    assert.deepEqual(stage.syncs().at(-1)?.body.children, { 'ConfigMap.v1': {} })
    await stage.patch('configmaps', 'a', { metadata: { labels: { 'controller-uid': parent.uid } } })
    await eventually('it is adopted', async () => ((await isOwned()) ? true : undefined), 10)
    assert.equal((await get(stage, 'configmaps', 'a')).metadata.uid, before.uid)
  })

  it('adopts a stray object with its label, and deletes it when the hook does not list it', async (t) => {
    const stage = await openStage(t, cluster, {
      sync: (body) => json({ children: [], status: settled(body) }),
    })
    const { metadata: parent } = await stage.createParent()
    await stage.force()
    await stage.create('configmaps', configMap('a', {}, { labels: { 'controller-uid': parent.uid } }))
    await eventually('it is gone', async () => ((await stage.find('configmaps', 'a')) ? undefined : true), 10)
  })
})

describe('Metacontroller, deletions', () => {
  const listed = (stage: Stage): KubernetesObject | undefined =>
    stage.syncs().at(-1)?.body.children['ConfigMap.v1']?.[`${stage.namespace}/a`]

  it('shows a terminating child, does not touch it, and creates it again when it is gone', async (t) => {
    let children: readonly object[] = [configMap('a', { key: 'first' })]
    const stage = await openStage(t, cluster, { sync: (body) => json({ children, status: settled(body) }) })
    await stage.createParent()
    await stage.force()
    const { metadata: before } = await stage.patch('configmaps', 'a', held)
    children = []
    await stage.force()
    const terminating = await get(stage, 'configmaps', 'a')
    assert.ok(terminating.metadata.deletionTimestamp)
    children = [configMap('a', { key: 'second' })]
    await stage.force()
    await stage.force()
    assert.ok(listed(stage)?.metadata.deletionTimestamp)
    assert.deepEqual(await get(stage, 'configmaps', 'a'), terminating)
    await stage.patch('configmaps', 'a', released)
    const again = await eventually('it is created again', async () => {
      const child = await stage.find('configmaps', 'a')
      return child?.metadata.uid === before.uid ? undefined : child
    })
    assert.equal(again.metadata.deletionTimestamp, undefined)
    assert.deepEqual((again as { data?: unknown }).data, { key: 'second' })
  })

  it('creates a child again that somebody deleted', async (t) => {
    const stage = await openStage(t, cluster, {
      sync: (body) => json({ children: [configMap('a')], status: settled(body) }),
    })
    await stage.createParent()
    await stage.force()
    const { metadata: before } = await get(stage, 'configmaps', 'a')
    await stage.remove('configmaps', 'a')
    await eventually('another one is there', async () => {
      const child = await stage.find('configmaps', 'a')
      return child === undefined || child.metadata.uid === before.uid ? undefined : child
    })
  })

  it('asks the hook about a parent that is being deleted, writes its status, and leaves the children alone', async (t) => {
    let children = [configMap('a')]
    const stage = await openStage(t, cluster, { sync: (body) => json({ children, status: settled(body) }) })
    await stage.createParent()
    await stage.force()
    await stage.patch('things', 'thing', held)
    await stage.remove('things', 'thing')
    children = [configMap('b')]
    await stage.force()
    assert.ok(stage.syncs().at(-1)?.body.parent.metadata.deletionTimestamp)
    assert.ok(await stage.find('configmaps', 'a'))
    assert.equal(await stage.find('configmaps', 'b'), undefined)
    await stage.patch('things', 'thing', released)
  })

  it('leaves the children of a deleted parent to garbage collection, and asks no more', async (t) => {
    const stage = await openStage(t, cluster, {
      sync: (body) => json({ children: [configMap('a')], status: settled(body) }),
    })
    await stage.createParent()
    await stage.force()
    await stage.remove('things', 'thing')
    const calls = stage.syncs().length
    await eventually(
      'the child is gone',
      async () => ((await stage.find('configmaps', 'a')) ? undefined : true),
      90,
    )
    assert.equal(stage.syncs().length, calls)
  })
})
