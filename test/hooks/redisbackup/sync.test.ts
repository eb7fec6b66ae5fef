// The phases of a RedisBackup: JSON in, JSON out.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BackupPlan, BackupReports } from '../../../hooks/redisbackup/plan.ts'
import { customize, questionsOf, sync } from '../../../hooks/redisbackup/sync.ts'
import { startSeconds } from '../../../hooks/redisbackup/timings.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import { abandonedSeconds } from '../../../instance/artifact.ts'
import * as backups from '../../support/backups.ts'
import { ipOf, now, primary, replica, uidOf } from '../../support/builders.ts'

const { answered, begun, claimOf, jobIs, later, planAt, report, unknownJob } = backups

const cache = [primary(0), replica(1), replica(2)] as const
const running = (reported: BackupReports, status = begun(), seconds = 0): BackupPlan =>
  planAt(seconds, { status }, reported)
const busyWith = (backupUID: string): InstanceStatus =>
  replica(1, { backup: { backupName: 'other', backupUID, step: 'Upload' } })

describe('Pending', () => {
  it('records the target first, and commands nobody', () => {
    const { status, commands } = planAt(0, {}, backups.heard(...cache))
    assert.deepEqual({ ...status, conditions: undefined }, { ...begun(), conditions: undefined })
    assert.deepEqual(commands, [])
  })

  it('asks the instances that the status of the cluster shows, and nobody else', () => {
    const asked = questionsOf(backups.backupRequest(), now)
    assert.deepEqual(
      asked.statusOf.map(({ ip }) => ip),
      [ipOf(0), ipOf(1), ipOf(2)],
    )
    assert.equal(asked.jobAt, undefined)
  })

  it('has a message that stays while it waits for the same', () => {
    const first = planAt(0, { cluster: undefined })
    assert.deepEqual(planAt(60, { cluster: undefined, status: first.status }).status, first.status)
  })
})

describe('Running, before the job is seen', () => {
  it('tells the target that was read back to start, with the UID of the RedisBackup', () => {
    const { commands, status } = running(jobIs(unknownJob, replica(1)))
    const { destination } = backups.backupSpec()
    const body = { backupName: 'nightly', backupUID: 'backup-uid', method: 'rdb', destination, verify: false }
    const to = { uid: uidOf(1), name: 'cache-1', ip: ipOf(1) }
    assert.deepEqual(commands, [{ kind: 'StartBackup', to, cluster: 'c1', body }])
    assert.deepEqual(status, begun())
  })

  it('asks the target alone: about the job, and about its own state', () => {
    const { statusOf, jobAt } = questionsOf(backups.backupRequest({ status: begun() }), now)
    assert.deepEqual([statusOf.map(({ name }) => name), jobAt?.name], [['cache-1'], 'cache-1'])
  })

  it('gives a busy target back, which is no attempt, and names the other backup', () => {
    const plan = running(jobIs(unknownJob, busyWith('other-uid')))
    assert.deepEqual([plan.status.phase, plan.status.attempts, plan.commands], ['Pending', 0, []])
    assert.match(claimOf(plan)?.[2] ?? '', /cache-1 runs other$/)
  })

  it('does not take its own job for another', () => {
    assert.equal(running(jobIs(unknownJob, busyWith('backup-uid'))).commands.length, 1)
  })

  it('is an attempt that failed when the target does not begin in time', () => {
    const plan = running(jobIs(unknownJob, replica(1)), begun(), startSeconds)
    assert.equal(plan.status.lastFailure?.reason, 'NotStarted')
  })

  it('the job of an earlier RedisBackup of this name is not its own', () => {
    const plan = running(jobIs(answered(report({ backupUID: 'earlier', phase: 'Completed' }))))
    assert.deepEqual([plan.status.phase, plan.commands.length], ['Running', 1])
  })
})

