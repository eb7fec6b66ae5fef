// The lists of volumes mean what they say, and a volume that cannot be used on is replaced while others hold the data.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PersistentVolumeClaim } from '../../../hooks/kubernetes.ts'
import type { SyncPlan } from '../../../hooks/rediscluster/plan.ts'
import * as build from '../../support/builders.ts'
import { plan } from '../../support/look.ts'

type Change = (claim: PersistentVolumeClaim) => PersistentVolumeClaim

const grows: Change = (claim) => ({ ...claim, status: { phase: 'Bound', capacity: { storage: '500Mi' } } })
const lost: Change = (claim) => ({ ...claim, status: { phase: 'Lost' } })
const terminating: Change = (claim) => ({
  ...claim,
  metadata: { ...claim.metadata, deletionTimestamp: build.secondsAgo(5) },
})
const pending: Change = (claim) => ({
  ...claim,
  status: { phase: 'Bound', conditions: [{ type: 'FileSystemResizePending', status: 'True' }] },
})

/** With the volume of one ordinal changed, and Pods of `ordinals` only. */
function seen(
  ordinal: number,
  change: Change,
  ordinals: readonly number[] = [0, 1, 2],
  instances = 3,
): SyncPlan {
  const spec = { instances }
  const whole = build.request({ spec, status: build.reigning() })
  const children = Object.values(whole.children)
    .flatMap((each) => Object.values(each))
    .filter(({ kind }) => kind !== 'Pod')
    .map((child) =>
      child.metadata.name === `cache-data-${ordinal}` ? change(child as PersistentVolumeClaim) : child,
    )
  const pods = ordinals.map((each) => build.pod(each))
  const reports = ordinals.map((each) => (each === 0 ? build.primary(0) : build.replica(each)))
  const request = build.request({ spec, status: build.reigning(), pods, children })
  return plan(request, build.reports(...reports))
}

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
    assert.deepEqual(lists(seen(2, same, [0, 1])), { ...none, healthy: some(0, 1), dangling: some(2) })
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
        /holds the only copy.*spec\.instances: 2.*kubectl delete pod cache-0/,
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
