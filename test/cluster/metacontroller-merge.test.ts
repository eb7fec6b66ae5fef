// The three-way merge of the stand-in for Metacontroller, on the vectors of the real one and our own.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createdChild, lastAppliedAnnotation, updatedChild } from './metacontroller/apply.ts'
import { merge } from './metacontroller/merge.ts'
import { randomFrom, shuffled } from './metacontroller/random.ts'

interface Vector {
  readonly title: string
  readonly observed: unknown
  readonly lastApplied: unknown
  readonly desired: unknown
  readonly merged: unknown
}

const vectors: readonly Vector[] = [
  {
    title: 'leaves nothing to do on nothing',
    observed: {},
    lastApplied: {},
    desired: {},
    merged: {},
  },
  {
    title: 'removes what was applied, adds what is desired, keeps what others wrote',
    observed: { keep: 'other', remove: 'other', replace: 'other' },
    lastApplied: { remove: 'old', replace: 'old' },
    desired: { replace: 'new', add: 'new' },
    merged: { replace: 'new', add: 'new', keep: 'other' },
  },
  {
    title: 'does the same in nested objects',
    observed: { update: { keep: 'other', remove: 'other' } },
    lastApplied: { update: { remove: 'old', replace: 'old' } },
    desired: { update: { replace: 'new', add: 'new' } },
    merged: { update: { replace: 'new', add: 'new', keep: 'other' } },
  },
  {
    title: 'replaces a list of mixed items',
    observed: { list: [1, 2, { a: true }] },
    lastApplied: { list: [4] },
    desired: { list: [7, { b: false }] },
    merged: { list: [7, { b: false }] },
  },
  {
    title: 'merges a list by name: observed order first, then new items',
    observed: {
      list: [{ name: 'keep', value: 'other' }, { name: 'remove' }, { name: 'merge', keep: 'other' }],
    },
    lastApplied: { list: [{ name: 'remove', value: 'old' }] },
    desired: { list: [{ name: 'add' }, { name: 'merge', add: 'new' }] },
    merged: {
      list: [{ name: 'keep', value: 'other' }, { name: 'merge', keep: 'other', add: 'new' }, { name: 'add' }],
    },
  },
  {
    title: 'merges container ports by containerPort, before name',
    observed: { ports: [{ containerPort: 80, name: 'old', protocol: 'TCP' }] },
    lastApplied: {},
    desired: {
      ports: [
        { containerPort: 80, name: 'web' },
        { containerPort: 90, name: 'old' },
      ],
    },
    merged: {
      ports: [
        { containerPort: 80, name: 'web', protocol: 'TCP' },
        { containerPort: 90, name: 'old' },
      ],
    },
  },
  {
    title: 'merges volume mounts by mountPath, before name',
    observed: {
      mounts: [
        { mountPath: '/a', name: 'v' },
        { mountPath: '/token', name: 'token' },
      ],
    },
    lastApplied: { mounts: [{ mountPath: '/a', name: 'v' }] },
    desired: { mounts: [{ mountPath: '/b', name: 'v' }] },
    merged: {
      mounts: [
        { mountPath: '/token', name: 'token' },
        { mountPath: '/b', name: 'v' },
      ],
    },
  },
  {
    title: 'replaces a list in which one item lacks the common key',
    observed: { list: [{ name: 'a' }, { other: 'b' }] },
    lastApplied: { list: [{ name: 'a' }] },
    desired: { list: [{ name: 'c' }] },
    merged: { list: [{ name: 'c' }] },
  },
  {
    title: 'leaves null where a list is desired to be none',
    observed: { tolerations: [{ key: 'a' }] },
    lastApplied: {},
    desired: { tolerations: null },
    merged: { tolerations: null },
  },
  {
    title: 'removes only what was applied where an object is desired to be none',
    observed: { labels: { ours: '1', theirs: '2' } },
    lastApplied: { labels: { ours: '1' } },
    desired: { labels: null },
    merged: { labels: { theirs: '2' } },
  },
]

describe('merge', () => {
  for (const { title, observed, lastApplied, desired, merged } of vectors)
    it(title, () => {
      assert.deepEqual(merge(observed, lastApplied, desired), merged)
    })
})

describe('updatedChild', () => {
  const desired = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'shop', labels: { role: 'replica' } },
  }
  const parent = {
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 'thing', namespace: 'shop', uid: 'u1' },
  }

  it('changes nothing when what was created is desired again', () => {
    const created = { ...createdChild(desired, parent), status: { phase: 'Running' } }
    assert.deepEqual(updatedChild(created, desired), created)
  })

  it('lets the API server have its own fields, and the status', () => {
    const observed = {
      ...createdChild(desired, parent),
      metadata: { ...createdChild(desired, parent).metadata, uid: 'u2', resourceVersion: '7' },
      status: { phase: 'Running' },
    }
    const wish = {
      ...desired,
      metadata: { ...desired.metadata, uid: 'other', generation: 9 },
      status: { phase: 'Failed' },
    }
    const { metadata, status } = updatedChild(observed, wish) as typeof observed & { status: unknown }
    assert.equal(metadata.uid, 'u2')
    assert.equal(metadata.generation, undefined)
    assert.deepEqual(status, { phase: 'Running' })
  })

  it('adds the parent to the owners of a new child, and not twice', () => {
    const owner = { apiVersion: 'v1', kind: 'Namespace', name: 'shop', uid: 'n1' }
    const owned = createdChild(
      { ...desired, metadata: { ...desired.metadata, ownerReferences: [owner] } },
      parent,
    )
    const owners = owned.metadata.ownerReferences ?? []
    assert.deepEqual(
      owners.map(({ name, controller, blockOwnerDeletion }) => [name, controller, blockOwnerDeletion]),
      [
        ['shop', undefined, undefined],
        ['thing', true, true],
      ],
    )
    assert.deepEqual(
      createdChild({ ...desired, metadata: owned.metadata }, parent).metadata.ownerReferences,
      owners,
    )
  })

  it('records what it applied as Go would: keys sorted, HTML escaped, itself left out', () => {
    const child = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { b: '<&>', a: '1' } }
    const recorded = createdChild(child, parent).metadata.annotations?.[lastAppliedAnnotation]
    const text =
      '{"apiVersion":"v1","data":{"a":"1","b":"\\u003c\\u0026\\u003e"},"kind":"ConfigMap","metadata":{"name":"a"}}'
    assert.equal(recorded, text)
    const again = updatedChild(createdChild(child, parent), createdChild(child, parent))
    assert.ok(!again.metadata.annotations?.[lastAppliedAnnotation]?.includes('last-applied'))
  })
})

describe('shuffled', () => {
  const items = ['a', 'b', 'c', 'd', 'e']

  it('makes the same choices from the same seed', () => {
    assert.deepEqual(shuffled(items, randomFrom(7)), shuffled(items, randomFrom(7)))
  })

  it('brings every item to the front under some seed', () => {
    const first = Array.from({ length: 50 }, (_, seed) => shuffled(items, randomFrom(seed))[0])
    assert.deepEqual([...new Set(first)].sort(), items)
    assert.deepEqual([...shuffled(items, randomFrom(1))].sort(), items)
  })
})
