// Conformance: the customize hook and related objects. Also runs on the real parts: see metacontroller-cluster.ts.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../e2e/eventually.ts'
import { openCluster, type Cluster, type Engine } from '../support/metacontroller-cluster.ts'
import {
  configMap,
  json,
  openStage,
  raw,
  settled,
  type Stage,
  type StageOptions,
} from '../support/metacontroller-stage.ts'

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

const sync: StageOptions['sync'] = (body) => json({ children: [], status: settled(body) })
const secret = (name: string, labels: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, labels },
})

const related = (stage: Stage, kind: string): readonly string[] | undefined => {
  const objects = stage.syncs().at(-1)?.body.related[kind]
  return objects && Object.keys(objects).sort()
}

const asked = (stage: Stage): number => stage.webhook.calls.filter(({ path }) => path === '/customize').length

describe('Metacontroller, related objects', () => {
  it('shows the named Secrets that are there, and asks when one comes, changes or goes', async (t) => {
    const stage = await openStage(t, cluster, {
      sync,
      customize: ({ metadata: { namespace } }) =>
        json({
          relatedResources: [{ apiVersion: 'v1', resource: 'secrets', namespace, names: ['a', 'missing'] }],
        }),
    })
    await stage.create('secrets', secret('other'))
    await stage.createParent()
    await stage.force()
    assert.deepEqual(related(stage, 'Secret.v1'), [])
    await stage.create('secrets', secret('a'))
    await eventually('it is shown', () => (related(stage, 'Secret.v1')?.length === 1 ? true : undefined), 10)
    assert.deepEqual(related(stage, 'Secret.v1'), [`${stage.namespace}/a`])
    await stage.patch('secrets', 'a', { metadata: { labels: { seen: 'yes' } } })
    await eventually('its change is shown', () => {
      const shown = stage.syncs().at(-1)?.body.related['Secret.v1']?.[`${stage.namespace}/a`]
      return shown?.metadata.labels?.['seen']
    })
    await stage.remove('secrets', 'a')
    await eventually(
      'it is no longer shown',
      () => (related(stage, 'Secret.v1')?.length === 0 ? true : undefined),
      10,
    )
  })

  it('does not ask because of an object that no rule selects', async (t) => {
    const stage = await openStage(t, cluster, {
      sync,
      customize: ({ metadata: { namespace } }) =>
        json({ relatedResources: [{ apiVersion: 'v1', resource: 'secrets', namespace, names: ['a'] }] }),
    })
    await stage.createParent()
    await stage.force()
    await stage.force()
    const calls = stage.syncs().length
    await stage.create('secrets', secret('other'))
    await stage.create('secrets', secret('a'))
    await eventually('the selected one is shown', () =>
      related(stage, 'Secret.v1')?.length === 1 ? true : undefined,
    )
    assert.equal(stage.syncs().length, calls + 1)
  })

  it('shows cluster-scoped objects by their plain name, and children of others by label', async (t) => {
    const stage = await openStage(t, cluster, {
      sync,
      customize: ({ metadata: { namespace = '' } }) =>
        json({
          relatedResources: [
            { apiVersion: 'v1', resource: 'namespaces', names: [namespace] },
            {
              apiVersion: 'v1',
              resource: 'configmaps',
              namespace,
              labelSelector: { matchLabels: { pick: 'me' } },
            },
            {
              apiVersion: 'storage.k8s.io/v1',
              resource: 'storageclasses',
              labelSelector: { matchLabels: { no: 'one' } },
            },
          ],
        }),
    })
    await stage.create('configmaps', configMap('picked', {}, { labels: { pick: 'me' } }))
    await stage.create('configmaps', configMap('left', {}, { labels: { pick: 'not' } }))
    await stage.createParent()
    await stage.force()
    assert.deepEqual(related(stage, 'Namespace.v1'), [stage.namespace])
    assert.deepEqual(related(stage, 'ConfigMap.v1'), [`${stage.namespace}/picked`])
    assert.deepEqual(related(stage, 'StorageClass.storage.k8s.io/v1'), [])
  })

  it('asks the customize hook once for each generation of a parent', async (t) => {
    const stage = await openStage(t, cluster, { sync, customize: () => json({ relatedResources: [] }) })
    await stage.createParent()
    await stage.force()
    await stage.force()
    assert.equal(asked(stage), 1)
    await stage.patch('things', 'thing', { spec: { size: 2 } })
    await stage.force()
    assert.equal(asked(stage), 2)
  })

  it('does not ask the sync hook while the customize hook fails', async (t) => {
    let isDown = true
    const stage = await openStage(t, cluster, {
      sync,
      customize: () => (isDown ? raw(500) : json({ relatedResources: [] })),
    })
    await stage.createParent()
    await eventually('it asks again and again', () => (asked(stage) > 3 ? true : undefined))
    assert.equal(stage.syncs().length, 0)
    isDown = false
    await stage.force()
  })
})
