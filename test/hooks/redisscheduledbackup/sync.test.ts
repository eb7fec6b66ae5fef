// What a RedisScheduledBackup makes, and when: JSON in, JSON out.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { customize } from '../../../hooks/redisscheduledbackup/sync.ts'
import { namespace } from '../../support/builders.ts'
import * as build from '../../support/schedules.ts'
import { after, backupAt, madeBy, nameAt, namesOf, planAt, type Seen } from '../../support/schedules.ts'

const madeAt = (time: string, seen: Seen = {}): readonly string[] => namesOf(madeBy(planAt(time, seen), seen))
const night = (day: number): string => `2026-03-${String(day).padStart(2, '0')}T03:00:00.000Z`
const served = (time: string): Seen => ({ status: planAt(time, {}).status })

describe('a time that comes', () => {
  it('makes the backup of that time, owned by the namespace too, and records it', () => {
    const { children, status } = planAt('2026-03-02T03:00:01Z')
    assert.deepEqual(children, [
      {
        apiVersion: 'redis.io/v1',
        kind: 'RedisBackup',
        metadata: {
          name: 'nightly-202603020300',
          namespace,
          labels: { 'redis.io/cluster': 'cache', 'redis.io/scheduled-backup': 'nightly' },
          ownerReferences: [{ apiVersion: 'v1', kind: 'Namespace', name: namespace, uid: 'ns1' }],
        },
        spec: {
          clusterName: 'cache',
          target: 'prefer-replica',
          method: 'rdb',
          destination: { s3: { bucket: 'backups', path: 'cache' } },
          verify: false,
        },
      },
    ])
    const { lastScheduleTime, nextScheduleTime, lastBackupName, active } = status
    assert.deepEqual(
      { lastScheduleTime, nextScheduleTime, lastBackupName, active },
      {
        lastScheduleTime: night(2),
        nextScheduleTime: night(3),
        lastBackupName: 'nightly-202603020300',
        active: ['nightly-202603020300'],
      },
    )
  })

  it('is not there before, and not before the schedule was created', () => {
    assert.deepEqual(madeAt('2026-03-02T02:59:59.999Z'), [])
    assert.deepEqual(madeAt('2026-03-01T10:00:01Z'), [])
  })

  it('is read in the time zone of the schedule', () => {
    const spec = { timeZone: 'America/New_York' }
    assert.deepEqual(madeAt('2026-03-02T07:59Z', { spec }), [])
    assert.deepEqual(madeAt('2026-03-02T08:00Z', { spec }), ['nightly-202603020800'])
  })

  it('wakes the hook within a second of it, never early, and within an hour at the latest', () => {
    const waits = ['2026-03-02T02:59:58.5Z', '2026-03-02T02:59:59.999Z', '2026-03-01T10:00Z']
    assert.deepEqual(
      waits.map((time) => planAt(time).resyncAfterSeconds),
      [2, 1, 3600],
    )
  })

  it('does not come without the UID of the namespace: the backup would go with its schedule', () => {
    assert.throws(() => planAt('2026-03-02T03:00Z', { related: [] }), /Namespace shop is not among/)
    assert.deepEqual(planAt('2026-03-02T02:00Z', { related: [] }).children, [])
  })

  it('asks for its namespace alone', () => {
    const { relatedResources } = customize(build.scheduleRequest())
    assert.deepEqual(relatedResources, [{ apiVersion: 'v1', resource: 'namespaces', names: [namespace] }])
  })
})

