// Which backups of a schedule are to be verified.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { after, backupAt, madeBy, planAt, type Seen } from '../../support/schedules.ts'

const night = (day: number): string => `2026-03-${String(day).padStart(2, '0')}T03:00:00.000Z`

describe('verification', () => {
  /** Whether each of seven nightly backups is to be verified. */
  function verified(spec: Seen['spec'] = {}): readonly boolean[] {
    let seen: Seen = { spec }
    return [2, 3, 4, 5, 6, 7, 8].map((day) => {
      const plan = planAt(night(day), seen)
      const [made] = madeBy(plan, seen)
      const done = plan.children.map((child) => ({
        ...child,
        status: { phase: 'Completed', completedAt: night(day) },
      }))
      seen = after(seen, planAt(night(day), { ...seen, status: plan.status, children: done }))
      return made?.spec.verify === true
    })
  }

  it('is of every third, the first at once', () => {
    assert.deepEqual(verified({ verifyEvery: 3 }), [true, false, false, true, false, false, true])
  })

  it('is of none by default, of each with 1, and of each with verify', () => {
    assert.deepEqual(new Set(verified()), new Set([false]))
    assert.deepEqual(new Set(verified({ verifyEvery: 1 })), new Set([true]))
    assert.deepEqual(new Set(verified({ verify: true })), new Set([true]))
  })

  it('is counted once when the status is one answer old', () => {
    const seen = { spec: { verifyEvery: 3 } }
    const first = planAt(night(2), seen)
    const again = planAt(night(2), { ...seen, children: first.children })
    assert.equal(again.status.backupsSinceVerification, 0)
    const second = planAt(night(3), {
      ...seen,
      status: first.status,
      children: [backupAt(night(2), 'Completed')],
    })
    const stale = planAt(night(3), { ...seen, status: first.status, children: second.children })
    assert.deepEqual(
      [second, stale].map(({ status }) => status.backupsSinceVerification),
      [1, 1],
    )
  })
})