describe('Running', () => {
  it('records progress in steps of ten per cent, and sends nothing', () => {
    const at = (bytes: number): string | undefined =>
      running(jobIs(answered(report({ bytes })))).status.progress
    assert.deepEqual(
      [at(0), at(45), at(49), at(50), at(120)],
      ['Upload 0 %', 'Upload 40 %', 'Upload 40 %', 'Upload 50 %', 'Upload 100 %'],
    )
    assert.deepEqual(running(jobIs(answered(report()))).commands, [])
  })

  it('has no number where the size is not known', () => {
    const { totalBytes: _unknown, ...unsized } = report({ step: 'Snapshot' })
    assert.equal(running(jobIs(answered(unsized))).status.progress, 'Snapshot')
  })

  it('is asked about long before the instance drops it', () => {
    assert.ok(running(jobIs(answered(report()))).resyncAfterSeconds * 10 < abandonedSeconds)
  })

  it('Completed: every fact of the report is recorded, and what a restore needs', () => {
    const verification = {
      kind: 'Verified',
      keys: 12,
      digest: 'b'.repeat(40),
      at: now.toISOString(),
    } as const
    const plan = running(
      jobIs(answered(backups.completedReport({ verification }))),
      begun({ progress: 'Verify' }),
    )
    assert.deepEqual(
      { ...plan.status, conditions: undefined },
      {
        phase: 'Completed',
        observedGeneration: 1,
        attempts: 1,
        targetPod: 'cache-1',
        targetPodUID: uidOf(1),
        startedAt: now.toISOString(),
        completedAt: later(5).toISOString(),
        backupSize: 100,
        backupPath: 's3://backups/cache/nightly.rdb',
        objectKey: 'cache/nightly.rdb',
        artifactType: 'rdb',
        checksumSHA256: 'a'.repeat(64),
        redisVersion: '7.2.4',
        datasetBytes: 4096,
        keys: 12,
        verification,
        conditions: undefined,
      },
    )
    assert.equal(claimOf(plan)?.[0], 'True')
    assert.deepEqual(claimOf(plan, 'RestoreVerified')?.slice(0, 2), ['True', 'Verified'])
  })

  it('Completed without a verification claims none', () => {
    const plan = running(jobIs(answered(backups.completedReport())))
    assert.deepEqual(claimOf(plan, 'RestoreVerified')?.slice(0, 2), ['Unknown', 'NotTried'])
  })

  it('an artifact that does not restore is no backup, and its path is told', () => {
    const verification = { kind: 'Failed', reason: 'short read', at: now.toISOString() } as const
    const { status } = running(jobIs(answered(backups.completedReport({ verification }))))
    assert.deepEqual([status.phase, status.backupPath], ['Failed', 's3://backups/cache/nightly.rdb'])
    assert.match(status.error ?? '', /DoesNotRestore.*short read/)
  })

  it('an artifact that could not be tried is a backup', () => {
    const verification = { kind: 'Refused', reason: 'no room', at: now.toISOString() } as const
    const plan = running(jobIs(answered(backups.completedReport({ verification }))))
    assert.deepEqual(
      [plan.status.phase, claimOf(plan, 'RestoreVerified')],
      ['Completed', ['Unknown', 'Refused', 'no room']],
    )
  })

  it('a time that is none is not recorded: the API server would refuse the whole status', () => {
    const { status } = running(jobIs(answered(backups.completedReport({ completedAt: 'soon' }))), begun(), 7)
    assert.equal(status.completedAt, later(7).toISOString())
  })
})

describe('an end', () => {
  for (const phase of ['Completed', 'Failed'] as const) {
    it(`${phase} stays as it is for ever, without a question, also when the cluster is gone`, () => {
      const seen = { status: begun({ phase, completedAt: now.toISOString() }), cluster: undefined }
      const plan = planAt(1e6, seen, jobIs(unknownJob))
      assert.equal(plan.status, seen.status)
      assert.deepEqual(plan.commands, [])
      assert.deepEqual(questionsOf(backups.backupRequest({ ...seen, cluster: backups.seenCluster() }), now), {
        statusOf: [],
      })
    })
  }
})

describe('a RedisBackup that is being deleted', () => {
  for (const status of [undefined, begun(), begun({ progress: 'Upload 40 %' })]) {
    it(`begins nothing and asks nobody: ${status?.progress ?? status?.phase ?? 'new'}`, () => {
      const { parent, ...rest } = backups.backupRequest({ status })
      const metadata = { ...parent.metadata, deletionTimestamp: now.toISOString() }
      const request = { ...rest, parent: { ...parent, metadata } }
      assert.deepEqual(questionsOf(request, now), { statusOf: [] })
      const plan = sync(request, jobIs(unknownJob, ...cache), later(1000))
      assert.deepEqual([plan.status, plan.commands], [status ?? { phase: 'Pending' }, []])
    })
  }
})

describe('a status that is one answer old', () => {
  it('before the target was recorded: nobody is commanded, whatever is reported', () => {
    assert.deepEqual(planAt(3, {}, backups.heard(...cache)).commands, [])
  })

  it('before the job was seen: the same command again, which is the same job', () => {
    const command = running(jobIs(unknownJob, replica(1))).commands
    assert.deepEqual(running(jobIs(unknownJob, replica(1)), begun(), 1).commands, command)
  })

  it('before it was completed: the same end, with the same times', () => {
    const end = jobIs(answered(backups.completedReport()))
    const status = running(end, begun({ progress: 'Upload 90 %' }), 5).status
    assert.deepEqual(running(end, begun({ progress: 'Upload 20 %' }), 5).status, status)
  })
})

describe('customize', () => {
  it('names the cluster and its control Secret, in the own namespace, and no Pods', () => {
    const { parent } = backups.backupRequest()
    assert.deepEqual(customize({ parent }).relatedResources, [
      { apiVersion: 'redis.io/v1', resource: 'redisclusters', namespace: 'shop', names: ['cache'] },
      { apiVersion: 'v1', resource: 'secrets', namespace: 'shop', names: ['cache-control'] },
    ])
  })
})
