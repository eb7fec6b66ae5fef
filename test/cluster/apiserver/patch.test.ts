// The four kinds of patches.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  configMap,
  core,
  crds,
  mediaTypes,
  openBench,
  pod,
  thingCrd,
  things,
} from '../../support/api-server.ts'
import { jsonPatch } from './patch/json-patch.ts'
import { mergePatch } from './patch/merge-patch.ts'
import { strategicPatch } from './patch/strategic-patch.ts'

const maps = `${core}/configmaps`

describe('jsonPatch', () => {
  const target = { a: { 'b/c': [1, 2] }, d: 'x' }
  const rows: readonly (readonly [string, object, object])[] = [
    ['adds to a list', { op: 'add', path: '/a/b~1c/1', value: 9 }, { a: { 'b/c': [1, 9, 2] }, d: 'x' }],
    ['appends to a list', { op: 'add', path: '/a/b~1c/-', value: 9 }, { a: { 'b/c': [1, 2, 9] }, d: 'x' }],
    ['removes', { op: 'remove', path: '/a/b~1c/0' }, { a: { 'b/c': [2] }, d: 'x' }],
    ['replaces', { op: 'replace', path: '/d', value: null }, { a: { 'b/c': [1, 2] }, d: null }],
    ['moves', { op: 'move', from: '/d', path: '/a/e' }, { a: { 'b/c': [1, 2], e: 'x' } }],
    ['copies', { op: 'copy', from: '/a/b~1c/1', path: '/e' }, { a: { 'b/c': [1, 2] }, d: 'x', e: 2 }],
    ['tests', { op: 'test', path: '/d', value: 'x' }, target],
  ]
  for (const [title, operation, expected] of rows)
    it(title, () => assert.deepEqual(jsonPatch(target, [operation]), expected))

  it('refuses a test that fails, a path that is not there, and an index out of the list', () => {
    const refused = [
      { op: 'test', path: '/d', value: 'y' },
      { op: 'remove', path: '/none' },
      { op: 'add', path: '/a/b~1c/7', value: 1 },
    ]
    for (const operation of refused)
      assert.throws(() => jsonPatch(target, [operation]), { code: 422, reason: 'Invalid' })
  })
})

describe('mergePatch', () => {
  it('merges objects, removes nulls and replaces lists', () => {
    const merged = mergePatch(
      { a: { b: 1, c: 2 }, l: [1, 2] },
      { a: { b: null, d: { e: null, f: 1 } }, l: [3] },
    )
    assert.deepEqual(merged, { a: { c: 2, d: { f: 1 } }, l: [3] })
  })
})

describe('strategicPatch', () => {
  const spec = (...containers: readonly object[]): { spec: object } => ({ spec: { containers } })

  it('merges lists by their key, deletes and replaces items', () => {
    const before = spec({ name: 'a', image: '1' }, { name: 'b', env: [{ name: 'X', value: '1' }] })
    const patch = spec(
      { name: 'a', $patch: 'delete' },
      { name: 'b', env: [{ name: 'X', value: '2' }] },
      { name: 'c' },
    )
    const after = spec({ name: 'b', env: [{ name: 'X', value: '2' }] }, { name: 'c' })
    assert.deepEqual(strategicPatch(before, patch), after)
  })

  it('obeys the order and the kept keys that kubectl sends', () => {
    const before = {
      spec: {
        volumes: [
          { name: 'a', emptyDir: {} },
          { name: 'b', emptyDir: {} },
        ],
      },
    }
    const patch = {
      spec: {
        '$setElementOrder/volumes': [{ name: 'b' }, { name: 'a' }],
        volumes: [{ $retainKeys: ['name', 'secret'], name: 'a', secret: { secretName: 's' } }],
      },
    }
    assert.deepEqual(strategicPatch(before, patch), {
      spec: {
        volumes: [
          { name: 'b', emptyDir: {} },
          { name: 'a', secret: { secretName: 's' } },
        ],
      },
    })
  })

  it('takes single values out of plain lists', () => {
    const before = { metadata: { finalizers: ['a', 'b'] } }
    const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['c'] } }
    assert.deepEqual(strategicPatch(before, patch), { metadata: { finalizers: ['b', 'c'] } })
  })

  it('replaces lists without a key', () => {
    const before = { spec: { containers: [{ name: 'a', args: ['1', '2'] }] } }
    const patch = { spec: { containers: [{ name: 'a', args: ['3'] }] } }
    assert.deepEqual(strategicPatch(before, patch), patch)
  })
})

