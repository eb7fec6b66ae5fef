// The lists of volumes mean what they say, and a volume that cannot be used on is replaced while others hold the data.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PersistentVolumeClaim, Pod, StorageClass } from '../../../hooks/kubernetes.ts'
import type { SyncPlan } from '../../../hooks/rediscluster/plan.ts'
import * as build from '../../support/builders.ts'
import { plan } from '../../support/look.ts'

type Change = (claim: PersistentVolumeClaim) => PersistentVolumeClaim

const fileSystemPending = (
  seconds: number,
): { readonly type: string; readonly status: string; readonly lastTransitionTime: string } => ({
  type: 'FileSystemResizePending',
  status: 'True',
  lastTransitionTime: build.secondsAgo(seconds),
})

const grows: Change = (claim) => ({ ...claim, status: { phase: 'Bound', capacity: { storage: '500Mi' } } })
const lost: Change = (claim) => ({ ...claim, status: { phase: 'Lost' } })
const terminating: Change = (claim) => ({
  ...claim,
  metadata: { ...claim.metadata, deletionTimestamp: build.secondsAgo(5) },
})
const pending: Change = (claim) => ({
  ...claim,
  status: { phase: 'Bound', conditions: [fileSystemPending(600)] },
})

const expands: StorageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'expands' },
  allowVolumeExpansion: true,
}

/** With the volume of one ordinal changed, or of several, and Pods of `ordinals` only. */
function seen(
  changed: number | readonly number[],
  change: Change,
  ordinals: readonly number[] = [0, 1, 2],
  instances = 3,
  shown: Readonly<Record<string, string>> = {},
): SyncPlan {
  const spec = { instances }
  const whole = build.request({ spec, status: build.reigning() })
  const children = Object.values(whole.children)
    .flatMap((each) => Object.values(each))
    .filter(({ kind }) => kind !== 'Pod')
    .map((child) =>
      some(...[changed].flat()).includes(child.metadata.name)
        ? change(child as PersistentVolumeClaim)
        : child,
    )
  const pods = ordinals.map((each) => annotated(build.pod(each), shown))
  const reports = ordinals.map((each) => (each === 0 ? build.primary(0) : build.replica(each)))
  const request = build.request({ spec, status: build.reigning(), pods, children, related: [expands] })
  return plan(request, build.reports(...reports))
}

const annotated = (pod: Pod, shown: Readonly<Record<string, string>>): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...shown } },
})

const lists = ({ status }: SyncPlan): object => ({
  healthy: status.healthyPVC,
  resizing: status.resizingPVC,
  unusable: status.unusablePVC,
  dangling: status.danglingPVC,
})
const some = (...ordinals: readonly number[]): string[] => ordinals.map((ordinal) => `cache-data-${ordinal}`)
const none = { healthy: undefined, resizing: undefined, unusable: undefined, dangling: undefined }
const same: Change = (claim) => claim
const deleted = ({ deletions }: SyncPlan): readonly string[] => deletions.map(({ name }) => name)

describe('the lists of volumes', () => {
  it('name every volume once, by what is the matter with it', () => {
    assert.deepEqual(lists(seen(2, same)), { ...none, healthy: some(0, 1, 2) })
    assert.deepEqual(lists(seen(2, grows)), { ...none, healthy: some(0, 1), resizing: some(2) })
    assert.deepEqual(lists(seen(2, lost)), { ...none, healthy: some(0, 1), unusable: some(2) })
    assert.deepEqual(lists(seen(2, terminating)), { ...none, healthy: some(0, 1), unusable: some(2) })
  })

  it('call a volume dangling only when no instance is to come back to it', () => {
    assert.deepEqual(lists(seen(2, same, [0, 1])), { ...none, healthy: some(0, 1, 2) })
    const asleep = { 'redis.io/hibernation': 'on' }
    const hibernation = { primary: 'cache-0', epoch: 1, instances: 3 }
    const status = build.reigning({ hibernation })
    const children = build.observedChildren(build.request({ spec: { instances: 12 } }))
    const sleeping = (instances: number): SyncPlan =>
      plan(build.request({ spec: { instances }, status, pods: [], children, annotations: asleep }))
    const ordinals = Array.from({ length: 12 }, (_, ordinal) => ordinal)
    const only = { ...none, healthy: some(0, 1, 2), dangling: some(...ordinals.slice(3)) }
    assert.deepEqual(lists(sleeping(1)), only)
    assert.deepEqual(lists(sleeping(12)), { ...none, healthy: some(...ordinals) })
  })
})

