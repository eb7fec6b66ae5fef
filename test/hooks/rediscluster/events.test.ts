// The Events of a RedisCluster: each transition is told once, and a state that goes on is not. JSON in, JSON out.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InstanceReports, SyncPlan } from '../../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import type { RedisClusterSpec } from '../../../hooks/rediscluster/spec.ts'
import * as build from '../../support/builders.ts'
import { plan } from '../../support/look.ts'
import { healthy, planOf, reasonsIn, settled, told } from '../../support/told-events.ts'

const { fenced, primary, replica, secondsAgo, succession, uidOf } = build

const stopped = primary(0, 1, {
  writable: false,
  redis: { state: 'stopped', loading: false, silentSeconds: 0 },
})
const lost = 'Lost: cache-0 reports that its redis-server is stopped'

const moves = ['FailoverStarted', 'FailoverCompleted', 'SwitchoverStarted', 'SwitchoverCompleted'] as const

describe('a cluster that is well', () => {
  it('has nothing to tell', () => {
    assert.deepEqual(planOf({ status: settled() }, ...healthy).events, [])
  })

  it('is told to be ready once, known by the time since which it was not', () => {
    const condition = settled().conditions?.find(({ type }) => type === 'Ready')
    assert.ok(condition)
    const unready = { ...condition, status: 'False', lastTransitionTime: secondsAgo(9) } as const
    const status = settled({ conditions: [unready] })
    const message = 'all 3 instances are ready'
    assert.deepEqual(told(planOf({ status }, ...healthy), 'ClusterReady'), [
      { type: 'Normal', reason: 'ClusterReady', once: secondsAgo(9), message },
    ])
  })

  it('was created before', () => {
    assert.deepEqual(reasonsIn(planOf({ pods: [], children: [] })), ['Creating'])
  })
})

describe('a failover', () => {
  it('is told when another is named, by the epoch that it leaves', () => {
    const message = `cache-1 is named to take over from cache-0 (epoch 2). ${lost}`
    assert.deepEqual(told(planOf({ status: settled() }, stopped, replica(1), replica(2)), ...moves), [
      { type: 'Warning', reason: 'FailoverStarted', once: '1', message },
    ])
  })

  it('is not told again while it goes on, nor when it names another', () => {
    const status = succession(1, { naming: { reason: lost } })
    const waits = planOf({ status }, fenced(0, 2, 1, { openedEpoch: 1 }), replica(1), replica(2))
    const ahead = fenced(2, 2, 1, { position: { offsetBytes: 101, exact: true } })
    const again = planOf({ status }, fenced(0, 2, 1, { openedEpoch: 1 }), fenced(1, 2, 1), ahead)
    assert.equal(again.status.targetPrimary, 'cache-2')
    assert.deepEqual([told(waits, ...moves), told(again, ...moves)], [[], []])
  })

  it('is told to be over by the epoch that it enters, and how long it took', () => {
    const status = succession(1, { naming: { reason: lost }, namedAt: secondsAgo(3.5) })
    const opened = [fenced(0, 2, 1, { openedEpoch: 1 }), primary(1, 2), fenced(2, 2, 1)]
    const message = `cache-1 has taken over from cache-0 (epoch 2), 3.5 s after it was named. ${lost}`
    assert.deepEqual(told(planOf({ status }, ...opened), ...moves), [
      { type: 'Normal', reason: 'FailoverCompleted', once: '2', message },
    ])
  })

  it('is the same one when it is decided anew from the status of before', () => {
    const twice = [0, 1].map(() => planOf({ status: settled() }, stopped, replica(1), replica(2)))
    const [first, second] = twice.map(({ events }) => events.map(({ reason, once }) => [reason, once]))
    assert.deepEqual(first, second)
  })

  it('is none when a cluster is born, or starts again after a hibernation', () => {
    const born = planOf({}, build.newborn(0), build.newborn(1), build.newborn(2))
    assert.ok(born.status.primaryEpoch)
    const hibernation = { primary: 'cache-0', epoch: 1, instances: 3 }
    const woken = planOf({ status: settled({ hibernation }) }, stopped, replica(1), replica(2))
    assert.deepEqual([told(born, ...moves), told(woken, ...moves)], [[], []])
  })
})

