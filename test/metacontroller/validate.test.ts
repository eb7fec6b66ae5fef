// What may leave as an answer to Metacontroller, and what must not.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubernetesObject, SyncRequest } from '../../metacontroller/contract.ts'
import { violationsOf, type AnswerContext } from '../../metacontroller/validate.ts'

const childKinds = ['Pod.v1', 'PersistentVolumeClaim.v1', 'ConfigMap.v1']
const reason = 'its phase is Failed'
const terminating = { deletionTimestamp: '2026-03-01T10:00:00Z' }

function child(kind: string, name: string, more: object = {}, metadata: object = {}): KubernetesObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'shop', ...metadata }, ...more }
}

function request(observed: readonly KubernetesObject[], parent: object = {}): SyncRequest {
  const ofKind = (key: string): readonly [string, KubernetesObject][] =>
    observed
      .filter(({ kind, apiVersion }) => `${kind}.${apiVersion}` === key)
      .map((object) => [`shop/${object.metadata.name}`, object])
  return {
    parent: child('RedisCluster', 'cache', {}, { uid: 'u', ...parent }),
    children: Object.fromEntries(childKinds.map((key) => [key, Object.fromEntries(ofKind(key))])),
    related: {},
    finalizing: false,
  }
}

function violations(
  children: unknown,
  context: { observed?: readonly KubernetesObject[]; parent?: object } & Partial<AnswerContext> = {},
  answer: object = {},
): readonly string[] {
  const { observed = [], parent = {}, deletions = [] } = context
  return violationsOf(
    { status: { phase: 'Ready' }, children, resyncAfterSeconds: 10, ...answer },
    { request: request(observed, parent), childKinds, deletions, namespace: 'shop' },
  )
}

const pod = child('Pod', 'cache-0', { spec: { containers: [{ name: 'redis', image: 'redis:7' }] } })
const volume = child('PersistentVolumeClaim', 'cache-data-0', { spec: { accessModes: ['ReadWriteOnce'] } })

