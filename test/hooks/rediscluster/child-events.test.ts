// The Events of what belongs to a RedisCluster: its Pods, Secrets and volumes. JSON in, JSON out.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubernetesObject, PersistentVolumeClaim } from '../../../hooks/kubernetes.ts'
import type { SyncPlan } from '../../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import type { RedisClusterSpec } from '../../../hooks/rediscluster/spec.ts'
import * as build from '../../support/builders.ts'
import { healthy, planOf, reasonsIn, settled, told } from '../../support/told-events.ts'

const { primary, replica, secondsAgo, uidOf } = build

describe('scaling', () => {
  it('up is told by what the Role does not name yet, so that a Pod which is replaced is none', () => {
    const whole = build.request({ status: settled() })
    const children = Object.values(whole.children).flatMap((each) => Object.values(each))
    const others = children.filter(({ kind }) => kind !== 'Pod')
    const status = settled()
    const more = planOf({ spec: { instances: 5 }, status, children: others }, ...healthy)
    assert.deepEqual(told(more, 'ScaleUp', 'ScaleDown'), [
      {
        type: 'Normal',
        reason: 'ScaleUp',
        once: 'generation 1',
        message: 'to 5 instances: cache-3, cache-4 to come',
      },
    ])
    const replaced = planOf({ status, pods: [build.pod(0), build.pod(1)], children: others }, ...healthy)
    assert.deepEqual(told(replaced, 'ScaleUp', 'ScaleDown'), [])
  })

  it('down is told with the generation that asks for it, and is no update', () => {
    const asked = (observedGeneration: number): SyncPlan =>
      planOf({ spec: { instances: 1 }, status: settled({ observedGeneration }) }, ...healthy)
    assert.deepEqual(told(asked(0), 'ScaleUp', 'ScaleDown', 'RollingUpdateStarted'), [
      {
        type: 'Normal',
        reason: 'ScaleDown',
        once: uidOf(1),
        message: 'to 1 instances: cache-1, cache-2 to leave',
      },
    ])
    assert.deepEqual(told(asked(1), 'ScaleDown'), [])
  })
})

describe('a Pod', () => {
  it('is told when it is seen, once for each UID', () => {
    const pods = [build.pod(0), build.pod(1), build.pod(2, { uid: 'another' })]
    const seen = planOf({ status: settled(), pods }, ...healthy)
    assert.deepEqual(told(seen, 'PodCreated'), [
      { type: 'Normal', reason: 'PodCreated', once: 'another', message: 'Pod cache-2 was created' },
    ])
  })

  it('that is fenced by annotation is told when it obeys, and when it does no longer', () => {
    const held = replica(2, { fencedByUser: true })
    const set = planOf({ status: settled() }, primary(0), replica(1), held)
    assert.deepEqual(
      told(set, 'FencingSet', 'FencingCleared').map(({ type, reason }) => [type, reason]),
      [['Warning', 'FencingSet']],
    )
    const { status } = set
    assert.deepEqual(told(planOf({ status }, primary(0), replica(1)), 'FencingSet', 'FencingCleared'), [])
    const cleared = planOf({ status }, ...healthy)
    assert.deepEqual(told(cleared, 'FencingSet', 'FencingCleared').length, 1)
    assert.deepEqual(reasonsIn(cleared), ['FencingCleared'])
  })
})

