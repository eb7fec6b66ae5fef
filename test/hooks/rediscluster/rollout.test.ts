// A rollout: replicas first, the highest ordinal first, one at a time, the primary last and after a handover.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InstanceStatus } from '../../../instance/api.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import type { SyncPlan } from '../../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import * as build from '../../support/builders.ts'
import { condition, crashing, healthy, old, replaced, rolled, type Seen } from '../../support/rollouts.ts'

describe('a rollout', () => {
  it('replaces nothing while every Pod is as the spec asks', () => {
    assert.deepEqual(replaced({ pods: [build.pod(0), build.pod(1), build.pod(2)] }), [])
  })

  it('begins with the highest ordinal of the replicas, and keeps all the others', () => {
    const pods = [old(0), old(1), old(2)]
    assert.deepEqual(replaced({ pods }), ['cache-2'])
    const { children } = rolled({ pods })
    const kept = children.filter(({ kind }) => kind === 'Pod').map(({ metadata }) => metadata.name)
    assert.deepEqual(kept, ['cache-0', 'cache-1'])
  })

  it('counts ordinals as numbers', () => {
    const ordinals = Array.from({ length: 12 }, (_, ordinal) => ordinal)
    const reports = [build.primary(0), ...ordinals.slice(1).map((ordinal) => build.replica(ordinal))]
    const pods = ordinals.map((ordinal) => old(ordinal))
    assert.deepEqual(replaced({ spec: { instances: 12 }, pods, reports }), ['cache-11'])
  })

  it('takes the primary for what it is, whatever its ordinal', () => {
    const status = build.reigning({
      currentPrimary: 'cache-2',
      currentPrimaryUID: 'u2',
      targetPrimary: 'cache-2',
      targetPrimaryUID: 'u2',
    })
    const follows = { seenTarget: 'u2', follows: { host: build.ipOf(2), port: 6379 } }
    const reports = [build.replica(0, follows), build.replica(1, follows), build.primary(2)]
    assert.deepEqual(replaced({ status, reports, pods: [old(0), old(1), old(2)] }), ['cache-1'])
  })

  it('is not held back by a switchover that cannot be carried out', () => {
    const annotations = { 'redis.io/switchover': 'cache-9' }
    assert.deepEqual(replaced({ pods: [old(0), old(1), old(2)], annotations }), ['cache-2'])
    const primaryOnly = rolled({ pods: [old(0), build.pod(1), build.pod(2)], annotations })
    assert.deepEqual([primaryOnly.status.targetPrimary, primaryOnly.status.planned], ['cache-1', 'Rollout'])
  })

  it('waits for a Pod that is leaving, missing, not ready, silent, not in sync, or far behind', () => {
    const far = build.primary(0, 1, { replicationOffset: 2 ** 30 })
    const cases: readonly (readonly [Seen, RegExp])[] = [
      [{ pods: [old(0), old(1), build.pod(2, { terminating: true })] }, /cache-2 is being replaced/],
      [{ pods: [old(0), old(1)] }, /cache-2 does not exist yet/],
      [{ pods: [old(0), old(1), build.pod(2, { ready: false })] }, /cache-2 is not ready yet/],
      [{ pods: [old(0), old(1), build.pod(2)], reports: healthy.slice(0, 2) }, /cache-2 does not answer/],
      [
        {
          pods: [old(0), old(1), build.pod(2)],
          reports: [...healthy.slice(0, 2), build.replica(2, { masterLinkStatus: 'down' })],
        },
        /cache-2 is not in sync/,
      ],
      [
        {
          pods: [old(0), old(1), build.pod(2)],
          reports: [...healthy.slice(0, 2), build.replica(2, { restarted: true })],
        },
        /cache-2 is not in sync/,
      ],
      [
        { pods: [old(0), old(1), build.pod(2)], reports: [far, build.replica(1), build.replica(2)] },
        /catching up/,
      ],
    ]
    for (const [seen, sentence] of cases) {
      assert.deepEqual(replaced(seen), [], String(sentence))
      assert.match(condition(rolled(seen), 'SpecApplied'), sentence)
      assert.equal(rolled(seen).status.phase, 'Updating')
    }
  })

  it('waits for a backup that the next one makes', () => {
    const backup = { backupName: 'nightly', step: 'Upload' } as const
    const on = (ordinal: number): readonly InstanceStatus[] =>
      healthy.map((status, each) => (each === ordinal ? { ...status, backup } : status))
    const all = { pods: [old(0), old(1), old(2)] }
    assert.deepEqual(replaced({ ...all, reports: on(2) }), [])
    assert.match(
      condition(rolled({ ...all, reports: on(2) }), 'SpecApplied'),
      /cache-2 makes the backup nightly/,
    )
    assert.deepEqual(replaced({ ...all, reports: on(1) }), ['cache-2'])
    const last = rolled({ pods: [old(0), build.pod(1), build.pod(2)], reports: on(0) })
    assert.equal(last.status.targetPrimary, 'cache-0')
  })

  it('stops at a Pod that cannot start, and says why and that nothing need be deleted', () => {
    const seen = {
      pods: [old(0), old(1), crashing(build.pod(2))],
      reports: healthy.slice(0, 2),
    }
    assert.deepEqual(replaced(seen), [])
    const said = condition(rolled(seen), 'SpecApplied')
    assert.match(said, /^RolloutBlocked: stopped: cache-2 does not start: ImagePullBackOff: no such image/)
    assert.match(said, /nothing need be deleted/)
  })

  it('takes away what cannot start as soon as the spec is another one', () => {
    const seen = { pods: [build.pod(0), build.pod(1), crashing(old(2))], reports: healthy.slice(0, 2) }
    assert.deepEqual(replaced(seen), ['cache-2'])
  })

  it('leaves alone what crashes while nobody serves and its data lie in its Pod', () => {
    const crashed = (restartCount: number): Pod => {
      const pod = crashing(old(2), 'CrashLoopBackOff')
      const containerStatuses = (pod.status?.containerStatuses ?? []).map((each) => ({
        ...each,
        restartCount,
      }))
      return { ...pod, status: { ...pod.status, containerStatuses } }
    }
    const nobody = { reports: [build.replica(1)] }
    const inPods = { spec: { storage: { type: 'emptyDir', size: '1Gi', reclaimPolicy: 'Retain' } } } as const
    const pods = (restarts: number): readonly Pod[] => [old(0), old(1), crashed(restarts)]
    assert.deepEqual(replaced({ ...nobody, pods: pods(3) }), ['cache-2'])
    assert.deepEqual(replaced({ ...nobody, ...inPods, pods: pods(3) }), [])
    assert.deepEqual(replaced({ ...nobody, ...inPods, pods: pods(0) }), ['cache-2'])
  })

  it('goes on after a rollback in the middle as with any other spec', () => {
    const pods = [build.pod(0), build.pod(1), old(2)]
    assert.deepEqual(replaced({ pods }), ['cache-2'])
  })

  it('replaces nothing while no primary serves, or another move goes on', () => {
    const pods = [old(0), old(1), old(2)]
    assert.deepEqual(replaced({ pods, reports: healthy.slice(1) }), [])
    const annotations = { 'redis.io/switchover': 'cache-1' }
    assert.deepEqual(replaced({ pods, annotations }), [])
    const leaving = [old(0, { terminating: true }), old(1), old(2)]
    assert.deepEqual(replaced({ pods: leaving }), [])
  })
})

