// Conformance: what becomes of each kind of answer of the sync hook. Also runs on the real parts: see metacontroller-cluster.ts.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../e2e/eventually.ts'
import { openCluster, type Cluster, type Engine } from '../support/metacontroller-cluster.ts'
import { configMap, json, openStage, raw, settled, type Thing } from '../support/metacontroller-stage.ts'
import type { Answer } from '../support/webhook.ts'

describe('Metacontroller, answers of the sync hook', () => {
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

  it('fills in the namespace, owns what it creates, labels it, and records what it applied', async (t) => {
    const stage = await openStage(t, cluster, {
      sync: (body) => json({ children: [configMap('a')], status: settled(body) }),
    })
    const { metadata: parent } = await stage.createParent()
    await stage.force()
    const { metadata } = (await stage.find('configmaps', 'a')) ?? assert.fail('not created')
    assert.equal(metadata.labels?.['controller-uid'], parent.uid)
    assert.deepEqual(metadata.ownerReferences, [
      {
        apiVersion: `${cluster.group}/v1`,
        blockOwnerDeletion: true,
        controller: true,
        kind: 'Thing',
        name: 'thing',
        uid: parent.uid,
      },
    ])
    assert.equal(
      metadata.annotations?.['metacontroller.k8s.io/last-applied-configuration'],
      `{"apiVersion":"v1","data":{"key":"value"},"kind":"ConfigMap","metadata":{"labels":{"controller-uid":"${parent.uid ?? ''}"},"name":"a","namespace":"${stage.namespace}"}}`,
    )
  })

  const refused: Readonly<Record<string, Answer>> = {
    'has a key that it does not know': json({ children: [], status: {}, labels: {} }),
    'has a text as resyncAfterSeconds': json({ children: [], status: {}, resyncAfterSeconds: '10' }),
    'has a list as status': json({ children: [], status: [] }),
    'has an object as children': json({ children: {}, status: {} }),
    'has a child without kind': json({ children: [configMap('b'), { metadata: { name: 'c' } }], status: {} }),
    'has a child that is a text': json({ children: ['b'], status: {} }),
    "has a child with another parent's label": json({
      children: [configMap('b', {}, { labels: { 'controller-uid': 'other' } })],
      status: {},
    }),
    'is not JSON': raw(200, 'ok'),
    'is empty': raw(200),
    'is a list': raw(200, '[]'),
    'has status 201': raw(201, '{"children":[],"status":{}}'),
    'has status 204': raw(204),
    'has status 302': raw(302, '{"children":[],"status":{}}'),
    'has status 500': raw(500, '{"children":[],"status":{}}'),
  }
  for (const [what, wrong] of Object.entries(refused))
    it(`applies nothing of an answer that ${what}, and asks again`, async (t) => {
      let isWrong = false
      const stage = await openStage(t, cluster, {
        sync: (body) => (isWrong ? wrong : json({ children: [configMap('a')], status: settled(body) })),
      })
      await stage.createParent()
      await stage.force()
      const child = await stage.find('configmaps', 'a')
      isWrong = true
      await stage.patch('things', 'thing', { metadata: { annotations: { poke: 'wrong' } } })
      const calls = stage.syncs().length
      await eventually(
        'it asks again and again',
        () => (stage.syncs().length > calls + 3 ? true : undefined),
        10,
      )
      assert.deepEqual(await stage.find('configmaps', 'a'), child)
      assert.equal(await stage.find('configmaps', 'b'), undefined)
      assert.equal(((await stage.find('things', 'thing')) as Thing).status?.phase, '1')
      isWrong = false
      await stage.force()
    })

  for (const [what, children] of [
    ['no children', undefined],
    ['null as children', null],
  ] as const)
    it(`deletes every child after an answer with ${what}, strict or not`, async (t) => {
      let isShort = false
      const stage = await openStage(t, cluster, {
        sync: (body) => json({ children: isShort ? children : [configMap('a')], status: settled(body) }),
      })
      await stage.createParent()
      await stage.force()
      assert.ok(await stage.find('configmaps', 'a'))
      isShort = true
      await stage.force()
      assert.equal(await stage.find('configmaps', 'a'), undefined)
    })

  it('wipes the status after an answer without one, but for the generation', async (t) => {
    let status: object | undefined = { phase: 'Ready', count: 1, observedGeneration: 99 }
    const stage = await openStage(t, cluster, { sync: () => json({ children: [], status }) })
    await stage.createParent()
    const seen = async (): Promise<unknown> =>
      ((await stage.find('things', 'thing')) as Thing | undefined)?.status
    await eventually('the status is written', async () => {
      assert.deepEqual(await seen(), { phase: 'Ready', count: 1, observedGeneration: 1 })
      return true
    })
    status = undefined
    await stage.patch('things', 'thing', { spec: { size: 2 } })
    await eventually('the status is wiped', async () => {
      assert.deepEqual(await seen(), { observedGeneration: 2 })
      return true
    })
  })

  it('writes the children although the status does not fit the schema, and counts that as a failure', async (t) => {
    const stage = await openStage(t, cluster, {
      sync: () => json({ children: [configMap('a')], status: { count: 'many' } }),
    })
    await stage.createParent()
    await eventually('the child is there', () => stage.find('configmaps', 'a'), 10)
    const calls = stage.syncs().length
    await eventually(
      'it asks again and again',
      () => (stage.syncs().length > calls + 3 ? true : undefined),
      10,
    )
    assert.equal(((await stage.find('things', 'thing')) as Thing).status, undefined)
  })

  it('writes the others although one child has no apiVersion', async (t) => {
    const stage = await openStage(t, cluster, {
      sync: (body) =>
        json({
          children: [{ kind: 'ConfigMap', metadata: { name: 'b' } }, configMap('a')],
          status: settled(body),
        }),
    })
    await stage.createParent()
    await stage.force()
    assert.ok(await stage.find('configmaps', 'a'))
    assert.equal(await stage.find('configmaps', 'b'), undefined)
  })

  it('takes the last of two children with the same name', async (t) => {
    const children = [configMap('a', { key: 'first' }), configMap('a', { key: 'last' })]
    const stage = await openStage(t, cluster, { sync: (body) => json({ children, status: settled(body) }) })
    await stage.createParent()
    await stage.force()
    assert.deepEqual(((await stage.find('configmaps', 'a')) as { data?: unknown } | undefined)?.data, {
      key: 'last',
    })
  })

  it('waits as long as a 429 says, without back-off', async (t) => {
    let left = 2
    const stage = await openStage(t, cluster, {
      sync: (body) =>
        left-- > 0 ? raw(429, '', { 'retry-after': '1' }) : json({ children: [], status: settled(body) }),
    })
    await stage.createParent()
    const [first, second, third] = await eventually('the third call', () =>
      stage.syncs().length >= 3 ? stage.syncs().map(({ at }) => at) : undefined,
    )
    assert.ok((second ?? 0) - (first ?? 0) > 950)
    assert.ok((third ?? 0) - (second ?? 0) > 950)
  })

  it('backs off after failures, twice as long each time, until a success', async (t) => {
    let isDown = true
    const stage = await openStage(t, cluster, {
      sync: (body) => (isDown ? raw(500) : json({ children: [], status: settled(body) })),
    })
    await stage.createParent()
    await eventually('eight calls', () => (stage.syncs().length >= 8 ? true : undefined))
    const times = stage.syncs().map(({ at }) => at)
    for (let n = 1; n < 8; n++)
      assert.ok((times[n] ?? 0) - (times[n - 1] ?? 0) > 5 * 2 ** (n - 1) - 3, `gap ${n}`)
    isDown = false
    await stage.force()
  })

  it('gives up on a hook that takes longer than its timeout', async (t) => {
    const stage = await openStage(t, cluster, {
      timeout: '100ms',
      sync: (body) =>
        stage.syncs().length > 1
          ? json({ children: [configMap('a')], status: settled(body) })
          : new Promise(() => undefined),
    })
    await stage.createParent()
    await eventually('the child is there', () => stage.find('configmaps', 'a'), 10)
    assert.ok(stage.syncs().length > 1)
  })

  it('asks again after resyncAfterSeconds', async (t) => {
    const stage = await openStage(t, cluster, {
      sync: (body) => json({ children: [], status: settled(body), resyncAfterSeconds: 0.05 }),
    })
    await stage.createParent()
    await eventually('ten calls', () => (stage.syncs().length >= 10 ? true : undefined), 10)
  })

  it('ends, and all controllers with it, when a child is null', async (t) => {
    const stage = await openStage(t, cluster, { sync: () => json({ children: [null], status: {} }) })
    await stage.createParent()
    await engine.ended
  })
})
