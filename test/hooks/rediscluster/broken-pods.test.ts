// A Pod that does not run is replaced first, so that a spec can be set back; but never while it may hold what nobody else does.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as build from '../../support/builders.ts'
import { condition, crashing, healthy, old, replaced, rolled } from '../../support/rollouts.ts'

describe('a rollout', () => {
  it('takes away a Pod that cannot start and is not asked for any more, even while nobody serves', () => {
    const pods = [crashing(old(0)), build.pod(1), build.pod(2)]
    const reports = healthy.slice(1)
    assert.deepEqual(replaced({ pods, reports }), ['cache-0'])
    assert.deepEqual(replaced({ pods: [crashing(build.pod(0)), build.pod(1), build.pod(2)], reports }), [])
    assert.deepEqual(replaced({ pods: [old(0, { ready: false }), build.pod(1), build.pod(2)], reports }), [])
    const leaving = build.pod(1, { terminating: true })
    assert.deepEqual(replaced({ pods: [crashing(old(0)), leaving, build.pod(2)], reports }), ['cache-0'])
  })

  it('takes away a Pod that never came to run, whatever it waits for', () => {
    const creating = { name: 'redis', state: { waiting: { reason: 'ContainerCreating' } } }
    const alone = { spec: { instances: 1 }, reports: [] } as const
    const unplaced = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }
    for (const status of [{ containerStatuses: [creating] }, { conditions: [unplaced] }]) {
      const pod = { ...old(0), status: { phase: 'Pending', ...status } }
      assert.deepEqual(replaced({ ...alone, pods: [pod] }), ['cache-0'])
      const asAsked = { ...build.pod(0), status: pod.status }
      assert.deepEqual(replaced({ ...alone, pods: [asAsked] }), [])
    }
  })

  it('leaves a Pod that has run and has no volume: its data may be the last', () => {
    const spec = {
      instances: 1,
      storage: { type: 'emptyDir', size: '1Gi', reclaimPolicy: 'Retain' },
    } as const
    const never = crashing(old(0))
    const [container] = never.status?.containerStatuses ?? []
    assert.deepEqual(replaced({ spec, pods: [never], reports: [] }), ['cache-0'])
    const lives = [{ restartCount: 1 }, { lastState: { terminated: {} } }]
    for (const life of lives) {
      const containerStatuses = [{ name: 'redis', ...container, ...life }]
      const pod = { ...never, status: { ...never.status, containerStatuses } }
      assert.deepEqual(replaced({ spec, pods: [pod], reports: [] }), [], JSON.stringify(life))
    }
  })

  it('gives up what a broken Pod holds only while as many others hold it as a disruption leaves', () => {
    const spec = {
      minSyncReplicas: 1,
      storage: { type: 'emptyDir', size: '1Gi', reclaimPolicy: 'Retain' },
    } as const
    const gone = crashing(old(2, { ready: false }), 'CrashLoopBackOff')
    const containerStatuses = [
      { name: 'redis', restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } },
    ]
    const pods = [build.pod(0), build.pod(1), { ...gone, status: { ...gone.status, containerStatuses } }]
    const members = ['u0', 'u1']
    const used = build.term({ members, minSyncReplicas: 1 })
    const status = build.reigning({ terms: [used] })
    const primary = build.primary(0, 1, { term: used })
    const syncing = build.replica(1, { masterLinkStatus: 'down', syncInProgress: true })
    const waits = { spec, pods, status, reports: [primary, syncing] }
    assert.deepEqual(replaced(waits), [])
    assert.match(condition(rolled(waits), 'SpecApplied'), /cache-2 stays until 1 other replicas are in sync/)
    assert.deepEqual(replaced({ ...waits, reports: [primary, build.replica(1)] }), ['cache-2'])
  })

  it('leaves a Pod that a person keeps stopped', () => {
    const annotations = { 'redis.io/fencedInstances': '["cache-2"]' }
    const stopped = build.replica(2, { redis: { state: 'stopped', loading: false, silentSeconds: 0 } })
    const pods = [old(0), old(1), old(2, { ready: false })]
    const kept = { pods, annotations, reports: [...healthy.slice(0, 2), stopped] }
    assert.deepEqual(replaced(kept), [])
    assert.match(
      condition(rolled(kept), 'SpecApplied'),
      /cache-2 is kept stopped \(redis.io\/fencedInstances\)/,
    )
    assert.deepEqual(replaced({ ...kept, annotations: {} }), ['cache-2'])
  })
})
