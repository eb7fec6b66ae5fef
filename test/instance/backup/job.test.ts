// One backup at a time, for as long as somebody wants it: the same request is the same job, and what nobody wants is aborted.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { BackupReport } from '../../../instance/artifact.ts'
import { Backups, type Asked } from '../../../instance/backup/backups.ts'
import { BackupFailure } from '../../../instance/backup/failure.ts'
import type { BackupJob } from '../../../instance/backup/job.ts'
import type { RunBackup } from '../../../instance/backup/run.ts'
import { StoreError } from '../../../instance/backup/store.ts'
import { systemClock } from '../../../instance/clock.ts'
import { eventually } from '../../e2e/eventually.ts'
import { backupRequest, silent } from '../../support/backup-stage.ts'

const timeout = 20_000
const seal = { backupSize: 3, checksumSHA256: 'a'.repeat(64) }
const nobodyLeaves = new AbortController().signal

interface Desk {
  readonly backups: Backups
  readonly started: readonly string[]
  readonly aborted: readonly string[]
  /** Ends the job that runs. */
  finish(error?: Error): void
}

function desk(abandonedSeconds?: number): Desk {
  const started: string[] = []
  const aborted: string[] = []
  let finish: Desk['finish'] = () => undefined
  const run: RunBackup = ({ backupName }, _startedAt, tell, signal) => {
    started.push(backupName)
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        aborted.push(backupName)
        reject(new StoreError('Aborted', true, 'called off'))
      })
      finish = (error) => {
        tell({ step: 'Upload', bytes: 3, ...seal })
        if (error === undefined) resolve()
        else reject(error)
      }
    })
  }
  const backups = new Backups(run, systemClock, silent, abandonedSeconds)
  return { backups, started, aborted, finish: (error) => finish(error) }
}

function jobOf(asked: Asked): BackupJob {
  if (asked.kind === 'Busy') assert.fail(`busy with ${asked.report.backupName}`)
  return asked.job
}

const finished = (job: BackupJob): Promise<BackupReport> => job.wait(nobodyLeaves)

suite('the same request', { timeout }, () => {
  test('is the same job while it runs, and when it is completed', async () => {
    const { backups, started, finish } = desk()
    const ask = (): BackupJob => jobOf(backups.ask(backupRequest('rdb', { backupUID: 'b1' })))
    const [first, second] = [ask(), ask()]
    finish()
    assert.equal((await finished(first)).phase, 'Completed')
    assert.deepEqual(await finished(second), await finished(first))
    assert.deepEqual(await finished(ask()), await finished(first))
    assert.deepEqual(started, ['nightly'])
  })

  test('begins anew when it has failed', async () => {
    const { backups, started, finish } = desk()
    const ask = (): BackupJob => jobOf(backups.ask(backupRequest('rdb', { backupUID: 'b1' })))
    const first = ask()
    finish(new BackupFailure('DiskFull', 'no room'))
    assert.deepEqual((await finished(first)).error, {
      reason: 'DiskFull',
      detail: 'no room',
      retriable: false,
    })
    const second = ask()
    finish()
    assert.equal((await finished(second)).phase, 'Completed')
    assert.equal(started.length, 2)
    assert.equal(backups.find('nightly')?.report().phase, 'Completed')
  })

  test('is another one with another UID, method or destination', async () => {
    const { backups, started, finish } = desk()
    const requests = [
      backupRequest('rdb', { backupUID: 'b1' }),
      backupRequest('rdb', { backupUID: 'b2' }),
      backupRequest('aof', { backupUID: 'b1' }),
      backupRequest('rdb', { backupUID: 'b1', destination: { s3: { bucket: 'others' } } }),
    ]
    for (const request of requests) {
      const job = jobOf(backups.ask(request))
      finish()
      await finished(job)
    }
    assert.equal(started.length, requests.length)
  })
})

suite('another request', { timeout }, () => {
  test('is told who is busy, until that one is finished', async () => {
    const { backups, finish } = desk()
    const first = jobOf(backups.ask(backupRequest('rdb', { backupName: 'one' })))
    const other = backupRequest('rdb', { backupName: 'two' })
    const asked = backups.ask(other)
    assert.ok(asked.kind === 'Busy' && asked.report.backupName === 'one')
    assert.deepEqual(backups.running(), { backupName: 'one', step: 'Snapshot' })
    finish()
    await finished(first)
    assert.equal(backups.running(), undefined)
    jobOf(backups.ask(other))
    assert.deepEqual(await backups.abort('two').then((report) => report?.error?.reason), 'Aborted')
  })
})

