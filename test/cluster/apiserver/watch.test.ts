// Watches: every change once, in order, from the version on that the client names.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { configMap, core, openBench } from '../../support/api-server.ts'
import type { WatchEvent } from '../client.ts'

const maps = `${core}/configmaps`
const told = (events: readonly WatchEvent[]): readonly string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata.name}`)

describe('watch', () => {
  it('starts with what is there, and goes on with what changes', async (t) => {
    const { client, create, merge, remove } = await openBench(t)
    await create(maps, configMap('a', {}, { labels: { mine: '' } }))
    const aborter = new AbortController()
    t.after(() => aborter.abort())
    const events = client
      .watch(`${maps}?watch=true&labelSelector=mine`, aborter.signal)
      [Symbol.asyncIterator]()
    const next = async (): Promise<string | undefined> => told([(await events.next()).value as WatchEvent])[0]
    assert.equal(await next(), 'ADDED a')
    await create(maps, configMap('b', {}, { labels: { mine: '' } }))
    assert.equal(await next(), 'ADDED b')
    await merge(`${maps}/b`, { data: { x: '1' } })
    assert.equal(await next(), 'MODIFIED b')
    await remove(`${maps}/b`)
    assert.equal(await next(), 'DELETED b')
  })

  it('tells all changes after the version that is named', async (t) => {
    const { create, merge, remove, events } = await openBench(t)
    const { metadata } = await create(maps, configMap('a'))
    await merge(`${maps}/a`, { data: { x: '1' } })
    await remove(`${maps}/a`)
    const from = metadata.resourceVersion ?? ''
    const seen = await events(`${maps}?watch=true&resourceVersion=${from}`, 2)
    assert.deepEqual(told(seen), ['MODIFIED a', 'DELETED a'])
    const versions = seen.map(({ object }) => Number(object.metadata.resourceVersion))
    assert.ok(Number(from) < (versions[0] ?? 0) && (versions[0] ?? 0) < (versions[1] ?? 0))
  })

  it('shows an object that leaves the selection as deleted, and as added when it comes back', async (t) => {
    const { create, merge, events } = await openBench(t)
    const labels = (mine: string | null): object => ({ metadata: { labels: { mine } } })
    const { metadata } = await create(maps, configMap('a', {}, { labels: { mine: 'yes' } }))
    await merge(`${maps}/a`, labels('no'))
    await merge(`${maps}/a`, labels('yes'))
    const query = `watch=true&labelSelector=mine%3Dyes&resourceVersion=${metadata.resourceVersion ?? ''}`
    assert.deepEqual(told(await events(`${maps}?${query}`, 2)), ['DELETED a', 'ADDED a'])
  })

  it('marks the end of the initial objects when a client streams its list', async (t) => {
    const { create, events } = await openBench(t)
    await create(maps, configMap('a', {}, { labels: { mine: '' } }))
    const query =
      'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=mine'
    const [first, mark] = await events(`${maps}?${query}`, 2)
    assert.equal(first?.type, 'ADDED')
    assert.equal(mark?.type, 'BOOKMARK')
    assert.deepEqual(mark.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' })
    assert.equal(mark.object.metadata.resourceVersion, first.object.metadata.resourceVersion)
  })

  it('sends a last bookmark when the time of a watch is over', async (t) => {
    const { get, events } = await openBench(t)
    const { metadata } = await get(maps)
    const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion=${metadata.resourceVersion ?? ''}`
    const seen = await events(`${maps}?${query}`, 5)
    assert.deepEqual(
      seen.map(({ type }) => type),
      ['BOOKMARK'],
    )
  })

  it('says that a version is too old once the history is forgotten', async (t) => {
    const { server, create, merge, events } = await openBench(t)
    const { metadata } = await create(maps, configMap('a'))
    await merge(`${maps}/a`, { data: { x: '1' } })
    server.forgetHistory()
    const [event] = await events(`${maps}?watch=true&resourceVersion=${metadata.resourceVersion ?? ''}`, 1)
    assert.equal(event?.type, 'ERROR')
    const { code, reason } = event.object as unknown as { code: number; reason: string }
    assert.deepEqual([code, reason], [410, 'Expired'])
  })

  it('tells of one namespace only what is in it', async (t) => {
    const { create, events } = await openBench(t)
    const { metadata } = await create(maps, configMap('a'))
    await create('/api/v1/namespaces/kube-system/configmaps', configMap('elsewhere'))
    await create(maps, configMap('b'))
    const query = `watch=true&resourceVersion=${metadata.resourceVersion ?? ''}`
    assert.deepEqual(told(await events(`${maps}?${query}`, 1)), ['ADDED b'])
    assert.deepEqual(told(await events(`/api/v1/configmaps?${query}`, 2)), ['ADDED elsewhere', 'ADDED b'])
  })
})