describe('a Secret', () => {
  const secret = (name: string, resourceVersion: string, labels = {}): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: build.namespace, uid: `uid-${name}`, resourceVersion, labels },
    ...{ data: { password: btoa('hush') } },
  })
  const connection = (version: string): KubernetesObject =>
    secret('app', version, { 'redis.io/connection-secret': 'true' })
  const seen = (
    spec: Partial<RedisClusterSpec>,
    status: RedisClusterStatus,
    ...more: KubernetesObject[]
  ): SyncPlan => {
    const made = build.observedChildren(build.request({ pods: [] }))
    const names = more.map(({ metadata }) => metadata.name)
    const others = made.filter(({ kind, metadata }) => kind !== 'Pod' && !names.includes(metadata.name))
    return planOf({ spec, status, children: [...others, ...more] }, ...healthy)
  }

  it('that changes is told by its version, without what is in it', () => {
    const first = seen({}, settled(), secret('cache-auth', '7'))
    const second = seen({}, first.status, secret('cache-auth', '8'))
    assert.deepEqual([reasonsIn(first), reasonsIn(second)], [[], ['SecretRotated']])
    assert.deepEqual(second.events[0]?.once, 'cache-auth 8')
    assert.doesNotMatch(JSON.stringify(second.events), /hush|aHVzaA/)
  })

  it('that tells how to connect is told when it is there, and when it is taken away', () => {
    const spec = { connectionSecret: { name: 'app' } }
    const auth = secret('cache-auth', '7')
    const before = seen(spec, settled(), auth)
    const there = seen(spec, before.status, auth, connection('9'))
    const same = seen(spec, there.status, auth, connection('9'))
    const gone = seen({}, there.status, auth, connection('9'))
    assert.deepEqual([before, there, same, gone].map(reasonsIn), [
      [],
      ['ConnectionSecretPublished'],
      [],
      ['ConnectionSecretRemoved'],
    ])
  })

  it('whose name is taken is a warning, once', () => {
    const spec = { connectionSecret: { name: 'app' } }
    const waiting = seen(spec, settled(), secret('cache-auth', '7')).status
    const conditions = waiting.conditions?.map((each) => ({ ...each, lastTransitionTime: secondsAgo(600) }))
    const status = { ...waiting, ...(conditions === undefined ? {} : { conditions }) }
    const taken = seen(spec, status, secret('cache-auth', '7'))
    assert.deepEqual(reasonsIn(taken), ['ConnectionSecretConflict'])
    assert.deepEqual(seen(spec, taken.status, secret('cache-auth', '7')).events, [])
  })
})

describe('a volume', () => {
  const storageClass = (allowVolumeExpansion: boolean): KubernetesObject => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'fast' },
    ...{ allowVolumeExpansion },
  })
  const grown = (
    size: string,
    requested: string,
    capacity: string,
    status: RedisClusterStatus,
    allow = true,
  ): SyncPlan => {
    const made = build.observedChildren(build.request({ pods: [] })).filter(({ kind }) => kind !== 'Pod')
    const children = made.map((child): KubernetesObject => {
      if (child.kind !== 'PersistentVolumeClaim') return child
      const requests = { storage: child.metadata.name === 'cache-data-2' ? requested : '2Gi' }
      const spec = { storageClassName: 'fast', resources: { requests } }
      const claim: PersistentVolumeClaim = {
        ...child,
        spec,
        status: { phase: 'Bound', capacity: { storage: capacity } },
      }
      return claim
    })
    const storage = { type: 'pvc', size, reclaimPolicy: 'Retain' } as const
    return planOf({ spec: { storage }, status, children, related: [storageClass(allow)] }, ...healthy)
  }
  const ofVolumes = ({ events }: SyncPlan): readonly string[] =>
    events.filter(({ reason }) => reason.startsWith('PVC')).map(({ reason, once }) => `${reason} ${once}`)
  const uid = 'uid-PersistentVolumeClaim-cache-data-2'

  it('that grows is told when it is asked to, and when it has grown', () => {
    const asked = grown('2Gi', '1Gi', '2Gi', settled())
    const grows = grown('2Gi', '2Gi', '1Gi', asked.status)
    const done = grown('2Gi', '2Gi', '2Gi', { ...grows.status, resizingPVC: ['cache-data-2'] })
    assert.deepEqual([asked, grows, done].map(ofVolumes), [
      [`PVCResizeStarted ${uid} 2Gi`],
      [],
      [`PVCResizeCompleted ${uid} 2Gi`],
    ])
  })

  it('that cannot grow is a warning for each generation that asks for it', () => {
    const refused = (observedGeneration: number): SyncPlan =>
      grown('2Gi', '1Gi', '1Gi', settled({ observedGeneration }), false)
    assert.deepEqual([refused(0), refused(1)].map(ofVolumes), [[`PVCResizeFailed ${uid} 2Gi`], []])
  })
})
