// What a user adds to the Pods stays beside what the operator put there, and reaches Pods that run only where it can.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Pod } from '../../../hooks/kubernetes.ts'
import type { RedisClusterSpec } from '../../../hooks/rediscluster/spec.ts'
import * as build from '../../support/builders.ts'
import { plan } from '../../support/look.ts'

type Spec = Partial<RedisClusterSpec>

const podIn = (children: readonly { kind: string; metadata: { name: string } }[]): Pod => {
  const pod = children.find(({ kind, metadata }) => kind === 'Pod' && metadata.name === 'cache-0')
  assert.ok(pod)
  return pod as unknown as Pod
}

/** The Pod of a new cluster whose other children exist. */
const born = (spec: Spec): Pod => podIn(plan(build.request({ spec, pods: [] })).children)

/** What becomes of this Pod, its spec being what it was created with. */
const alive = (spec: Spec, pod: Pod): Pod =>
  podIn(plan(build.request({ spec: { instances: 1, ...spec }, pods: [pod] })).children)

const field = (pod: Pod, name: string): unknown => (pod.spec as Record<string, unknown>)[name]
const zone = 'topology.kubernetes.io/zone'
const required = [{ labelSelector: { matchLabels: { app: 'web' } }, topologyKey: zone }]
const own = { matchLabels: { 'redis.io/cluster': 'cache', 'redis.io/workload': 'data' } }

it('the default anti-affinity stays beside an affinity that says nothing about it', () => {
  const { podAntiAffinity } = field(born({}), 'affinity') as Record<string, unknown>
  const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: required }
  assert.ok(podAntiAffinity)
  assert.deepEqual(field(born({ affinity: { podAffinity } }), 'affinity'), { podAntiAffinity, podAffinity })
})

it("a user's podAntiAffinity replaces the default one", () => {
  const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: required }
  assert.deepEqual(field(born({ affinity: { podAntiAffinity } }), 'affinity'), { podAntiAffinity })
})

it("a spread constraint without a labelSelector counts the cluster's own Pods", () => {
  const constraint = { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule' }
  const [spread] = field(born({ topologySpreadConstraints: [constraint] }), 'topologySpreadConstraints') as [
    object,
  ]
  assert.deepEqual(spread, { labelSelector: own, ...constraint })
})

it('what says nothing makes the Pod that a spec without it makes', () => {
  const nothing: Spec = {
    ...{ nodeSelector: {}, affinity: {}, tolerations: [], topologySpreadConstraints: [], env: [] },
    ...{ imagePullSecrets: [], volumes: [], volumeMounts: [], podLabels: {}, podAnnotations: {} },
  }
  assert.deepEqual(born(nothing), born({}))
})

it('a variable with an empty value has no value: the API server would drop it', () => {
  const { env } = born({ env: [{ name: 'EMPTY', value: '' }] }).spec?.containers[0] as unknown as {
    env: readonly object[]
  }
  assert.deepEqual(env.at(-1), { name: 'EMPTY' })
})

it('labels and annotations reach a Pod that runs, and leave it again; its spec stays', () => {
  const before = born({ podLabels: { team: 'a', tier: 'x' }, podAnnotations: { note: '1' } })
  const { labels = {}, annotations = {} } = before.metadata
  const observed: Pod = { ...build.pod(0), metadata: { ...build.pod(0).metadata, labels, annotations } }
  const after = alive({ podLabels: { team: 'b' }, nodeSelector: { disk: 'ssd' } }, observed)
  assert.equal(after.metadata.labels?.['team'], 'b')
  assert.equal(after.metadata.labels['tier'], undefined)
  assert.equal(after.metadata.annotations?.['note'], undefined)
  assert.equal(after.metadata.annotations?.['redis.io/spec-hash'], annotations['redis.io/spec-hash'])
  assert.deepEqual(after.spec, observed.spec)
})

it('no label or annotation of a user stands in for one of the operator, even past the schema', () => {
  const podLabels = { 'redis.io/role': 'primary', 'redis.io/cluster': 'other' }
  const podAnnotations = { 'redis.io/spec-hash': 'x', 'redis.io/config-hash': 'x' }
  assert.deepEqual(born({ podLabels, podAnnotations }).metadata, born({}).metadata)
})

it('no Pod is created before its ServiceAccount carries the annotations', () => {
  const spec: Spec = { serviceAccountAnnotations: { 'example.com/role': 'redis' } }
  const plain = build.observedChildren(build.request({ pods: [] })).filter(({ kind }) => kind !== 'Pod')
  const early = plan(build.request({ spec, pods: [], children: plain })).children
  assert.deepEqual(
    early.filter(({ kind }) => kind === 'Pod'),
    [],
  )
  const others = early.filter(({ kind }) => kind !== 'Pod')
  assert.ok(podIn(plan(build.request({ spec, pods: [], children: others })).children))
})