describe('once', () => {
  const first = planAt('2026-03-02T03:00:01Z')

  it('the same sync again changes nothing', () => {
    const seen = after({}, first)
    const again = planAt('2026-03-02T03:00:02Z', seen)
    assert.deepEqual([again.status, again.children], [first.status, first.children])
  })

  it('a status that is one answer old makes no second backup, and is brought up to date', () => {
    const stale = planAt('2026-03-02T03:00:01Z', { children: first.children })
    assert.deepEqual([namesOf(stale.children), stale.status], [namesOf(first.children), first.status])
  })

  it('a lost status is found again in the names of the backups', () => {
    const children = [backupAt(night(2), 'Completed'), backupAt(night(3), 'Failed')]
    const { status, ...plan } = planAt('2026-03-03T12:00Z', { children })
    assert.deepEqual(namesOf(plan.children), namesOf(children))
    assert.equal(status.lastScheduleTime, night(3))
    assert.equal(status.lastSuccessfulBackup, nameAt(night(2)))
  })

  it('a backup that a person deleted is not made again', () => {
    assert.deepEqual(madeAt('2026-03-02T03:00:05Z', { status: first.status }), [])
  })

  it('a backup that is being deleted is not made again, though the status does not know of it', () => {
    const [child] = first.children
    const deletionTimestamp = '2026-03-02T03:00:03Z'
    const children =
      child === undefined ? [] : [{ ...child, metadata: { ...child.metadata, deletionTimestamp } }]
    assert.deepEqual(madeAt('2026-03-02T03:00:05Z', { children }), [])
  })

  it('a clock that goes back makes nothing, and is told of when it was far ahead', () => {
    const { status } = first
    const back = planAt('2026-03-02T02:59Z', { status })
    assert.deepEqual(back.children, [])
    assert.equal(back.status.conditions?.[0]?.reason, 'ScheduleParsed')
    const far = planAt('2026-03-01T12:00Z', { status })
    assert.deepEqual([far.children, far.status.nextScheduleTime], [[], night(3)])
    assert.match(far.status.conditions?.[0]?.message ?? '', /yet to come: the clock was ahead/)
  })
})

describe('a time that was missed', () => {
  it('is caught up on, the newest alone, however long the outage was', () => {
    assert.deepEqual(madeAt('2026-09-09T12:00Z', served('2026-03-02T03:00Z')), ['nightly-202609090300'])
    const spec = { schedule: '* * * * *' }
    assert.deepEqual(madeAt('2027-03-01T12:00:30Z', { spec }), ['nightly-202703011200'])
  })

  it('is skipped when it is later than startingDeadlineSeconds, and that is told', () => {
    const spec = { startingDeadlineSeconds: 600 }
    assert.deepEqual(madeAt('2026-03-02T03:10:00Z', { spec }), ['nightly-202603020300'])
    const late = planAt('2026-03-02T03:10:00.001Z', { spec })
    assert.deepEqual(late.children, [])
    assert.match(
      late.status.phaseReason ?? '',
      /^the backup of 2026-03-02T03:00:00.000Z was skipped: startingDeadlineSeconds/,
    )
    assert.deepEqual(madeAt('2026-03-03T03:00Z', { spec, status: late.status }), ['nightly-202603030300'])
  })

  it('is none when the schedule was another one then', () => {
    const { status } = planAt('2026-03-02T03:00Z')
    const spec = { schedule: '0 4 * * *' }
    const changed = planAt('2026-03-02T10:00Z', { spec, status })
    assert.deepEqual(changed.children, [])
    assert.deepEqual(madeAt('2026-03-03T03:30Z', { spec, status: changed.status }), [])
    assert.deepEqual(madeAt('2026-03-03T04:00Z', { spec, status: changed.status }), ['nightly-202603030400'])
  })
})

describe('a schedule that is corrected', () => {
  it('misses nothing of the time in which it was wrong', () => {
    const { status } = planAt('2026-03-02T02:00Z', { spec: { schedule: '61 * * * *' } })
    assert.deepEqual(madeAt('2026-03-02T12:00Z', { status }), [])
    const corrected = planAt('2026-03-02T12:00Z', { status })
    assert.deepEqual(madeAt('2026-03-03T03:00Z', { status: corrected.status }), ['nightly-202603030300'])
  })
})