describe('PATCH', () => {
  it('is a compare-and-set with a resourceVersion, and refuses another identity', async (t) => {
    const { create, merge, refusal } = await openBench(t)
    const { metadata } = await create(maps, configMap('a'))
    const patch = (changes: object): object => ({ metadata: { ...changes, annotations: { x: '1' } } })
    await merge(`${maps}/a`, patch({ resourceVersion: metadata.resourceVersion, uid: metadata.uid }))
    const stale = patch({ resourceVersion: metadata.resourceVersion })
    assert.equal((await refusal('PATCH', `${maps}/a`, stale, mediaTypes.merge)).reason, 'Conflict')
    const { status, message } = await refusal('PATCH', `${maps}/a`, patch({ uid: 'x' }), mediaTypes.merge)
    assert.equal(status, 422)
    assert.match(message, /metadata\.uid: Invalid value: "x": field is immutable/)
  })

  it('refuses strategic patches of custom objects', async (t) => {
    const { create, refusal } = await openBench(t)
    await create(crds, thingCrd({}))
    await create(things, { metadata: { name: 'a' } })
    assert.equal((await refusal('PATCH', `${things}/a`, {}, mediaTypes.strategic)).status, 415)
  })
})

describe('server-side apply', () => {
  const apply = (manager: string): string => `fieldManager=${manager}`

  it('creates, changes, and takes away what the manager no longer wants', async (t) => {
    const { client, merge } = await openBench(t)
    const send = (data: object) =>
      client.request('PATCH', `${maps}/a?${apply('me')}`, configMap('a', data), mediaTypes.apply)
    await send({ x: '1', y: '1' })
    await merge(`${maps}/a`, { data: { foreign: '1' } })
    assert.deepEqual((await send({ x: '2' }))['data'], { x: '2', foreign: '1' })
  })

  it('refuses to take a field from another manager, unless it is forced', async (t) => {
    const { client, refusal } = await openBench(t)
    const path = (manager: string): string => `${maps}/a?${apply(manager)}`
    await client.request('PATCH', path('one'), configMap('a', { x: '1' }), mediaTypes.apply)
    const theirs = configMap('a', { x: '2' })
    const { status, message } = await refusal('PATCH', path('two'), theirs, mediaTypes.apply)
    assert.deepEqual([status, message], [409, 'Apply failed with 1 conflict: conflict with "one": .data.x'])
    const forced = await client.request('PATCH', `${path('two')}&force=true`, theirs, mediaTypes.apply)
    assert.deepEqual(forced['data'], { x: '2' })
  })

  it('merges the lists of built-in kinds by their keys', async (t) => {
    const { client } = await openBench(t)
    const path = `${core}/pods/p?${apply('me')}`
    await client.request('PATCH', path, pod('p', { labels: { a: '1', b: '1' } }), mediaTypes.apply)
    const applied = await client.request('PATCH', path, pod('p', { labels: { a: '1' } }), mediaTypes.apply)
    assert.deepEqual(applied.metadata.labels, { a: '1' })
  })

  it('merges the lists of custom objects as their schema says', async (t) => {
    const { client, create } = await openBench(t)
    const items = { type: 'object', properties: { name: { type: 'string' }, value: { type: 'string' } } }
    const keyed = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }
    const spec = { type: 'object', properties: { list: { type: 'array', items, ...keyed } } }
    await create(crds, thingCrd({ spec }))
    const send = (manager: string, list: readonly object[]) => {
      const object = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, spec: { list } }
      return client.request('PATCH', `${things}/a?${apply(manager)}`, object, mediaTypes.apply)
    }
    await send('one', [{ name: 'x', value: '1' }])
    await send('two', [{ name: 'y', value: '2' }])
    const { spec: last } = await send('one', [{ name: 'z', value: '3' }])
    assert.deepEqual(last, {
      list: [
        { name: 'y', value: '2' },
        { name: 'z', value: '3' },
      ],
    })
  })
})
