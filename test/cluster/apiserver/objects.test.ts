// Objects of any kind: creating, reading, changing and deleting them as the Kubernetes API promises.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { configMap, core, crds, openBench, thing, thingCrd, things } from '../../support/api-server.ts'
import { createClient } from '../client.ts'

const maps = `${core}/configmaps`
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

describe('objects', () => {
  it('gives a new object its identity', async (t) => {
    const { create, get } = await openBench(t)
    const made = await create(maps, configMap('a', { x: '1' }))
    assert.match(made.metadata.uid ?? '', /^[0-9a-f-]{36}$/)
    assert.match(made.metadata.creationTimestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.equal(made.metadata.namespace, 'default')
    assert.deepEqual(await get(`${maps}/a`), made)
  })

  it('completes a generated name', async (t) => {
    const { create } = await openBench(t)
    const object = { metadata: { generateName: 'a-' } }
    assert.match((await create(maps, object)).metadata.name, /^a-[a-z0-9]{5}$/)
  })

  it('refuses a second object of the same name', async (t) => {
    const { create, refusal } = await openBench(t)
    await create(maps, configMap('a'))
    const { status, reason, message } = await refusal('POST', maps, configMap('a'))
    assert.deepEqual([status, reason, message], [409, 'AlreadyExists', 'configmaps "a" already exists'])
  })

  it('refuses objects in a namespace that does not exist', async (t) => {
    const { refusal } = await openBench(t)
    const { status, message } = await refusal('POST', '/api/v1/namespaces/none/configmaps', configMap('a'))
    assert.deepEqual([status, message], [404, 'namespaces "none" not found'])
  })

  it('refuses a name and labels that are malformed, and says all that is wrong', async (t) => {
    const { refusal } = await openBench(t)
    const { status, message } = await refusal('POST', maps, configMap('A_', {}, { labels: { a: 'x y' } }))
    assert.equal(status, 422)
    assert.match(message, /^ConfigMap "A_" is invalid: \[metadata\.name: .*metadata\.labels: /)
  })

  it('does nothing for real in a dry run', async (t) => {
    const { create, gone } = await openBench(t)
    assert.equal((await create(`${maps}?dryRun=All`, configMap('a'))).metadata.name, 'a')
    await gone(`${maps}/a`)
  })

  it('replaces an object only in the version that was read', async (t) => {
    const { client, create, refusal } = await openBench(t)
    const made = await create(maps, configMap('a'))
    const changed = await client.request('PUT', `${maps}/a`, { ...made, data: { x: '1' } })
    assert.notEqual(changed.metadata.resourceVersion, made.metadata.resourceVersion)
    const { status, reason } = await refusal('PUT', `${maps}/a`, { ...made, data: { x: '2' } })
    assert.deepEqual([status, reason], [409, 'Conflict'])
  })

  it('refuses to replace an object that has the same name and another identity', async (t) => {
    const { create, refusal } = await openBench(t)
    await create(maps, configMap('a'))
    assert.equal((await refusal('PUT', `${maps}/a`, configMap('a', {}, { uid: 'other' }))).status, 409)
  })

  it('keeps the version of an object when nothing changes', async (t) => {
    const { client, create, merge } = await openBench(t)
    const made = await create(maps, configMap('a', { x: '1' }))
    const replaced = await client.request('PUT', `${maps}/a`, made)
    const patched = await merge(`${maps}/a`, { data: { x: '1' } })
    for (const { metadata } of [replaced, patched])
      assert.equal(metadata.resourceVersion, made.metadata.resourceVersion)
  })

  it('deletes only what the preconditions name', async (t) => {
    const { create, remove, refusal, gone } = await openBench(t)
    const { metadata } = await create(maps, configMap('a'))
    const other = { preconditions: { uid: 'other' } }
    assert.equal((await refusal('DELETE', `${maps}/a`, other)).status, 409)
    await remove(`${maps}/a`, { preconditions: { uid: metadata.uid } })
    await gone(`${maps}/a`)
  })

  it('keeps an object with finalizers until the last one is gone, and takes no new ones', async (t) => {
    const { create, remove, merge, refusal, gone } = await openBench(t)
    await create(maps, configMap('a', {}, { finalizers: ['example.com/a'] }))
    await remove(`${maps}/a`)
    const more = { metadata: { finalizers: ['example.com/a', 'example.com/b'] } }
    const merging = 'application/merge-patch+json'
    assert.match(
      (await refusal('PATCH', `${maps}/a`, more, merging)).message,
      /no new finalizers can be added/,
    )
    const last = await merge(`${maps}/a`, { metadata: { finalizers: null } })
    assert.notEqual(last.metadata.deletionTimestamp, undefined)
    await gone(`${maps}/a`)
  })

  it('lists by labels and fields, ordered by name', async (t) => {
    const { create, get } = await openBench(t)
    for (const name of ['c', 'a', 'b']) await create(maps, configMap(name, {}, { labels: { name } }))
    const names = async (query: string): Promise<readonly string[]> => {
      const { items } = (await get(`${maps}?${query}`)) as unknown as {
        items: { metadata: { name: string } }[]
      }
      return items.map(({ metadata }) => metadata.name)
    }
    assert.deepEqual(await names('labelSelector=name'), ['a', 'b', 'c'])
    assert.deepEqual(await names('labelSelector=name+in+(a,c)'), ['a', 'c'])
    assert.deepEqual(await names('labelSelector=name,name!=b'), ['a', 'c'])
    assert.deepEqual(await names('labelSelector=name=b'), ['b'])
    assert.deepEqual(await names('fieldSelector=metadata.name%3Dc'), ['c'])
  })

  it('counts requests by verb, resource and user', async (t) => {
    const { server, create, get } = await openBench(t)
    await create(maps, configMap('a'))
    await get(`${maps}/a`)
    await get(`${maps}/a`)
    const expected = [
      { verb: 'create', resource: 'configmaps', user: 'admin', count: 1 },
      { verb: 'get', resource: 'configmaps', user: 'admin', count: 2 },
    ]
    assert.deepEqual(server.requests(), expected)
    assert.deepEqual((await get('/debug/requests'))['requests'], [
      ...expected,
      { verb: 'get', resource: '', user: 'admin', count: 1 },
    ])
  })

  it('answers only those who present a token, but tells everybody that it is well', async (t) => {
    const { server, refusal } = await openBench(t)
    const nobody = createClient({ url: server.url, ca: server.ca })
    t.after(() => nobody.close())
    await assert.rejects(nobody.request('GET', maps), { status: 401, reason: 'Unauthorized' })
    assert.equal(((await nobody.request('GET', '/version')) as unknown as { major: string }).major, '1')
    assert.equal((await refusal('GET', '/nothing')).status, 404)
  })
})

describe('custom objects', () => {
  it('counts a generation for each change of the spec, and for nothing else', async (t) => {
    const { create, merge } = await openBench(t)
    await create(crds, thingCrd({ spec: open, status: open }))
    const path = `${things}/a`
    assert.equal((await create(things, thing('a', { x: 1 }))).metadata.generation, 1)
    assert.equal((await merge(path, { metadata: { labels: { a: 'b' } } })).metadata.generation, 1)
    assert.equal((await merge(`${path}/status`, { status: { count: 1 } })).metadata.generation, 1)
    assert.equal((await merge(path, { spec: { x: 2 } })).metadata.generation, 2)
  })

  it('writes the status through its subresource only, and nothing else there', async (t) => {
    const { create, merge } = await openBench(t)
    await create(crds, thingCrd({ spec: open, status: open }))
    const made = await create(things, { ...thing('a', { x: 1 }), status: { count: 1 } })
    assert.equal(made['status'], undefined)
    const everything = { spec: { x: 2 }, status: { count: 2 }, metadata: { labels: { a: 'b' } } }
    const reported = await merge(`${things}/a/status`, everything)
    assert.deepEqual([reported['spec'], reported['status']], [{ x: 1 }, { count: 2 }])
    assert.equal(reported.metadata.labels, undefined)
    const changed = await merge(`${things}/a`, everything)
    assert.deepEqual([changed['spec'], changed['status']], [{ x: 2 }, { count: 2 }])
  })

  it('scales through the paths that the CRD names', async (t) => {
    const { create, get, merge } = await openBench(t)
    await create(crds, thingCrd({ spec: open, status: open }))
    await create(things, thing('a', { count: 2 }))
    const scaled = await merge(`${things}/a/scale`, { spec: { replicas: 3 } })
    assert.deepEqual([scaled.kind, scaled['spec']], ['Scale', { replicas: 3 }])
    assert.deepEqual((await get(`${things}/a`))['spec'], { count: 3 })
  })

  it('is served as soon as the CRD is created, and gone with it', async (t) => {
    const { create, remove, gone, refusal } = await openBench(t)
    await create(crds, thingCrd({ spec: open }))
    await create(things, thing('a', {}))
    await remove(`${crds}/things.example.com`)
    await gone(`${crds}/things.example.com`)
    assert.equal((await refusal('GET', things)).message, 'the server could not find the requested resource')
  })

  it('demands the version that was read when an object is replaced', async (t) => {
    const { create, refusal } = await openBench(t)
    await create(crds, thingCrd({ spec: open }))
    await create(things, thing('a', {}))
    const { status, message } = await refusal('PUT', `${things}/a`, thing('a', { x: 1 }))
    assert.equal(status, 422)
    assert.match(message, /metadata\.resourceVersion: Invalid value: 0: must be specified for an update/)
  })
})
