// The Events of a RedisScheduledBackup: each backup that it makes, and a schedule that nobody can follow.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { after, nameAt, planAt, type Seen } from '../../support/schedules.ts'

const due = '2026-03-02T03:00:10Z'
const broken: Seen = { spec: { schedule: '0 25 * * *' } }

describe('a RedisScheduledBackup', () => {
  it('is told of each backup that it makes, by its name', () => {
    const name = nameAt('2026-03-02T03:00:00Z')
    const made = planAt(due)
    assert.deepEqual(made.events, [
      {
        type: 'Normal',
        reason: 'ScheduledBackupTriggered',
        once: name,
        message: `RedisBackup ${name} is made for 2026-03-02T03:00:00.000Z`,
      },
    ])
    assert.deepEqual(planAt('2026-03-02T03:00:20Z', after({}, made)).events, [])
  })

  it('is the same Event when it is decided anew from the status of before', () => {
    const [again] = planAt('2026-03-02T03:00:20Z').events
    assert.deepEqual(again?.once, planAt(due).events[0]?.once)
  })

  it('is warned of a schedule that cannot be followed, once for each spec', () => {
    const first = planAt(due, broken)
    assert.deepEqual(
      first.events.map(({ type, reason, once }) => [type, reason, once]),
      [['Warning', 'InvalidSchedule', 'generation 1']],
    )
    const seen = after(broken, first)
    assert.deepEqual(planAt('2026-03-02T03:01:00Z', seen).events, [])
    const changed = planAt('2026-03-02T03:01:00Z', { ...seen, metadata: { generation: 2 } })
    assert.deepEqual(
      changed.events.map(({ once }) => once),
      ['generation 2'],
    )
  })
})
