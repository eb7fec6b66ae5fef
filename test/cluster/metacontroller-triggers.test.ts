// Conformance: what makes Metacontroller ask, and what it tells. Also runs on the real parts: see metacontroller-cluster.ts.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../e2e/eventually.ts'
import { openCluster, type Cluster, type Engine } from '../support/metacontroller-cluster.ts'
import { configMap, json, openStage, settled, type Stage } from '../support/metacontroller-stage.ts'

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

/** Resolves when the hook is asked once more. */
async function askedAgain(stage: Stage, doing: () => Promise<unknown>): Promise<void> {
  const calls = stage.syncs().length
  await doing()
  await eventually('the hook is asked', () => (stage.syncs().length > calls ? true : undefined), 10)
}

/** Waits for the syncs that follow on the own writes: a forced one is the last of them. */
const settle = async (stage: Stage): Promise<void> => {
  await stage.force()
  await stage.force()
}

describe('Metacontroller, requests', () => {
  it('tells the controller, the parent, every declared kind, what is related, and that nothing is finalized', async (t) => {
    const stage = await openStage(t, cluster, {
      children: [
        { resource: 'configmaps' },
        { resource: 'pods' },
        { apiVersion: 'rbac.authorization.k8s.io/v1', resource: 'roles' },
      ],
      sync: (body) => json({ children: [configMap('a')], status: settled(body) }),
    })
    await stage.createParent({ size: 3 })
    await settle(stage)
    const body = stage.syncs().at(-1)?.body
    assert.deepEqual(Object.keys(body ?? {}).sort(), [
      'children',
      'controller',
      'finalizing',
      'parent',
      'related',
    ])
    const { controller, parent, children, related, finalizing } = body as typeof body &
      Record<string, unknown>
    assert.equal((controller as { kind: string }).kind, 'CompositeController')
    assert.deepEqual((parent as { spec?: unknown }).spec, { size: 3 })
    assert.deepEqual(Object.keys(children).sort(), [
      'ConfigMap.v1',
      'Pod.v1',
      'Role.rbac.authorization.k8s.io/v1',
    ])
    assert.deepEqual(children['Pod.v1'], {})
    assert.deepEqual(Object.keys(children['ConfigMap.v1'] ?? {}), [`${stage.namespace}/a`])
    assert.equal(children['ConfigMap.v1']?.[`${stage.namespace}/a`]?.kind, 'ConfigMap')
    assert.deepEqual([related, finalizing], [{}, false])
  })
})

describe('Metacontroller, triggers', () => {
  const plain = {
    sync: (body: Parameters<typeof settled>[0]) =>
      json({ children: [configMap('a')], status: settled(body) }),
  }

  it('asks when somebody changes a child', async (t) => {
    const stage = await openStage(t, cluster, plain)
    await stage.createParent()
    await settle(stage)
    await askedAgain(stage, () =>
      stage.patch('configmaps', 'a', { metadata: { annotations: { foreign: 'yes' } } }),
    )
  })

  it('asks when the status of a child changes', async (t) => {
    const stage = await openStage(t, cluster, {
      children: [{ resource: 'pods' }],
      sync: (body) => {
        const spec = { containers: [{ name: 'main', image: 'example/image:1' }] }
        return json({
          children: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec }],
          status: settled(body),
        })
      },
    })
    await stage.createParent()
    await settle(stage)
    await askedAgain(stage, () => stage.patch('pods', 'a', { status: { podIP: '127.0.0.9' } }, 'status'))
  })

  it('asks again after its own status write, and shows it', async (t) => {
    const stage = await openStage(t, cluster, plain)
    await stage.createParent()
    await stage.force()
    await eventually('the hook sees what it answered', () =>
      stage.syncs().at(-1)?.body.parent.status?.phase === '1' ? true : undefined,
    )
  })

  it('asks every parent again in each resync period', async (t) => {
    const stage = await openStage(t, cluster, { ...plain, resyncPeriodSeconds: 1 })
    await stage.createParent()
    await settle(stage)
    for (let round = 0; round < 2; round++) await askedAgain(stage, () => Promise.resolve())
  })

  it('asks every parent again when the spec of the CompositeController changes', async (t) => {
    const stage = await openStage(t, cluster, plain)
    await stage.createParent()
    await stage.createParent({}, 'other')
    await settle(stage)
    const calls = stage.syncs('other').length
    const change = { spec: { resyncPeriodSeconds: 3600 } }
    await cluster.client.request('PATCH', stage.controllerPath, change, 'application/merge-patch+json')
    await eventually(
      'the other parent too',
      () => (stage.syncs('other').length > calls ? true : undefined),
      20,
    )
  })

  it('stops when the CompositeController is deleted, and leaves the children', async (t) => {
    const stage = await openStage(t, cluster, plain)
    await stage.createParent()
    await settle(stage)
    const child = await stage.find('configmaps', 'a')
    await cluster.client.request('DELETE', stage.controllerPath)
    await eventually('a change of the parent asks no more', async () => {
      const calls = stage.syncs().length
      await stage.patch('things', 'thing', { metadata: { annotations: { at: String(performance.now()) } } })
      await pause(100)
      return stage.syncs().length === calls ? true : undefined
    })
    assert.deepEqual(await stage.find('configmaps', 'a'), child)
  })

  it('does not ask about parents whose kind has no status subresource', async (t) => {
    const ignored = await openStage(t, cluster, { ...plain, parents: 'plains' })
    await ignored.createParent()
    const stage = await openStage(t, cluster, plain)
    await stage.createParent()
    await settle(stage)
    assert.equal(ignored.syncs().length, 0)
  })
})

describe('Metacontroller, concurrency', () => {
  it('never asks about one parent twice at once, and gathers what happens meanwhile', async (t) => {
    const stage = await openStage(t, cluster, {
      sync: async (body) => {
        await pause(200)
        return json({ children: [], status: settled(body) })
      },
    })
    await stage.createParent()
    await eventually('the first call', () => (stage.syncs().length > 0 ? true : undefined))
    for (let count = 0; count < 20; count++)
      await stage.patch('things', 'thing', { metadata: { annotations: { count: String(count) } } })
    await stage.force()
    assert.equal(stage.webhook.mostAtOnce(), 1)
    assert.ok(stage.syncs().length < 15)
  })

  it('asks about several parents at once', async (t) => {
    const all = Promise.withResolvers<undefined>()
    const stage = await openStage(t, cluster, {
      sync: async (body) => {
        if (stage.webhook.mostAtOnce() >= 3) all.resolve(undefined)
        await all.promise
        return json({ children: [], status: settled(body) })
      },
    })
    for (const name of ['thing', 'b', 'c']) await stage.createParent({}, name)
    await all.promise
    await stage.force()
  })
})
