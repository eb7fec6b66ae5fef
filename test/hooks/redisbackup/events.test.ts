// The Events of a RedisBackup: each attempt, and how the last one ends. JSON in, JSON out.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BackupPlan } from '../../../hooks/redisbackup/plan.ts'
import { mostAttempts } from '../../../hooks/redisbackup/timings.ts'
import * as backups from '../../support/backups.ts'
import { primary, replica, uidOf } from '../../support/builders.ts'

const { answered, begun, completedReport, heard, jobIs, planAt, report, silentJob } = backups

const failing = (reason: string, retriable: boolean): Parameters<typeof planAt>[2] =>
  jobIs(answered(report({ phase: 'Failed', error: { reason, detail: 'no such bucket', retriable } })))
const told = ({ events }: BackupPlan): readonly (readonly string[])[] =>
  events.map(({ type, reason, once }) => [type, reason, once])

describe('a RedisBackup', () => {
  it('is told to start with each attempt, by its number and its Pod', () => {
    const started = planAt(0, {}, heard(primary(0), replica(1), replica(2)))
    assert.deepEqual(told(started), [['Normal', 'BackupStarted', `1 ${uidOf(1)}`]])
    const goesOn = planAt(1, { status: started.status }, jobIs(answered(report())))
    assert.deepEqual(goesOn.events, [])
  })

  it('is told to be complete, and where', () => {
    const done = planAt(9, { status: begun() }, jobIs(answered(completedReport())))
    assert.deepEqual(done.events, [
      {
        type: 'Normal',
        reason: 'BackupCompleted',
        once: 'ended',
        message: 'the artifact is s3://backups/cache/nightly.rdb (100 bytes)',
      },
    ])
    assert.deepEqual(planAt(10, { status: done.status }).events, [])
  })

  it('is told to have failed when no attempt is left, or none would help', () => {
    const last = begun({ attempts: mostAttempts })
    for (const plan of [
      planAt(9, { status: begun() }, failing('NoSuchBucket', false)),
      planAt(9, { status: last }, failing('Unreachable', true)),
    ]) {
      assert.deepEqual(told(plan), [['Warning', 'BackupFailed', 'ended']])
      assert.match(plan.events[0]?.message ?? '', /no such bucket/)
    }
  })

  it('is told once of an attempt that is made again', () => {
    const again = planAt(9, { status: begun() }, failing('Unreachable', true))
    assert.deepEqual(told(again), [['Warning', 'BackupAttemptFailed', `1 ${uidOf(1)}`]])
    assert.deepEqual(planAt(10, { status: again.status }).events, [])
  })

  it('has nothing to tell while it waits, or its target is silent', () => {
    assert.deepEqual(planAt(0, { cluster: undefined }).events, [])
    assert.deepEqual(planAt(1, { status: begun() }, jobIs(silentJob)).events, [])
  })
})