describe('the primary in a rollout', () => {
  const pods = [old(0), build.pod(1), build.pod(2)]

  it('hands over to a replica that is as the spec asks, before it is replaced', () => {
    const { status, deletions } = rolled({ pods })
    assert.deepEqual(deletions, [])
    assert.deepEqual([status.targetPrimary, status.planned], ['cache-1', 'Rollout'])
  })

  it('is replaced at once when it is alone', () => {
    const alone = { spec: { instances: 1 }, reports: [build.primary(0)] }
    assert.deepEqual(replaced({ ...alone, pods: [old(0)] }), ['cache-0'])
  })

  it('waits for approval under supervision, and says how to give it', () => {
    const spec = { primaryUpdateStrategy: 'supervised' } as const
    const waiting = rolled({ spec, pods })
    assert.equal(waiting.status.targetPrimary, 'cache-0')
    assert.equal(waiting.status.phase, 'WaitingForUser')
    assert.match(
      condition(waiting, 'PrimaryUpdateWaiting'),
      /^AwaitingApproval: cache-0 was made from an earlier spec\. .*kubectl annotate rediscluster -n shop cache --overwrite redis\.io\/approve-primary-update=true$/,
    )
    assert.equal(condition(rolled({ pods }), 'PrimaryUpdateWaiting'), 'none')
  })

  it('moves with an approval, which is used up by that', () => {
    const spec = { primaryUpdateStrategy: 'supervised' } as const
    const annotations = { 'redis.io/approve-primary-update': 'true' }
    const moved = rolled({ spec, pods, annotations })
    assert.deepEqual([moved.status.targetPrimary, moved.status.approvalUsed], ['cache-1', undefined])
    const opened = build.primary(1, 2)
    const reports = [build.fenced(0, 2, 1), opened, build.replica(2)]
    const installed = rolled({ spec, pods, annotations, reports, status: moved.status })
    assert.deepEqual([installed.status.currentPrimary, installed.status.approvalUsed], ['cache-1', true])
    const status = build.reigning({ approvalUsed: true })
    const later = rolled({ spec, pods, annotations, status })
    assert.equal(later.status.targetPrimary, 'cache-0')
    assert.match(condition(later, 'PrimaryUpdateWaiting'), /take|used for an earlier update/)
    assert.equal(rolled({ spec, pods, status }).status.approvalUsed, undefined)
  })

  it('is not moved again soon after a move that came to nothing, and later each time', () => {
    const gaveUp = (secondsAgo: number): NonNullable<RedisClusterStatus['failovers']>[number] => ({
      from: 'cache-0',
      to: 'cache-0',
      epoch: 3,
      reason: 'Draining: not done after 20 s',
      proofs: [],
      installedAt: build.secondsAgo(secondsAgo),
    })
    const after = (...failovers: readonly ReturnType<typeof gaveUp>[]): SyncPlan =>
      rolled({ pods, status: build.reigning({ failovers: [...failovers] }) })
    assert.equal(after(gaveUp(20)).status.targetPrimary, 'cache-0')
    assert.match(condition(after(gaveUp(20)), 'SpecApplied'), /could not be moved .*tried again 30 s after/)
    assert.equal(after(gaveUp(31)).status.targetPrimary, 'cache-1')
    assert.equal(after(gaveUp(31), gaveUp(90)).status.targetPrimary, 'cache-0')
    assert.equal(after(gaveUp(61), gaveUp(90)).status.targetPrimary, 'cache-1')
    const moved = { ...gaveUp(5), to: 'cache-1' }
    assert.equal(after(moved).status.targetPrimary, 'cache-1')
    const failed = { ...gaveUp(90), reason: 'Lost: silent' }
    assert.equal(after(failed, gaveUp(100)).status.targetPrimary, 'cache-1')
  })

  it('keeps its approval while the spec cannot be carried out', () => {
    const spec = {
      instances: 1,
      primaryUpdateStrategy: 'supervised',
      authSecret: { name: 'missing' },
    } as const
    const annotations = { 'redis.io/approve-primary-update': 'true' }
    const held = rolled({ spec, annotations, pods: [old(0)], reports: [build.primary(0)] })
    assert.deepEqual([held.deletions, held.status.approvalUsed], [[], undefined])
  })

  it('says that an approval which nobody waits for will be used for the next update', () => {
    const spec = { primaryUpdateStrategy: 'supervised' } as const
    const annotations = { 'redis.io/approve-primary-update': 'true' }
    const calm = rolled({ spec, annotations, pods: [build.pod(0), build.pod(1), build.pod(2)] })
    assert.match(
      condition(calm, 'PrimaryUpdateWaiting'),
      /^ApprovedAhead: .*redis.io\/approve-primary-update-$/,
    )
  })

  it('alone and under supervision is replaced once approved', () => {
    const alone = {
      spec: { instances: 1, primaryUpdateStrategy: 'supervised' },
      reports: [build.primary(0)],
      pods: [old(0)],
    } as const
    assert.deepEqual(replaced(alone), [])
    const approved = rolled({ ...alone, annotations: { 'redis.io/approve-primary-update': 'true' } })
    assert.deepEqual(
      approved.deletions.map(({ name }) => name),
      ['cache-0'],
    )
    assert.equal(approved.status.approvalUsed, true)
  })
})

