// The hash of a Pod's template is written on Pods of every earlier version: another one would call all of them outdated.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { templateHash } from '../../../hooks/rediscluster/children/pod.ts'
import type { RedisClusterSpec } from '../../../hooks/rediscluster/spec.ts'

const base = { instances: 3, mode: 'standalone', storage: { size: '1Gi' } } as unknown as RedisClusterSpec

/** Never change these: a Pod that runs carries them. */
const golden: readonly (readonly [hash: string, spec: Partial<RedisClusterSpec>])[] = [
  ['08f44b07b5901a25', {}],
  ['9d49171d85864fee', { imageName: 'registry.example/redis-operator:1' }],
  [
    '906e6b6520232e2e',
    { resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '1Gi' } } },
  ],
  ['b84eee2475847eb3', { authSecret: { name: 'mine' } }],
]

it('the hash of a template stays what it was in every earlier version', () => {
  for (const [hash, spec] of golden) assert.equal(templateHash({ spec: { ...base, ...spec } }), hash)
})

it('nothing that needs no restart is in it', () => {
  const others = { instances: 5, minSyncReplicas: 2, redis: { maxmemory: '1gb' }, storage: { size: '2Gi' } }
  assert.equal(
    templateHash({ spec: { ...base, ...(others as unknown as Partial<RedisClusterSpec>) } }),
    templateHash({ spec: base }),
  )
})