describe('violationsOf', () => {
  it('lets an answer pass that returns what it observed', () => {
    assert.deepEqual(violations([pod, volume], { observed: [pod, volume] }), [])
  })

  it('refuses children that are no list', () => {
    for (const children of [undefined, null, {}, 'x'])
      assert.deepEqual(violations(children), [
        'children is not an array: Metacontroller would delete every observed child',
      ])
  })

  const nameless: Readonly<Record<string, unknown>> = {
    'is null': null,
    'is a string': 'Pod',
    'has no apiVersion': { ...pod, apiVersion: undefined },
    'has no kind': { ...pod, kind: '' },
    'has no metadata': { apiVersion: 'v1', kind: 'Pod' },
    'has no name': child('Pod', ''),
    'has no namespace': { ...pod, metadata: { name: 'cache-0' } },
  }
  for (const [what, object] of Object.entries(nameless))
    it(`refuses a child that ${what}`, () => {
      assert.deepEqual(violations([volume, object]), [
        'children[1] is not an object with apiVersion, kind, metadata.name and metadata.namespace',
      ])
    })

  const unfit: readonly (readonly [title: string, child: KubernetesObject, violation: RegExp])[] = [
    ['of a kind that is not declared', child('Deployment', 'd'), /Deployment\.v1 shop\/d .* not declared$/],
    ['in another namespace', child('Pod', 'p', {}, { namespace: 'other' }), /not in the parent's namespace$/],
    ['with a generateName', child('Pod', 'p', {}, { generateName: 'p-' }), /has a generateName/],
    [
      'with the label of another parent',
      child('Pod', 'p', {}, { labels: { 'controller-uid': 'other' } }),
      /controller-uid of another parent/,
    ],
  ]
  for (const [title, object, violation] of unfit)
    it(`refuses a child ${title}`, () => {
      const [first = '', ...others] = violations([object])
      assert.match(first, violation)
      assert.deepEqual(others, [])
    })

  it('refuses the same child twice', () => {
    assert.deepEqual(violations([pod, volume, pod]), ['Pod.v1 shop/cache-0 is returned more than once'])
  })

  it('refuses an answer without a resync, for an error would then be retried after up to 1000 s', () => {
    for (const resyncAfterSeconds of [undefined, 0, -1, NaN, Infinity, '10'])
      assert.deepEqual(violations([], {}, { resyncAfterSeconds }), [
        'resyncAfterSeconds is not a finite number above 0',
      ])
  })

  it('refuses a status that is no object, or holds what JSON or the API server loses', () => {
    assert.deepEqual(violations([], {}, { status: undefined }), [
      'status is not an object: the recorded one would be wiped',
    ])
    assert.deepEqual(violations([], {}, { status: { instances: [{ ip: null }], epoch: undefined } }), [
      'status.instances[0].ip is null',
      'status.epoch is undefined',
    ])
    assert.deepEqual(violations([], {}, { status: { conditions: [], instances: {} } }), [])
  })
})

describe('violationsOf, deletions', () => {
  it('refuses to leave out an observed child silently', () => {
    assert.deepEqual(violations([pod], { observed: [pod, volume] }), [
      'PersistentVolumeClaim.v1 shop/cache-data-0 is observed but not returned, and no deletion names it',
    ])
  })

  it('lets a child be left out for a reason', () => {
    const deletions = [{ kind: 'Pod', name: 'cache-0', reason }]
    assert.deepEqual(violations([volume], { observed: [pod, volume], deletions }), [])
  })

  it('lets a terminating child be left out', () => {
    assert.deepEqual(violations([], { observed: [child('Pod', 'cache-0', {}, terminating)] }), [])
  })

  it('refuses a deletion without a reason', () => {
    const deletions = [{ kind: 'Pod', name: 'cache-0', reason: ' ' }]
    assert.deepEqual(violations([], { observed: [pod], deletions }), [
      'the deletion of Pod cache-0 has no reason',
    ])
  })

  it('refuses a deletion of what is not observed', () => {
    const deletions = [{ kind: 'Pod', name: 'cache-7', reason }]
    assert.deepEqual(violations([], { deletions }), ['the deletion of Pod cache-7 names no observed child'])
  })

  it('refuses a deletion of what is returned', () => {
    const deletions = [{ kind: 'Pod', name: 'cache-0', reason }]
    assert.deepEqual(violations([pod], { observed: [pod], deletions }), [
      'the deletion of Pod cache-0 names a child that is returned',
    ])
  })

  const observed = ['cache-0', 'cache-1'].map((name) => child('Pod', name))
  const deletions = observed.map(({ kind, metadata: { name } }) => ({ kind, name, reason }))

  it('refuses to delete two Pods at once while the parent lives', () => {
    assert.deepEqual(violations([], { observed, deletions }), [
      '2 Pods would be deleted at once: at most one while the parent lives',
    ])
  })

  it('lets all Pods go with their parent', () => {
    assert.deepEqual(violations([], { observed, deletions, parent: terminating }), [])
  })

  it('does not count a Pod that is already terminating', () => {
    const going = [child('Pod', 'cache-0', {}, terminating), child('Pod', 'cache-1')]
    assert.deepEqual(violations([], { observed: going, deletions }), [])
  })
})

describe('violationsOf, leftovers', () => {
  const empties = {
    spec: {
      nothing: null,
      lost: undefined,
      size: NaN,
      selector: {},
      tolerations: [],
      containers: [{ name: 'redis', env: [{ name: 'A', value: '' }] }],
    },
  }

  it('refuses values that never converge, and names their place', () => {
    assert.deepEqual(violations([child('Pod', 'p', empties, { labels: {} })]), [
      'Pod.v1 shop/p: metadata.labels is empty',
      'Pod.v1 shop/p: spec.nothing is null',
      'Pod.v1 shop/p: spec.lost is undefined',
      'Pod.v1 shop/p: spec.size is not a finite number',
      'Pod.v1 shop/p: spec.selector is empty',
      'Pod.v1 shop/p: spec.tolerations is empty',
      'Pod.v1 shop/p: spec.containers[0].env[0].value is an empty env value',
    ])
  })

  it('lets an empty value pass that the API server has stored at the same place', () => {
    const spec = { affinity: {}, hostAliases: [], volumes: [{ name: 'v', projected: { sources: [{}] } }] }
    const stored = child('Pod', 'p', { spec })
    assert.deepEqual(violations([stored], { observed: [stored] }), [])
    assert.equal(violations([stored]).length, 3)
  })

  it('refuses undefined and NaN in a pinned Pod too', () => {
    const stored = child('Pod', 'p', { spec: { size: NaN, lost: undefined } })
    assert.equal(violations([stored], { observed: [stored] }).length, 2)
  })

  it('lets an empty value pass that the API server keeps', () => {
    const spec = {
      securityContext: {},
      containers: [{ name: 'redis', resources: {}, securityContext: {} }],
      volumes: [{ name: 'tmp', emptyDir: {} }],
      topologySpreadConstraints: [{ labelSelector: {} }],
    }
    assert.deepEqual(violations([child('Pod', 'p', { spec })]), [])
  })

  it('lets an empty value pass in data, labels and arguments', () => {
    const object = child(
      'ConfigMap',
      'c',
      { data: { 'redis.conf': '' }, args: [''] },
      { labels: { flag: '' } },
    )
    assert.deepEqual(violations([object]), [])
  })

  it('does not look at the status of a child, which Metacontroller never writes', () => {
    assert.deepEqual(violations([child('Pod', 'p', { status: { conditions: [] } })]), [])
  })
})
