// Conformance: how observed children become the desired ones. Also runs on the real parts: see metacontroller-cluster.ts.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../e2e/eventually.ts'
import { everyKind, pod } from '../support/metacontroller-children.ts'
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

describe('Metacontroller, order and stability', () => {
  const children = everyKind.map(({ apiVersion, plural }) => ({ apiVersion, resource: plural }))

  it('creates by group, version and kind, and writes nothing again while nothing changes', async (t) => {
    const desired = everyKind.map(({ object }) => object)
    const stage = await openStage(t, cluster, {
      children,
      sync: (body) => json({ children: [...desired].reverse(), status: settled(body) }),
    })
    await stage.createParent()
    await stage.force()
    const versions = (): Promise<number[]> =>
      Promise.all(everyKind.map(({ plural, object }) => versionOf(stage, plural, object.metadata.name)))
    const created = await versions()
    assert.deepEqual(
      created,
      [...created].sort((a, b) => a - b),
    )
    for (let count = 0; count < 3; count++) await stage.force()
    assert.deepEqual(await versions(), created)
  })

  it('deletes of all kinds before it creates of any', async (t) => {
    let isSecond = false
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }
    const stage = await openStage(t, cluster, {
      children: [{ resource: 'configmaps' }, { resource: 'secrets' }],
      sync: (body) => json({ children: [isSecond ? configMap('b') : secret], status: settled(body) }),
    })
    await stage.createParent()
    await stage.force()
    await stage.patch('secrets', 'a', held)
    isSecond = true
    await stage.force()
    assert.ok((await versionOf(stage, 'secrets', 'a')) < (await versionOf(stage, 'configmaps', 'b')))
    await stage.patch('secrets', 'a', released)
  })
})

describe('Metacontroller, updates', () => {
  it('changes labels of a live Pod in place: drops its own, keeps those of others, reverts drift', async (t) => {
    let labels: Record<string, string> = { role: 'replica', old: 'yes' }
    const stage = await openStage(t, cluster, {
      children: [{ resource: 'pods' }],
      sync: (body) => json({ children: [pod('a', labels)], status: settled(body) }),
    })
    const { metadata: parent } = await stage.createParent()
    await stage.force()
    const { metadata: before } = await get(stage, 'pods', 'a')
    await stage.patch('pods', 'a', { metadata: { labels: { foreign: 'stays', role: 'evil' } } })
    labels = { role: 'primary' }
    await stage.force()
    const { metadata } = await get(stage, 'pods', 'a')
    assert.equal(metadata.uid, before.uid)
    assert.deepEqual(metadata.labels, { role: 'primary', foreign: 'stays', 'controller-uid': parent.uid })
  })

  it('gives a live Pod another image, for the API server lets it', async (t) => {
    let image = 'example/image:1'
    const stage = await openStage(t, cluster, {
      children: [{ resource: 'pods' }],
      sync: (body) => json({ children: [pod('a', {}, image)], status: settled(body) }),
    })
    await stage.createParent()
    await stage.force()
    const { metadata: before } = await get(stage, 'pods', 'a')
    image = 'example/image:2'
    await stage.force()
    const { metadata, spec } = (await get(stage, 'pods', 'a')) as KubernetesObject & {
      spec?: { containers: { image: string }[] }
    }
    assert.deepEqual([metadata.uid, spec?.containers[0]?.image], [before.uid, image])
  })

  it('settles after one write on a Pod that is returned with the spec that it has', async (t) => {
    const stage = await openStage(t, cluster, {
      children: [{ resource: 'pods' }],
      sync: (body) => {
        const live = body.children['Pod.v1']?.[`${stage.namespace}/a`]
        const spec = live === undefined ? {} : { spec: live['spec'] }
        return json({ children: [{ ...pod('a', { role: 'replica' }), ...spec }], status: settled(body) })
      },
    })
    await stage.createParent()
    await stage.force()
    await stage.force()
    const version = await versionOf(stage, 'pods', 'a')
    await stage.force()
    await stage.force()
    assert.equal(await versionOf(stage, 'pods', 'a'), version)
  })

  it('writes again for another order of a list, but not for another order of keys', async (t) => {
    const first = { name: 'A', value: '1' }
    const second = { value: '2', name: 'B' }
    let env = [first, second]
    const stage = await openStage(t, cluster, {
      children: [{ resource: 'pods' }],
      sync: (body) => {
        const spec = { containers: [{ name: 'main', image: 'example/image:1', env }] }
        return json({ children: [{ ...pod('a', {}), spec }], status: settled(body) })
      },
    })
    await stage.createParent()
    await stage.force()
    const created = await versionOf(stage, 'pods', 'a')
    env = [first, { name: 'B', value: '2' }]
    await stage.force()
    assert.equal(await versionOf(stage, 'pods', 'a'), created)
    env = [second, first]
    await stage.force()
    assert.notEqual(await versionOf(stage, 'pods', 'a'), created)
  })

  it('ignores the status and the system fields of a desired child', async (t) => {
    const status = { phase: 'Failed' }
    const stage = await openStage(t, cluster, {
      children: [{ resource: 'pods' }],
      sync: (body) => {
        const { metadata, ...rest } = pod('a', { round: settled(body).phase })
        const child = {
          ...rest,
          metadata: { ...metadata, generation: 77, creationTimestamp: '2020-01-01T00:00:00Z' },
        }
        return json({ children: [{ ...child, status }], status: settled(body) })
      },
    })
    await stage.createParent()
    await stage.force()
    await stage.force()
    const { metadata, ...rest } = await get(stage, 'pods', 'a')
    assert.equal(metadata.labels?.['round'], '2')
    assert.notEqual(metadata.generation, 77)
    assert.notEqual((rest as { status?: { phase?: string } }).status?.phase, 'Failed')
  })

  it('never updates a child with OnDelete, and keeps it for a stub', async (t) => {
    let child: object = configMap('a', { key: 'first' })
    const stage = await openStage(t, cluster, {
      children: [{ resource: 'configmaps', method: 'OnDelete' }],
      sync: (body) => json({ children: [child], status: settled(body) }),
    })
    await stage.createParent()
    await stage.force()
    const before = await get(stage, 'configmaps', 'a')
    child = configMap('a', { key: 'second' })
    await stage.force()
    child = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }
    await stage.force()
    assert.deepEqual(await get(stage, 'configmaps', 'a'), before)
  })

  it('creates a child of a kind that is not declared, and never touches it again', async (t) => {
    let key = 'Zmlyc3Q='
    const stage = await openStage(t, cluster, {
      sync: (body) => {
        const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data: { key } }
        return json({ children: [secret], status: settled(body) })
      },
    })
    await stage.createParent()
    await stage.force()
    const before = await get(stage, 'secrets', 'a')
    key = 'c2Vjb25k'
    await stage.force()
    assert.deepEqual(await get(stage, 'secrets', 'a'), before)
  })

  it('writes the other children and the status when one child is refused, and tries again', async (t) => {
    const children = [configMap('a'), configMap('Not A Name'), configMap('z')]
    const stage = await openStage(t, cluster, { sync: (body) => json({ children, status: settled(body) }) })
    await stage.createParent()
    await stage.force()
    assert.ok((await stage.find('configmaps', 'a')) && (await stage.find('configmaps', 'z')))
    const calls = stage.syncs().length
    await eventually('it tries again', () => (stage.syncs().length > calls ? true : undefined), 20)
  })
})
