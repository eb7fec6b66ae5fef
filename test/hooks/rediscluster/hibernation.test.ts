// Hibernation: replicas stop first, the primary last; nothing is elected meanwhile, and the same data come back.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InstanceStatus } from '../../../instance/api.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import type { SyncPlan } from '../../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import * as build from '../../support/builders.ts'
import { look, plan } from '../../support/look.ts'

const asleep = { 'redis.io/hibernation': 'on' }
const healthy = [build.primary(0), build.replica(1), build.replica(2)]

function sleeping(
  pods: readonly Pod[],
  reports: readonly InstanceStatus[] = healthy,
  status: RedisClusterStatus = build.reigning(),
): SyncPlan {
  const whole = build.request({ status })
  const children = Object.values(whole.children)
    .flatMap((each) => Object.values(each))
    .filter(({ kind }) => kind !== 'Pod')
  return plan(build.request({ status, pods, children, annotations: asleep }), build.reports(...reports))
}

const deleted = ({ deletions }: SyncPlan): readonly string[] => deletions.map(({ name }) => name)
const podsIn = ({ children }: SyncPlan): readonly string[] =>
  children.filter(({ kind }) => kind === 'Pod').map(({ metadata }) => metadata.name)
const condition = ({ status }: SyncPlan): string => {
  const found = status.conditions?.find(({ type }) => type === 'Hibernated')
  return found === undefined ? 'none' : `${found.status} ${found.reason}: ${found.message}`
}

describe('hibernation', () => {
  it('stops the replicas first, the highest ordinal first, and then the primary', () => {
    assert.deepEqual(deleted(sleeping([build.pod(0), build.pod(1), build.pod(2)])), ['cache-2'])
    assert.deepEqual(deleted(sleeping([build.pod(0), build.pod(1), build.pod(2, { terminating: true })])), [
      'cache-1',
    ])
    assert.deepEqual(deleted(sleeping([build.pod(0)])), ['cache-0'])
  })

  it('keeps the primary until every replica has ended', () => {
    const seen = sleeping([build.pod(0), build.pod(1, { terminating: true })])
    assert.deepEqual([deleted(seen), podsIn(seen)], [[], ['cache-0', 'cache-1']])
    assert.match(condition(seen), /^False Stopping: stopping cache-0, cache-1/)
  })

  it('takes the primary for what it is, whatever its ordinal', () => {
    const status = build.reigning({ currentPrimary: 'cache-2', currentPrimaryUID: 'u2' })
    assert.deepEqual(deleted(sleeping([build.pod(0), build.pod(1), build.pod(2)], healthy, status)), [
      'cache-1',
    ])
  })

  it('makes no Pod, deletes no volume, elects nobody, and says how it ends', () => {
    const seen = sleeping([], [])
    assert.deepEqual([podsIn(seen), deleted(seen), seen.commands], [[], [], []])
    assert.equal(seen.children.filter(({ kind }) => kind === 'PersistentVolumeClaim').length, 3)
    assert.deepEqual([seen.status.phase, seen.status.currentPrimary], ['Hibernating', 'cache-0'])
    assert.deepEqual(seen.status.targetPrimary, 'cache-0')
    assert.match(condition(seen), /^True HibernationEnabled: .*redis\.io\/hibernation-$/)
  })

  it('sends nobody to the primary any more', () => {
    const [first] = sleeping([build.pod(0)]).children.filter(({ kind }) => kind === 'Pod')
    assert.equal(first, undefined)
    const waiting = sleeping([build.pod(0), build.pod(1, { terminating: true })])
    const primary = waiting.children.find(({ metadata }) => metadata.name === 'cache-0')
    assert.equal(primary?.metadata.labels?.['redis.io/role'], 'primary')
  })

  it('records who was primary, and the last offset of its data', () => {
    const last = build.primary(0, 1, { connectedReplicas: 0, replicationOffset: 900 })
    const { hibernation } = sleeping([build.pod(0)], [last]).status
    const last900 = { primary: 'cache-0', epoch: 1, instances: 1, offsetBytes: 900 }
    assert.deepEqual(hibernation, last900)
    assert.deepEqual(sleeping([], [], build.reigning({ hibernation: last900 })).status.hibernation, last900)
  })

  it('waits until no volume in use is about to be deleted: its data would go with its Pod', () => {
    const { children, ...rest } = build.request({ status: build.reigning(), annotations: asleep })
    const all = Object.values(children).flatMap((each) => Object.values(each))
    const doomed = all.map((child) =>
      child.metadata.name === 'cache-data-0'
        ? { ...child, metadata: { ...child.metadata, deletionTimestamp: build.secondsAgo(5) } }
        : child,
    )
    const waits = plan({ ...rest, children: build.objectMap(doomed) }, build.reports(...healthy))
    assert.deepEqual(deleted(waits), [])
    assert.match(condition(waits), /^False VolumeDoomed: cache-data-0 would go, with the data on it/)
    assert.equal(waits.status.targetPrimary, 'cache-1')
    const alone = { ...rest.parent, spec: { ...rest.parent.spec, instances: 1 } }
    const first = doomed.filter(({ metadata }) => !/-[12]$/.test(metadata.name))
    const only = plan(
      { ...rest, parent: alone, children: build.objectMap(first) },
      build.reports(healthy[0] ?? build.primary(0)),
    )
    assert.deepEqual(deleted(only), [])
  })

  it('stops whoever serves last, although its promotion is not recorded yet', () => {
    const named = build.succession(1)
    const reports = [build.fenced(0, 2, 1), build.primary(1, 2), build.fenced(2, 2, 1)]
    const seen = sleeping([build.pod(0), build.pod(1)], reports, named)
    assert.deepEqual(deleted(seen), ['cache-0'])
    assert.deepEqual([seen.status.hibernation?.primary, seen.status.hibernation?.epoch], ['cache-1', 2])
  })

  it('needs no valid spec', () => {
    const spec = { authSecret: { name: 'missing' } }
    const request = build.request({ spec, status: build.reigning(), annotations: asleep })
    const seen = plan(request, build.reports(...healthy))
    assert.deepEqual(deleted(seen), ['cache-2'])
    assert.ok(seen.children.some(({ kind }) => kind === 'PersistentVolumeClaim'))
  })

  it('is refused where the data would not survive', () => {
    const spec = { storage: { type: 'emptyDir', size: '1Gi', reclaimPolicy: 'Retain' } } as const
    const request = build.request({ spec, status: build.reigning(), annotations: asleep })
    const seen = plan(request, build.reports(...healthy))
    assert.deepEqual(deleted(seen), [])
    assert.match(condition(seen), /^False HibernationRefused/)
  })
})