describe('a planned move', () => {
  const annotations = { 'redis.io/switchover': 'cache-2' }

  it('is no warning, and told as what it is', () => {
    const [begun] = told(planOf({ status: settled(), annotations }, ...healthy), ...moves)
    assert.deepEqual([begun?.type, begun?.reason, begun?.once], ['Normal', 'SwitchoverStarted', '1'])
    const naming = { reason: 'Switchover: cache-0 serves as primary; redis.io/switchover asks for cache-2' }
    const opened = [fenced(0, 2, 2, { openedEpoch: 1 }), fenced(1, 2, 2), primary(2, 2)]
    const [ended] = told(planOf({ status: succession(2, { naming }) }, ...opened), ...moves)
    assert.deepEqual([ended?.type, ended?.reason, ended?.once], ['Normal', 'SwitchoverCompleted', '2'])
  })

  it('that is given up is told when the old primary goes on', () => {
    const naming = { reason: 'Draining: the planned move away from cache-0 is given up: cache-1 is silent' }
    const [first] = planOf(
      { status: succession(0, { naming }) },
      primary(0, 2),
      fenced(1, 2, 0),
      fenced(2, 2, 0),
    ).events.filter(({ reason }) => reason.startsWith('Switchover'))
    assert.deepEqual([first?.type, first?.reason], ['Warning', 'SwitchoverGivenUp'])
  })
})

describe('an update', () => {
  const image = { imageName: 'another:2' }
  const outdated = (ordinal: number): ReturnType<typeof build.pod> => {
    const made = build.pod(ordinal)
    return { ...made, metadata: { ...made.metadata, annotations: { 'redis.io/spec-hash': 'earlier' } } }
  }
  const updating = (
    spec: Partial<RedisClusterSpec>,
    status: RedisClusterStatus,
    ...old: number[]
  ): SyncPlan => {
    const pods = [0, 1, 2].map((each) => (old.includes(each) ? outdated(each) : build.pod(each)))
    return planOf({ spec, status, pods }, ...healthy)
  }

  it('is told when the first Pod goes, and why that goes', () => {
    const first = updating(image, settled(), 0, 1, 2)
    assert.deepEqual(reasonsIn(first), ['RollingUpdateStarted', 'PodDeleted'])
    const [deleted] = told(first, 'PodDeleted')
    assert.equal(deleted?.once, uidOf(2))
    assert.match(deleted.message, /^Pod cache-2 is deleted: cache-2 was made from an earlier spec/)
    assert.deepEqual(reasonsIn(updating(image, first.status, 0, 1)), ['PodDeleted'])
  })

  it('is over when the Pod that replaced the last one is ready', () => {
    const { status } = updating(image, settled(), 0, 1, 2)
    const pods = [build.pod(0, { ready: false }), build.pod(1), build.pod(2)]
    const nearly = planOf({ spec: image, status, pods }, ...healthy)
    assert.deepEqual(told(nearly, 'RollingUpdateCompleted'), [])
    const done = told(updating(image, nearly.status), 'RollingUpdateCompleted')
    const applied = nearly.status.conditions?.find(({ type }) => type === 'SpecApplied')
    assert.deepEqual(
      done.map(({ once }) => once),
      [applied?.lastTransitionTime],
    )
  })

  it('that waits for a person is told with the command that lets it go on', () => {
    const supervised = updating({ ...image, primaryUpdateStrategy: 'supervised' }, settled(), 0)
    const [waits] = told(supervised, 'PrimaryUpdatePaused')
    assert.match(waits?.message ?? '', /kubectl annotate .*redis.io\/approve-primary-update=true/)
    const { status } = supervised
    assert.deepEqual(updating({ ...image, primaryUpdateStrategy: 'supervised' }, status, 0).events, [])
  })
})

describe('hibernation', () => {
  it('is told when it begins, and when it ends', () => {
    const annotations = { 'redis.io/hibernation': 'on' }
    const begins = planOf({ status: settled(), annotations }, ...healthy)
    const goesOn = planOf({ status: begins.status, annotations }, ...healthy)
    const ends = planOf({ status: begins.status }, ...healthy)
    const ofIt = (each: SyncPlan): readonly string[] =>
      told(each, 'Hibernating', 'Resuming').map(({ reason }) => reason)
    assert.deepEqual([begins, goesOn, ends].map(ofIt), [['Hibernating'], [], ['Resuming']])
  })
})

describe('what is told', () => {
  it('is never longer than the API server takes', () => {
    const refused = Array.from({ length: 200 }, (_, index) => `directive-${index} bad`)
    const long = replica(1, { config: { hash: 'h', needsRestart: refused, refused } })
    const silent: InstanceReports = {}
    const { events } = plan(build.request({ status: settled({ conditions: [] }) }), silent)
    const all = [...events, ...planOf({ status: settled() }, primary(0), long, replica(2)).events]
    for (const { message } of all) assert.ok(message.length <= 1024)
  })
})
