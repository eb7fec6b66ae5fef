// Properties of every sync of a RedisBackup, over worlds that no example would think of.
import assert from 'node:assert/strict'
import { FormatRegistry } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { childKinds } from '../../../hooks/redisbackup/controller.ts'
import type { BackupPlan, BackupReports, JobReport } from '../../../hooks/redisbackup/plan.ts'
import { RedisBackupStatus } from '../../../hooks/redisbackup/recorded.ts'
import { mostAttempts } from '../../../hooks/redisbackup/timings.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import { violationsOf } from '../../../metacontroller/validate.ts'
import * as backups from '../../support/backups.ts'
import { namespace, now, primary, replica, uidOf } from '../../support/builders.ts'

FormatRegistry.Set('date-time', (text) => new Date(text).toISOString() === text)

interface World {
  readonly seen: backups.Seen
  readonly reported: BackupReports
}

const someTime = fc.integer({ min: -200, max: 200 }).map((seconds) => backups.later(seconds).toISOString())
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined })

const someFailure = fc.record(
  {
    targetPod: fc.constant('cache-1'),
    targetPodUID: fc.constantFrom(uidOf(1), uidOf(2)),
    reason: fc.constant('JobLost'),
    message: fc.constant('lost'),
    jobStartedAt: fc.constant(now.toISOString()),
  },
  { requiredKeys: ['targetPod', 'targetPodUID', 'reason', 'message'], noNullPrototype: true },
)

const someStatus: fc.Arbitrary<RedisBackupStatus> = fc.record(
  {
    phase: fc.constantFrom('Pending', 'Running', 'Completed', 'Failed'),
    targetPod: fc.constantFrom('cache-0', 'cache-1', 'cache-9'),
    targetPodUID: fc.constantFrom(uidOf(0), uidOf(1), 'another'),
    attempts: fc.integer({ min: 0, max: 4 }),
    startedAt: someTime,
    progress: fc.constantFrom('Snapshot', 'Upload 40 %'),
    silentSince: someTime,
    retryAt: someTime,
    lastFailure: someFailure,
  },
  { requiredKeys: [], noNullPrototype: true },
)

const someReport = fc
  .record({
    phase: fc.constantFrom('Running', 'Completed', 'Failed'),
    backupUID: fc.constantFrom('backup-uid', 'another'),
    bytes: fc.integer({ min: 0, max: 300 }),
    startedAt: fc.constantFrom(now.toISOString(), 'nonsense'),
    retriable: fc.boolean(),
  })
  .map(({ retriable, phase, ...rest }) => {
    const error = { reason: 'StoreFailed', detail: 'it said no', retriable }
    if (phase === 'Completed') return backups.completedReport(rest)
    return backups.report({ ...rest, phase, ...(phase === 'Failed' ? { error } : {}) })
  })

const someJob: fc.Arbitrary<JobReport> = fc.oneof(
  fc.constant(backups.unknownJob),
  fc.constant(backups.silentJob),
  someReport.map(backups.answered),
)

const someBusy = maybe(fc.constantFrom('backup-uid', 'another')).map((backupUID): Partial<InstanceStatus> =>
  backupUID === undefined ? {} : { backup: { backupName: 'some', backupUID, step: 'Upload' } },
)

const someWorld: fc.Arbitrary<World> = fc
  .record({
    status: maybe(someStatus),
    pods: fc.subarray([0, 1, 2]),
    isThere: fc.boolean(),
    target: fc.constantFrom('primary' as const, 'prefer-replica' as const),
    busy: someBusy,
    heard: fc.subarray([0, 1, 2]),
    job: maybe(someJob),
  })
  .map(({ status, pods, isThere, target, busy, heard, job }) => {
    const cluster = backups.seenCluster({ instancesStatus: backups.instancesStatus(...pods) })
    const statuses = [primary(0), replica(1, busy), replica(2)].filter((_, ordinal) =>
      heard.includes(ordinal),
    )
    const seen = { status, spec: { target }, cluster: isThere ? cluster : undefined }
    return { seen, reported: { ...backups.heard(...statuses), ...(job === undefined ? {} : { job }) } }
  })

const planOf = ({ seen, reported }: World, seconds = 0): BackupPlan => backups.planAt(seconds, seen, reported)
const after = ({ seen, reported }: World, { status }: BackupPlan): World => ({
  seen: { ...seen, status },
  reported,
})

const always = (property: (world: World) => void): void =>
  fc.assert(fc.property(someWorld, property), { numRuns: 1000 })

describe('properties', () => {
  it('deterministic: the same input gives the same plan, and is left as it was', () => {
    always((world) => {
      const before = structuredClone(world)
      const plan = planOf(world)
      assert.deepEqual(world, before)
      assert.deepEqual(planOf(before), plan)
    })
  })

  it('quiet: a status that was decided on the same reports is decided again, or has moved to another phase', () => {
    always((world) => {
      const plan = planOf(world)
      const again = planOf(after(world, plan))
      const moved = plan.status.phase !== (world.seen.status?.phase ?? 'Pending')
      if (!moved) assert.deepEqual(again.status, plan.status)
    })
  })

  it('quiet: an end is never left', () => {
    always((world) => {
      const plan = planOf(world)
      if (plan.status.phase !== 'Completed' && plan.status.phase !== 'Failed') return
      const again = planOf(after(world, plan), 1e6)
      assert.deepEqual([again.status, again.commands], [plan.status, []])
    })
  })

  it('only the recorded target is commanded, of a backup that was read back as running', () => {
    always((world) => {
      for (const { to, body } of planOf(world).commands) {
        assert.deepEqual(
          [world.seen.status?.phase, world.seen.status?.targetPodUID, world.seen.status?.targetPod],
          ['Running', to.uid, to.name],
        )
        assert.equal(body.backupUID, backups.backupUID)
      }
    })
  })

  it('a last attempt that fails is the end', () => {
    always((world) => {
      const { phase, attempts } = world.seen.status ?? {}
      const { status } = planOf(world)
      const triesAgain = status.phase === 'Pending' && status.retryAt !== undefined
      if (phase === 'Running' && attempts === mostAttempts) assert.ok(!triesAgain)
    })
  })

  it('the answer may always be sent, and the API server takes it', () => {
    always((world) => {
      const { status, resyncAfterSeconds } = planOf(world)
      const request = backups.backupRequest(world.seen)
      const context = { request, childKinds, deletions: [], namespace }
      assert.deepEqual(violationsOf({ status, resyncAfterSeconds, children: [] }, context), [])
      assert.deepEqual([...Value.Errors(RedisBackupStatus, status)], [])
    })
  })
})