describe('the end of hibernation', () => {
  const hibernation = { primary: 'cache-2', epoch: 1, instances: 3, offsetBytes: 900 }
  const status = build.reigning({
    currentPrimary: 'cache-2',
    currentPrimaryUID: 'old',
    targetPrimary: 'cache-2',
    targetPrimaryUID: 'old',
    hibernation,
  })

  it('starts all that ran before, although fewer are wanted by now', () => {
    const whole = build.request({ status })
    const children = Object.values(whole.children)
      .flatMap((each) => Object.values(each))
      .filter(({ kind }) => kind !== 'Pod')
    const seen = plan(build.request({ spec: { instances: 1 }, status, pods: [], children }))
    assert.deepEqual(podsIn(seen), ['cache-0', 'cache-1', 'cache-2'])
    assert.match(condition(seen), /^False HibernationDisabled/)
  })

  it('waits for its data before anybody else is promoted', () => {
    const named = { ...status, targetPrimary: 'cache-0', targetPrimaryUID: 'u0', primaryEpoch: 2 }
    const stopped = { seen: 2, seenTarget: 'u0', restarted: true, position: { offsetBytes: 5, exact: false } }
    const first = build.fenced(0, 2, 0, stopped)
    const request = build.request({
      spec: { instances: 1 },
      status: { ...named, contenders: [] },
      pods: [build.pod(0), build.pod(1), build.pod(2, { ready: false })],
    })
    const second = build.fenced(1, 2, 0, stopped)
    const { decision } = look(request, build.reports(first, second))
    assert.notEqual(decision.kind, 'Promote')
    const third = build.fenced(2, 2, 0, {
      ...stopped,
      volume: { locked: true, predecessors: ['old'] },
      position: { offsetBytes: 900, exact: false },
    })
    const later = look(request, build.reports(first, second, third))
    assert.equal(later.decision.kind === 'Name' && later.decision.successor.name, 'cache-2')
  })

  it('promotes nobody who holds less when the last one comes back without its data', () => {
    const named = { ...status, targetPrimary: 'cache-0', targetPrimaryUID: 'u0', primaryEpoch: 2 }
    const at = (ordinal: number, offsetBytes: number, dataEpoch = 1): InstanceStatus =>
      build.fenced(ordinal, 2, 0, {
        restarted: true,
        dataEpoch,
        empty: dataEpoch === 0,
        position: { offsetBytes, exact: true },
        ...(ordinal === 2 ? { volume: { locked: true, predecessors: ['old'] } } : {}),
      })
    const request = build.request({ status: { ...named, contenders: [] } })
    const woken = (...offsets: readonly InstanceStatus[]): ReturnType<typeof look> =>
      look(request, build.reports(...offsets))
    const { situation } = woken(at(0, 800), at(1, 700), at(2, 0, 0))
    assert.match(
      situation.kind === 'Stuck' ? situation.reason : situation.kind,
      /cache-2 stopped last, and comes back without its data \(reign 1, offset 900\)/,
    )
    assert.equal(woken(at(0, 900), at(1, 700), at(2, 0, 0)).decision.kind, 'Promote')
    assert.notEqual(woken(at(0, 800), at(1, 700), at(2, 850)).decision.kind, 'Stuck')
  })

  it('is over when a primary serves', () => {
    const seen = plan(build.request({ status: build.reigning({ hibernation }) }), build.reports(...healthy))
    assert.equal(seen.status.hibernation, undefined)
    assert.equal(condition(seen), 'False HibernationDisabled: the instances are started again')
  })
})