describe('the growth of volumes', () => {
  const growing = ({ status }: SyncPlan): string => {
    const condition = status.conditions?.find(({ type }) => type === 'PVCResizeInProgress')
    return condition === undefined ? '' : `${condition.status} ${condition.reason}: ${condition.message}`
  }

  it('is told until it has ended, and of a cluster that never grew not at all', () => {
    assert.equal(growing(seen(2, same)), '')
    const grown = seen(2, grows)
    assert.equal(growing(grown), 'True PVCResizePending: cache-data-2 grows from 500Mi to 1Gi')
    const status = { ...build.reigning(), ...grown.status }
    const reports = build.reports(build.primary(0), build.replica(1), build.replica(2))
    assert.match(growing(plan(build.request({ status }), reports)), /^False PVCResizeComplete/)
  })

  it('restarts nothing while kubelet may still grow the file system of the running Pod', () => {
    const since = (seconds: number): Change => {
      const conditions = [fileSystemPending(seconds)]
      return (claim) => ({ ...claim, status: { ...grows(claim).status, conditions } })
    }
    assert.deepEqual(deleted(seen(2, since(179))), [])
    assert.match(growing(seen(2, since(179))), /to 1Gi$/)
    assert.deepEqual(deleted(seen(2, since(180))), ['cache-2'])
  })

  it('restarts a Pod once for it, and leaves one alone that mounted the volume anew in vain', () => {
    const before = seen(2, pending, [0, 1])
    const made = before.children.find(({ metadata }) => metadata.name === 'cache-2') as Pod
    assert.equal(made.metadata.annotations?.['redis.io/mounted-for-growth'], build.secondsAgo(600))
    const after = seen(2, pending, [0, 1, 2], 3, made.metadata.annotations)
    assert.deepEqual(deleted(after), [])
    const kept = after.children.find(({ metadata }) => metadata.name === 'cache-2')
    assert.deepEqual(kept?.metadata.annotations, made.metadata.annotations)
  })

  it('is not asked for before the claim is bound, for the API would refuse it again and again', () => {
    const told = (phase: string): object => {
      const { children, status } = seen(2, (claim) => ({
        ...claim,
        spec: { storageClassName: 'expands', resources: { requests: { storage: '500Mi' } } },
        status: { phase },
      }))
      const claim = children.find(({ metadata }) => metadata.name === 'cache-data-2') as PersistentVolumeClaim
      const message = status.conditions?.find(({ type }) => type === 'SpecApplied')?.message ?? ''
      const { storage } = claim.spec?.resources?.requests ?? {}
      return { storage, isTold: message.includes('cache-data-2 stays at 500Mi until it is bound') }
    }
    assert.deepEqual(told('Bound'), { storage: '1Gi', isTold: false })
    assert.deepEqual(told('Pending'), { storage: '500Mi', isTold: true })
    assert.deepEqual(told('Lost'), { storage: '500Mi', isTold: false })
  })

  it('moves no primary for its own while a replica may have to restart for another', () => {
    const unmounted: Change = (claim) => ({
      ...claim,
      status: { ...pending(claim).status, capacity: { storage: '500Mi' } },
    })
    const both: Change = (claim) => (claim.metadata.name === 'cache-data-0' ? unmounted(claim) : grows(claim))
    const early = seen([0, 1], both)
    assert.deepEqual([early.status.targetPrimary, deleted(early)], ['cache-0', []])
    assert.equal(early.status.phase, 'Updating')
    assert.equal(seen(0, unmounted).status.planned, 'Rollout')
  })

  it('names the Pod that must restart for it', () => {
    const unmounted: Change = (claim) => ({
      ...claim,
      status: { ...grows(claim).status, ...pending(claim).status, capacity: { storage: '500Mi' } },
    })
    assert.match(growing(seen(2, unmounted)), /1Gi when cache-2 has restarted$/)
  })
})

describe('a volume that cannot be used on', () => {
  it('lets go of its replica, so that it can be replaced', () => {
    assert.deepEqual(deleted(seen(2, pending)), ['cache-2'])
    for (const change of [lost, terminating]) {
      const { commands, deletions } = seen(2, change)
      assert.deepEqual(
        [commands.map(({ kind, to }) => `${kind} ${to.name}`), deletions],
        [['Retire cache-2'], []],
      )
    }
  })

  it('is handed over from first when it is the primary’s', () => {
    const { status, deletions } = seen(0, terminating)
    assert.deepEqual(deletions, [])
    assert.deepEqual([status.targetPrimary, status.planned], ['cache-1', 'Rollout'])
  })

  it('is never given up while it holds the only copy, and the ways out are named', () => {
    for (const change of [lost, terminating]) {
      const alone = seen(0, change, [0], 1)
      assert.deepEqual(deleted(alone), [])
      const applied = alone.status.conditions?.find(({ type }) => type === 'SpecApplied')
      assert.match(
        applied?.message ?? '',
        /holds the only copy.*spec\.instances: 2.*kubectl delete pod -n shop cache-0/,
      )
    }
    assert.deepEqual(deleted(seen(0, pending, [0], 1)), ['cache-0'])
  })

  it('is deleted when it is lost and its Pod is gone, and no Pod comes before the new one', () => {
    const gone = seen(2, lost, [0, 1])
    assert.deepEqual(deleted(gone), ['cache-data-2'])
    const pods = gone.children.filter(({ kind }) => kind === 'Pod').map(({ metadata }) => metadata.name)
    assert.deepEqual(pods, ['cache-0', 'cache-1'])
    const waiting = seen(2, terminating, [0, 1])
    assert.deepEqual(deleted(waiting), [])
    assert.ok(!waiting.children.some(({ kind, metadata }) => kind === 'Pod' && metadata.name === 'cache-2'))
  })
})
