// What only the stand-in can do: be stale, lag, choose by seed, run twice, and refuse what it does not know.
import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { eventually } from '../e2e/eventually.ts'
import { openCluster, type Cluster } from '../support/metacontroller-cluster.ts'
import { configMap, json, openStage, settled, type StageOptions } from '../support/metacontroller-stage.ts'
import type { KubernetesObject } from './client.ts'
import { milliseconds, readController } from './metacontroller/spec.ts'
import { startMetacontroller, type MetacontrollerOptions } from './metacontroller/start.ts'

describe('startMetacontroller', () => {
  let cluster: Cluster
  before(async () => {
    cluster = await openCluster()
  })
  after(() => cluster.close())

  const names = ['a', 'b', 'c', 'd', 'e']
  const five: StageOptions = {
    sync: (body) => json({ children: names.map((name) => configMap(name)), status: settled(body) }),
  }

  async function start(t: TestContext, options: Partial<MetacontrollerOptions> = {}): Promise<() => number> {
    const targetLabels = { group: cluster.group }
    const { close, syncs } = await startMetacontroller({
      connection: cluster.connection,
      targetLabels,
      log: () => undefined,
      ...options,
    })
    t.after(close)
    return syncs
  }

  it('shows the status one write old, and the present one later', async (t) => {
    const syncs = await start(t, { stalenessProbability: 1 })
    const stage = await openStage(t, cluster, {
      sync: () => json({ children: [], status: { phase: 'Ready' }, resyncAfterSeconds: 0.2 }),
    })
    await stage.createParent()
    const statuses = await eventually('the present status is shown', () => {
      const seen = stage.syncs().map(({ body }) => body.parent.status?.phase)
      return seen.includes('Ready') ? seen : undefined
    })
    assert.deepEqual(statuses.slice(0, 2), [undefined, undefined])
    assert.ok(syncs() >= stage.syncs().length)
  })

  it('shows children late when its caches lag', async (t) => {
    await start(t, { lagMilliseconds: 300 })
    const stage = await openStage(t, cluster, {
      sync: () => json({ children: [configMap('a')], status: {}, resyncAfterSeconds: 0.1 }),
    })
    await stage.createParent()
    const isShown = ({ children }: { readonly children: object }): boolean =>
      JSON.stringify(children).includes('ConfigMap"')
    await eventually('the child is shown', () =>
      stage.syncs().some(({ body }) => isShown(body)) ? true : undefined,
    )
    assert.ok(stage.syncs().filter(({ body }) => !isShown(body)).length > 1)
  })

  it('takes it easy that a child was changed meanwhile: it sees that later', async (t) => {
    const lines: string[] = []
    await start(t, { lagMilliseconds: 200, log: (line) => lines.push(line) })
    let key = 'first'
    const stage = await openStage(t, cluster, {
      sync: (body) => json({ children: [configMap('a', { key })], status: settled(body) }),
    })
    await stage.createParent()
    await stage.force()
    await stage.patch('configmaps', 'a', { data: { foreign: 'yes' } })
    key = 'second'
    await eventually('the change of both is there', async () => {
      await stage.patch('things', 'thing', { metadata: { annotations: { again: key } } })
      const child = await stage.find('configmaps', 'a')
      return isDeepStrictEqual(child?.['data'], { key, foreign: 'yes' }) ? true : undefined
    })
    assert.deepEqual(lines, [])
  })

  it('creates the children of one kind in an order that its seed decides', async (t) => {
    const orderFor = async (seed: number): Promise<string> => {
      const { close } = await startMetacontroller({
        connection: cluster.connection,
        targetLabels: { group: cluster.group },
        seed,
      })
      const stage = await openStage(t, cluster, five)
      await stage.createParent()
      await stage.force()
      await cluster.client.request('DELETE', stage.controllerPath)
      await close()
      const objects = await Promise.all(names.map((name) => stage.find('configmaps', name)))
      const versions = objects.map((object) => Number(object?.metadata.resourceVersion))
      return [...names]
        .sort((a, b) => (versions[names.indexOf(a)] ?? 0) - (versions[names.indexOf(b)] ?? 0))
        .join('')
    }
    const first = await orderFor(1)
    assert.equal(await orderFor(1), first)
    assert.notEqual(await orderFor(2), first)
  })

  it('does no harm when it runs twice', async (t) => {
    const lines: string[] = []
    const log = (line: string): void => void lines.push(line)
    await start(t, { log, lagMilliseconds: 20 })
    await start(t, { log, seed: 2 })
    const stage = await openStage(t, cluster, five)
    await stage.createParent()
    for (let count = 0; count < 5; count++) await stage.force()
    for (const name of names) assert.ok(await stage.find('configmaps', name))
    assert.deepEqual(lines, [])
  })

  it('leaves an event on a parent whose sync failed, when asked to', async (t) => {
    await start(t, { events: true })
    const stage = await openStage(t, cluster, { sync: () => json({ children: 'none', status: {} }) })
    await stage.createParent()
    const event = await eventually('the event is there', async () => {
      const { items } = await cluster.client.request('GET', stage.path('events'))
      return (items as readonly KubernetesObject[])[0]
    })
    assert.equal(event['reason'], 'SyncError')
    assert.match(String(event['message']), /children is not a list/)
  })
})

describe('readController', () => {
  const hooks = { sync: { version: 'v2', webhook: { url: 'http://127.0.0.1:1/sync', timeout: '5s' } } }
  const spec = {
    generateSelector: true,
    parentResource: { apiVersion: 'example.com/v1', resource: 'things' },
    childResources: [{ apiVersion: 'v1', resource: 'pods', updateStrategy: { method: 'InPlace' } }],
    hooks,
  }
  const read = (change: object): ReturnType<typeof readController> =>
    readController({
      apiVersion: 'metacontroller.k8s.io/v1alpha1',
      kind: 'CompositeController',
      metadata: { name: 'cc' },
      spec: { ...spec, ...change },
    })

  it('reads what we use', () => {
    const { parent, children, sync, customize } = read({})
    assert.deepEqual(parent, { apiVersion: 'example.com/v1', resource: 'things' })
    assert.deepEqual(children, [{ apiVersion: 'v1', resource: 'pods', method: 'InPlace' }])
    assert.deepEqual([sync.timeoutMilliseconds, sync.strict, customize], [5000, true, undefined])
  })

  const unknown: Readonly<Record<string, object>> = {
    'a finalize hook': { hooks: { ...hooks, finalize: hooks.sync } },
    'hooks of version v1': { hooks: { sync: { ...hooks.sync, version: 'v1' } } },
    'selectors of the parents': { generateSelector: false },
    'a rolling update': {
      childResources: [{ apiVersion: 'v1', resource: 'pods', updateStrategy: { method: 'RollingInPlace' } }],
    },
    'a selection of parents': { parentResource: { ...spec.parentResource, labelSelector: {} } },
    'a webhook that is a Service': {
      hooks: { sync: { version: 'v2', webhook: { service: {}, path: '/sync' } } },
    },
  }
  for (const [what, change] of Object.entries(unknown))
    it(`refuses ${what}`, () => {
      assert.throws(() => read(change), /cannot run the CompositeController/)
    })

  it("reads Go's durations", () => {
    assert.deepEqual(['5s', '500ms', '1m30s', '1.5s'].map(milliseconds), [5000, 500, 90_000, 1500])
    assert.throws(() => milliseconds('5'), /not a duration/)
  })
})
