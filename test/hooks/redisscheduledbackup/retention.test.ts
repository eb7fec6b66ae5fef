// Which backups of a schedule are deleted, and what the status remembers of them.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RedisBackup } from '../../../hooks/redisbackup/resource.ts'
import { after, backupAt, nameAt, namesOf, planAt, type Seen } from '../../support/schedules.ts'

const at = (day: number): string => `2026-03-${String(day).padStart(2, '0')}T03:00:00.000Z`
type Phase = 'Pending' | 'Running' | 'Completed' | 'Failed'

/** Newest last, in the nights from the 2nd on. */
const nights = (...phases: readonly Phase[]): readonly RedisBackup[] =>
  phases.map((phase, index) =>
    backupAt(at(index + 2), phase, phase === 'Failed' ? { error: 'NoSpace: full' } : {}),
  )

const noon = '2026-03-20T12:00Z'
const suspended = { suspend: true }

/** What is left when nothing is left to do, and how many syncs deleted something. */
function settled(
  children: readonly RedisBackup[],
  spec: Seen['spec'] = {},
): { left: readonly string[]; rounds: number } {
  let seen: Seen = { spec: { ...suspended, ...spec }, children }
  let rounds = 0
  for (let round = 0; round < 20; round += 1) {
    const plan = planAt(noon, seen)
    if (plan.deletions.length > 0) rounds += 1
    seen = after(seen, plan)
  }
  return { left: namesOf(seen.children ?? []).map((name) => name.slice(-6, -4)), rounds }
}

describe('retention', () => {
  it('keeps the newest three Completed and the newest three Failed, each for itself', () => {
    const mixed = nights(
      'Completed',
      'Failed',
      'Completed',
      'Failed',
      'Completed',
      'Failed',
      'Completed',
      'Failed',
    )
    assert.deepEqual(settled(mixed).left, ['04', '05', '06', '07', '08', '09'])
  })

  it('keeps the last success, though nothing but failures came after it', () => {
    const failing = nights('Completed', 'Completed', ...Array.from({ length: 10 }, () => 'Failed' as const))
    assert.deepEqual(
      settled(failing, { successfulBackupsHistoryLimit: 1, failedBackupsHistoryLimit: 1 }).left,
      ['03', '13'],
    )
  })

  it('keeps none with a limit of 0', () => {
    const limits = { successfulBackupsHistoryLimit: 0, failedBackupsHistoryLimit: 0 }
    assert.deepEqual(settled(nights('Completed', 'Failed', 'Completed'), limits).left, [])
  })

  it('never deletes one that has not ended', () => {
    const limits = { successfulBackupsHistoryLimit: 0, failedBackupsHistoryLimit: 0 }
    assert.deepEqual(settled(nights('Pending', 'Running', 'Completed'), limits).left, ['02', '03'])
  })

  it('deletes five at once, the oldest first, each with its reason', () => {
    const many = nights(...Array.from({ length: 15 }, () => 'Completed' as const))
    assert.equal(settled(many).rounds, 3)
    const { status } = planAt(noon, { spec: suspended, children: many })
    const { deletions } = planAt(noon, { spec: suspended, children: many, status })
    assert.deepEqual(
      deletions,
      [2, 3, 4, 5, 6].map((day) => ({
        kind: 'RedisBackup',
        name: nameAt(at(day)),
        reason: 'successfulBackupsHistoryLimit keeps 3',
      })),
    )
  })

  it('does not count one that is being deleted among those that are kept', () => {
    const [first, second] = nights('Completed', 'Completed')
    assert.ok(first !== undefined && second !== undefined)
    const leaving = { ...second, metadata: { ...second.metadata, deletionTimestamp: at(4) } }
    assert.deepEqual(settled([first, leaving], { successfulBackupsHistoryLimit: 1 }).left, ['02', '03'])
  })

  it('leaves alone what has another name', () => {
    const [some] = nights('Failed')
    assert.ok(some !== undefined)
    const names = ['by-hand', 'nightly-20260302', 'nightly-202613010300', 'other-202603020300']
    const children = names.map((name) => ({ ...some, metadata: { ...some.metadata, name } }))
    const plan = planAt(noon, { children, spec: { ...suspended, failedBackupsHistoryLimit: 0 } })
    assert.deepEqual([namesOf(plan.children), plan.deletions], [names, []])
  })

  it('deletes nothing before the status that tells of it was read back', () => {
    const spec = { ...suspended, successfulBackupsHistoryLimit: 0, failedBackupsHistoryLimit: 0 }
    for (const phase of ['Completed', 'Failed'] as const) {
      const children = nights(phase)
      const first = planAt(noon, { spec, children })
      assert.deepEqual(first.deletions, [])
      assert.equal(planAt(noon, { spec, children, status: first.status }).deletions.length, 1)
    }
  })
})

describe('a success that comes after a newer failure', () => {
  it('is not deleted before it was read back either', () => {
    const spec = { ...suspended, successfulBackupsHistoryLimit: 0, concurrencyPolicy: 'Allow' as const }
    const { status } = planAt(noon, { spec, children: nights('Running', 'Failed') })
    const children = nights('Completed', 'Failed')
    const first = planAt(noon, { spec, children, status })
    assert.deepEqual([first.deletions, first.status.lastSuccessfulBackup], [[], nameAt(at(2))])
    assert.equal(planAt(noon, { spec, children, status: first.status }).deletions.length, 1)
  })
})

describe('what the status remembers', () => {
  const told = (seen: Seen): unknown => {
    const {
      lastSuccessfulBackup,
      lastSuccessfulTime,
      conditions = [],
    } = planAt(noon, { spec: suspended, ...seen }).status
    const { status, reason, message } = conditions[1] ?? {}
    return { lastSuccessfulBackup, lastSuccessfulTime, status, reason, message }
  }
  const failedLast = {
    lastSuccessfulBackup: 'nightly-202603020300',
    lastSuccessfulTime: '2026-03-02T03:01:00.000Z',
    status: 'False',
    reason: 'BackupFailed',
    message: 'nightly-202603030300 failed: NoSpace: full',
  }

  it('is the last success, and how the last one that ended did end', () => {
    assert.deepEqual(told({ children: nights('Completed', 'Failed', 'Running') }), failedLast)
  })

  it('stays when these are gone', () => {
    const { status } = planAt(noon, { spec: suspended, children: nights('Completed', 'Failed') })
    assert.deepEqual(told({ status }), failedLast)
    assert.deepEqual(told({ status, children: nights('Completed') }), failedLast)
  })

  it('is nothing at first', () => {
    assert.deepEqual(told({}), {
      lastSuccessfulBackup: undefined,
      lastSuccessfulTime: undefined,
      status: 'Unknown',
      reason: 'NoBackupYet',
      message: 'no backup of this schedule has ended yet',
    })
  })

  it('keeps its transition times until a status changes', () => {
    const { status } = planAt('2026-03-10T12:00Z', { spec: suspended, children: nights('Completed') })
    const later = planAt(noon, { spec: suspended, status, children: nights('Completed', 'Completed') })
    const failed = planAt(noon, { spec: suspended, status, children: nights('Completed', 'Failed') })
    const times = [later, failed].map((plan) => plan.status.conditions?.[1]?.lastTransitionTime)
    assert.deepEqual(times, ['2026-03-10T12:00:00.000Z', '2026-03-20T12:00:00.000Z'])
  })
})