describe('suspend', () => {
  it('makes nothing, and shows no next time', () => {
    const { children, status, resyncAfterSeconds } = planAt('2026-03-02T03:00Z', { spec: { suspend: true } })
    assert.deepEqual([children, status.phase, status.nextScheduleTime], [[], 'Suspended', undefined])
    assert.equal(resyncAfterSeconds, 3600)
  })

  it('ends with one backup at most, or with none where the deadline is over', () => {
    const { status } = planAt('2026-03-20T12:00Z', {
      ...served('2026-03-02T03:00Z'),
      spec: { suspend: true },
    })
    assert.deepEqual(madeAt('2026-03-20T12:00Z', { status }), ['nightly-202603200300'])
    assert.deepEqual(madeAt('2026-03-20T12:00Z', { status, spec: { startingDeadlineSeconds: 60 } }), [])
  })
})

describe('concurrency', () => {
  const running = (phase?: 'Pending' | 'Running'): Seen => ({
    ...served('2026-03-02T03:00Z'),
    children: [backupAt(night(2), phase)],
  })

  for (const phase of [undefined, 'Pending', 'Running'] as const)
    it(`Forbid postpones what is due while a backup is ${phase ?? 'new'}`, () => {
      const waiting = planAt('2026-03-03T03:00Z', running(phase))
      assert.deepEqual(namesOf(waiting.children), [nameAt(night(2))])
      assert.equal(
        waiting.status.phaseReason,
        `the backup of ${night(3)} waits for ${nameAt(night(2))} to end; the next backup is due at ${night(4)}`,
      )
    })

  it('Forbid then makes the newest that is due, once', () => {
    const children = [backupAt(night(2), 'Completed')]
    assert.deepEqual(madeAt('2026-03-05T12:00Z', { ...running(), children }), [nameAt(night(5))])
  })

  it('Forbid does not wait for a backup that is being deleted', () => {
    const running = backupAt(night(2), 'Running')
    const children = [{ ...running, metadata: { ...running.metadata, deletionTimestamp: night(3) } }]
    assert.deepEqual(madeAt('2026-03-03T03:00Z', { ...served(night(2)), children }), [nameAt(night(3))])
  })

  it('Allow makes it at once, up to ten', () => {
    const spec = { concurrencyPolicy: 'Allow' as const }
    assert.deepEqual(madeAt('2026-03-03T03:00Z', { ...running('Running'), spec }), [nameAt(night(3))])
    const days = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    const children = days.map((day) => backupAt(night(day), 'Pending'))
    const full = planAt('2026-03-12T03:00Z', { spec, children })
    assert.deepEqual(namesOf(full.children), namesOf(children))
    assert.equal(full.status.active?.length, 10)
  })
})

describe('a schedule that cannot be followed', () => {
  it('makes nothing, keeps its backups, and says what is wrong', () => {
    const children = [backupAt(night(2), 'Completed')]
    const { status, ...plan } = planAt('2026-03-05T12:00Z', { spec: { schedule: '0 0 31 2 *' }, children })
    assert.deepEqual(namesOf(plan.children), namesOf(children))
    const [valid] = status.conditions ?? []
    assert.deepEqual(
      [valid?.type, valid?.status, valid?.reason],
      ['ScheduleValid', 'False', 'InvalidSchedule'],
    )
    assert.match(valid?.message ?? '', /never comes/)
    assert.match(status.phaseReason ?? '', /^no backups are made: schedule "0 0 31 2 \*" never comes/)
    assert.deepEqual([status.nextScheduleTime, plan.resyncAfterSeconds], [undefined, 3600])
  })

  it('is one that is named like its namespace: its backups could not keep their second owner', () => {
    const { children, status } = planAt(night(2), { metadata: { name: namespace } })
    assert.deepEqual([children, status.conditions?.[0]?.reason], [[], 'NameTaken'])
  })

  it('makes nothing when it is being deleted', () => {
    const seen = {
      metadata: { deletionTimestamp: night(2) },
      children: [backupAt('2026-03-01T12:00Z', 'Failed')],
    }
    assert.deepEqual(madeAt('2026-03-02T04:00Z', seen), [])
  })
})