describe('a Pod is due', () => {
  it('when it was not made with the restart that is asked for now', () => {
    const annotations = { 'redis.io/restartedAt': '2026-03-01T10:00:00Z' }
    const pods = [build.pod(0), build.pod(1), build.pod(2)]
    assert.deepEqual(replaced({ annotations, pods }), ['cache-2'])
    assert.deepEqual(replaced({ pods }), [])
    const made =
      rolled({ annotations, pods: [build.pod(0), build.pod(1)] }).children.find(
        ({ metadata }) => metadata.name === 'cache-2',
      ) ?? assert.fail('cache-2 is not made')
    assert.equal(made.metadata.annotations?.['redis.io/restartedAt'], annotations['redis.io/restartedAt'])
    const kept = rolled({ annotations, pods: [build.pod(0), build.pod(1), made] }).children
    assert.deepEqual(
      kept.find(({ metadata }) => metadata.name === 'cache-2')?.metadata.annotations,
      made.metadata.annotations,
    )
  })

  it('when its redis-server cannot take a directive as it runs', () => {
    const config = { hash: 'h', needsRestart: ['databases'], refused: [] }
    const reports = [build.primary(0), build.replica(1, { config }), build.replica(2)]
    const pods = [build.pod(0), build.pod(1), build.pod(2)]
    const { deletions } = rolled({ pods, reports })
    assert.deepEqual(deletions, [
      { kind: 'Pod', name: 'cache-1', reason: 'cache-1 must restart to apply databases' },
    ])
  })
})
