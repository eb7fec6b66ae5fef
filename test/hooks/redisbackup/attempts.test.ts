// What becomes of a RedisBackup whose attempt failed, or whose job is lost.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BackupPlan, BackupReports } from '../../../hooks/redisbackup/plan.ts'
import type { RedisBackupStatus } from '../../../hooks/redisbackup/recorded.ts'
import { questionsOf } from '../../../hooks/redisbackup/sync.ts'
import { silentSeconds } from '../../../hooks/redisbackup/timings.ts'
import { abandonedSeconds } from '../../../instance/artifact.ts'
import * as backups from '../../support/backups.ts'
import { now, primary, replica } from '../../support/builders.ts'

const { answered, begun, claimOf, jobIs, later, planAt, report, unknownJob } = backups

const cache = [primary(0), replica(1), replica(2)] as const
const running = (reported: BackupReports, status = begun(), seconds = 0): BackupPlan =>
  planAt(seconds, { status }, reported)
const failing = (retriable: boolean, overrides = {}): BackupReports => {
  const error = { reason: 'Unreachable', detail: 'the store does not answer', retriable }
  return jobIs(answered(report({ phase: 'Failed', error, ...overrides })))
}

describe('a failure', () => {
  it('that no attempt can mend is final at once', () => {
    const { status } = running(failing(false))
    assert.deepEqual([status.phase, status.error], ['Failed', 'Unreachable: the store does not answer'])
    assert.ok(status.completedAt !== undefined)
  })

  it('that may pass is Pending again, with a pause in which nobody is asked', () => {
    const plan = running(failing(true))
    assert.deepEqual([plan.status.phase, plan.status.retryAt], ['Pending', later(10).toISOString()])
    assert.match(claimOf(plan)?.[2] ?? '', /attempt 1 of 3 on cache-1 failed.*the store does not answer/)
    const seen = { status: plan.status }
    assert.deepEqual(questionsOf(backups.backupRequest(seen), later(9)).statusOf, [])
    assert.deepEqual(planAt(9, seen).status, plan.status)
    assert.equal(planAt(10, seen, backups.heard(...cache)).status.phase, 'Running')
  })

  it('is tried again after 10 s, after 30 s, and then not', () => {
    const after = (attempts: number): RedisBackupStatus => running(failing(true), begun({ attempts })).status
    assert.equal(after(1).retryAt, later(10).toISOString())
    assert.equal(after(2).retryAt, later(30).toISOString())
    assert.equal(after(3).phase, 'Failed')
  })

  it('of the last attempt is not taken for one of the next: the instance still remembers it', () => {
    const { lastFailure } = running(failing(true)).status
    assert.ok(lastFailure)
    const next = begun({ attempts: 2, lastFailure })
    const plan = running(failing(true), next)
    assert.deepEqual([plan.status.phase, plan.commands.length], ['Running', 1])
    const anew = later(30).toISOString()
    assert.equal(running(failing(true, { startedAt: anew }), next).status.phase, 'Pending')
  })

  it('for want of credentials counts for nothing while the cluster is being updated to give them', () => {
    const error = { reason: 'CredentialsMissing', detail: 'There are no credentials', retriable: false }
    const failed = jobIs(answered(report({ phase: 'Failed', error })))
    const plan = (applied: 'True' | 'False', observedGeneration = 2): BackupPlan => {
      const told = { reason: 'Applied', message: 'every instance runs the spec' }
      const condition = { type: 'SpecApplied', status: applied, ...told }
      const times = { lastTransitionTime: now.toISOString(), observedGeneration }
      const seen = backups.seenCluster({ observedGeneration, conditions: [{ ...condition, ...times }] })
      const metadata = { ...seen.metadata, generation: 2 }
      const cluster = { ...seen, metadata, spec: { backupCredentialsSecret: { name: 'store' } } }
      return planAt(0, { status: begun(), cluster }, failed)
    }
    for (const { status } of [plan('False'), plan('True', 1)]) {
      assert.deepEqual([status.phase, status.attempts], ['Pending', 0])
      assert.equal(status.retryAt, later(5).toISOString())
    }
    assert.equal(plan('True').status.phase, 'Failed')
  })

  it('by a key that is taken tells what to do, in the words of the instance', () => {
    const detail = 'the store holds another object: use another name or path'
    const error = { reason: 'KeyTaken', detail, retriable: false }
    const { status } = running(jobIs(answered(report({ phase: 'Failed', error }))))
    assert.deepEqual([status.phase, status.error], ['Failed', `KeyTaken: ${detail}`])
  })
})

describe('a job that is lost', () => {
  const uploading = begun({ progress: 'Upload 40 %' })

  it('with the memory of its instance is attempted again', () => {
    const { status, commands } = running(jobIs(unknownJob, replica(1)), uploading)
    assert.deepEqual([status.phase, status.lastFailure?.reason, commands], ['Pending', 'JobLost', []])
    assert.equal(status.targetPod, undefined)
  })

  const { status: clusterStatus } = backups.seenCluster()
  const replaced = { ...clusterStatus.instancesStatus?.['cache-1'], uid: 'another' }
  const gone: readonly (readonly [string, object])[] = [
    ['with its Pod', backups.instancesStatus(0, 2)],
    [
      'with its Pod, though there is another of that name',
      { ...clusterStatus.instancesStatus, 'cache-1': replaced },
    ],
  ]
  for (const [what, instancesStatus] of gone) {
    it(`${what} is attempted again, and nobody is asked`, () => {
      const seen = { status: uploading, cluster: backups.seenCluster({ instancesStatus } as never) }
      assert.equal(planAt(0, seen).status.lastFailure?.reason, 'PodGone')
      assert.equal(questionsOf(backups.backupRequest(seen), now).jobAt, undefined)
    })
  }

  it('in silence is waited for longer than the instance goes on with it unasked', () => {
    const first = running(jobIs(backups.silentJob), uploading)
    assert.deepEqual([first.status.phase, first.status.silentSince], ['Running', now.toISOString()])
    assert.ok(silentSeconds > abandonedSeconds)
    const at = (seconds: number): RedisBackupStatus =>
      running(jobIs(backups.silentJob), first.status, seconds).status
    assert.deepEqual(at(silentSeconds - 1), first.status)
    assert.equal(at(silentSeconds).lastFailure?.reason, 'InstanceSilent')
  })

  it('is forgotten as silent when it answers again', () => {
    const status = begun({ progress: 'Upload 40 %', silentSince: now.toISOString() })
    assert.equal(running(jobIs(answered(report())), status).status.silentSince, undefined)
  })
})
