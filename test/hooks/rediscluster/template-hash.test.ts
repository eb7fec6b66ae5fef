// The hash of a Pod's template is written on Pods of every earlier version: another one would call all of them outdated.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { templateHash } from '../../../hooks/rediscluster/children/pod.ts'
import type { RedisClusterSpec } from '../../../hooks/rediscluster/spec.ts'

const base = { instances: 3, mode: 'standalone', storage: { size: '1Gi' } } as unknown as RedisClusterSpec

const nodes = { nodeSelectorTerms: [{ matchExpressions: [{ key: 'gpu', operator: 'DoesNotExist' }] }] }
const spread = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }
const mount = { name: 'tmp', mountPath: '/tmp', readOnly: false }

/** Never change these: a Pod that runs carries them. */
const golden: readonly (readonly [hash: string, spec: Partial<RedisClusterSpec>])[] = [
  ['08f44b07b5901a25', {}],
  ['9d49171d85864fee', { imageName: 'registry.example/redis-operator:1' }],
  [
    '906e6b6520232e2e',
    { resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '1Gi' } } },
  ],
  ['b84eee2475847eb3', { authSecret: { name: 'mine' } }],
  [
    '48e6e8c85e0252d3',
    { nodeSelector: { disk: 'ssd' }, tolerations: [{ key: 'redis', operator: 'Exists' }] },
  ],
  [
    '01071be042b6c306',
    { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: nodes } } },
  ],
  ['d6a0c919d06833a0', { topologySpreadConstraints: [spread], priorityClassName: 'high' }],
  [
    'db1e890147f74433',
    { imagePullSecrets: [{ name: 'pull' }], env: [{ name: 'AWS_REGION', value: 'eu-1' }] },
  ],
  ['8115a6bddcd3b350', { volumes: [{ name: 'tmp', emptyDir: {} }], volumeMounts: [mount] }],
  ['25c0cd7cc18e694f', { aclConfigSecret: { name: 'mine' } }],
  ['c89ecb65b073d052', { serviceAccountAnnotations: { 'example.com/role': 'redis' } }],
]

it('the hash of a template stays what it was in every earlier version', () => {
  for (const [hash, spec] of golden) assert.equal(templateHash({ spec: { ...base, ...spec } }), hash)
})

it('nothing that needs no restart is in it', () => {
  const others = {
    ...{ instances: 5, minSyncReplicas: 2, redis: { maxmemory: '1gb' }, storage: { size: '2Gi' } },
    ...{ podLabels: { team: 'shop' }, podAnnotations: { note: 'x' }, connectionSecret: { name: 'app' } },
  }
  assert.equal(
    templateHash({ spec: { ...base, ...(others as unknown as Partial<RedisClusterSpec>) } }),
    templateHash({ spec: base }),
  )
})

it('what says nothing is not in it', () => {
  const nothing = {
    ...{ nodeSelector: {}, affinity: {}, tolerations: [], topologySpreadConstraints: [] },
    ...{ imagePullSecrets: [], env: [], volumes: [], volumeMounts: [], serviceAccountAnnotations: {} },
  }
  assert.equal(templateHash({ spec: { ...base, ...nothing } }), templateHash({ spec: base }))
  const secretName = 'mine'
  const flagged = (optional: boolean): RedisClusterSpec => ({
    ...base,
    volumes: [{ name: 'mine', secret: { secretName, optional } }],
  })
  const unflagged = { ...base, volumes: [{ name: 'mine', secret: { secretName } }] } as RedisClusterSpec
  assert.equal(templateHash({ spec: flagged(false) }), templateHash({ spec: unflagged }))
  assert.notEqual(templateHash({ spec: flagged(true) }), templateHash({ spec: unflagged }))
})