suite('a job that somebody waits for', { timeout }, () => {
  test('is aborted when the last of them is gone', async () => {
    const { backups, aborted } = desk()
    const job = jobOf(backups.ask(backupRequest('rdb')))
    const [one, two] = [new AbortController(), new AbortController()]
    const waiting = [job.wait(one.signal), job.wait(two.signal)]
    one.abort()
    assert.equal(job.report().phase, 'Running')
    two.abort()
    await Promise.all(waiting)
    assert.deepEqual(aborted, ['nightly'])
    assert.equal(job.report().error?.reason, 'Aborted')
  })

  test('goes on without them when somebody else asked to come back', async () => {
    const { backups, aborted, finish } = desk()
    const job = jobOf(backups.ask(backupRequest('rdb')))
    const gone = new AbortController()
    const waiting = job.wait(gone.signal)
    jobOf(backups.ask(backupRequest('rdb'))).detach()
    gone.abort()
    finish()
    assert.equal((await waiting).phase, 'Completed')
    assert.deepEqual(aborted, [])
  })
})

suite('a job that nobody waits for', { timeout }, () => {
  test('is aborted when it was not asked about for too long', async () => {
    const { backups } = desk(0.5)
    const job = jobOf(backups.ask(backupRequest('rdb')))
    job.detach()
    await eventually('it is aborted', () => (job.report().phase === 'Failed' ? true : undefined))
    const { reason, retriable, detail } = job.report().error ?? assert.fail()
    assert.deepEqual([reason, retriable], ['Aborted', true])
    assert.match(detail, /nobody has asked/)
  })

  test('goes on for as long as it is asked about', async () => {
    const { backups, aborted, finish } = desk(2)
    const job = jobOf(backups.ask(backupRequest('rdb', { backupUID: 'b1' })))
    job.detach()
    const startedAtMs = performance.now()
    await eventually('it outlived the limit', () => {
      backups.find('nightly', 'b1')
      return performance.now() - startedAtMs > 4000 ? true : undefined
    })
    finish()
    assert.equal((await finished(job)).phase, 'Completed')
    assert.deepEqual(aborted, [])
  })
})

suite('a report', { timeout }, () => {
  test('is found by name, and by UID when one is given: the newest', async () => {
    const { backups, finish } = desk()
    for (const backupUID of ['b1', 'b2']) {
      const job = jobOf(backups.ask(backupRequest('rdb', { backupUID })))
      finish()
      await finished(job)
    }
    assert.equal(backups.find('nightly')?.report().backupUID, 'b2')
    assert.equal(backups.find('nightly', 'b1')?.report().backupUID, 'b1')
    assert.equal(backups.find('nightly', 'b3'), undefined)
    assert.equal(await backups.abort('weekly'), undefined)
  })

  test('is kept of the last sixteen', async () => {
    const { backups, finish } = desk()
    for (let number = 1; number <= 17; number++) {
      const job = jobOf(backups.ask(backupRequest('rdb', { backupName: `n${number}` })))
      finish()
      await finished(job)
    }
    assert.equal(backups.find('n1'), undefined)
    assert.equal(backups.find('n2')?.report().phase, 'Completed')
  })

  test('of a completed job has size and checksum, of a failed one a reason whoever failed', async () => {
    const { backups, finish } = desk()
    const good = jobOf(backups.ask(backupRequest('rdb', { backupName: 'good' })))
    finish()
    const { backupSize, checksumSHA256, completedAt, backupPath } = await finished(good)
    assert.deepEqual({ backupSize, checksumSHA256 }, seal)
    assert.equal(backupPath, 's3://backups/good.rdb')
    assert.match(completedAt ?? '', /^\d{4}-/)
    for (const [error, expected] of [
      [
        new StoreError('AccessDenied', false, 'no'),
        { reason: 'AccessDenied', retriable: false, detail: 'no' },
      ],
      [new Error('x'.repeat(5000)), { reason: 'Internal', retriable: true, detail: 'x'.repeat(1024) }],
    ] as const) {
      const bad = jobOf(backups.ask(backupRequest('rdb', { backupName: 'bad' })))
      finish(error)
      assert.deepEqual((await finished(bad)).error, expected)
    }
  })
})

suite('an instance that ends', { timeout }, () => {
  test('takes its backup back first', async () => {
    const { backups, aborted } = desk()
    const job = jobOf(backups.ask(backupRequest('rdb')))
    await backups.end()
    assert.deepEqual(aborted, ['nightly'])
    assert.match(job.report().error?.detail ?? '', /terminating/)
  })
})
