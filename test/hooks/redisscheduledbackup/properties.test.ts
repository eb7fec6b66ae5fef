// Properties of a RedisScheduledBackup over long random lives: syncs at any time, stale statuses, and people who delete.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FormatRegistry } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import type { RedisBackup } from '../../../hooks/redisbackup/resource.ts'
import { parseSchedule } from '../../../hooks/redisscheduledbackup/cron.ts'
import { newestUpTo } from '../../../hooks/redisscheduledbackup/occurrences.ts'
import type { SchedulePlan } from '../../../hooks/redisscheduledbackup/plan.ts'
import { RedisScheduledBackupStatus } from '../../../hooks/redisscheduledbackup/recorded.ts'
import type { RedisScheduledBackupSpec } from '../../../hooks/redisscheduledbackup/spec.ts'
import {
  after,
  createdAt,
  madeBy,
  namesOf,
  planAt,
  scheduleSpec,
  type Seen,
} from '../../support/schedules.ts'

FormatRegistry.Set('date-time', (text) => new Date(text).toISOString() === text)

type Step =
  | { readonly kind: 'Sync'; readonly afterSeconds: number; readonly isStale: boolean }
  | { readonly kind: 'Ends'; readonly which: number; readonly phase: 'Running' | 'Completed' | 'Failed' }
  | { readonly kind: 'Deleted'; readonly which: number }
  | { readonly kind: 'Edited'; readonly spec: Partial<RedisScheduledBackupSpec> }

const someSpec = fc.record<Partial<RedisScheduledBackupSpec>>({
  schedule: fc.constantFrom(
    '* * * * *',
    '*/15 * * * *',
    '30 2 * * *',
    '0 3 * * 1',
    '@hourly',
    '@every 7m',
    '@every 25h',
  ),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York'),
  concurrencyPolicy: fc.constantFrom('Forbid', 'Allow'),
  suspend: fc.boolean(),
  successfulBackupsHistoryLimit: fc.nat(2),
  failedBackupsHistoryLimit: fc.nat(2),
  verifyEvery: fc.nat(3),
})

/** Forth mostly, sometimes back, and seldom for weeks: over the changes of the clocks. */
const someSeconds = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 1200 }) },
  { weight: 2, arbitrary: fc.integer({ min: -7200, max: 0 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 3_000_000 }) },
)

const someStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('Sync' as const),
      afterSeconds: someSeconds,
      isStale: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('Ends' as const),
      which: fc.nat(),
      phase: fc.constantFrom('Running', 'Completed', 'Failed'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('Deleted' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('Edited' as const), spec: someSpec }) },
)

interface Life {
  readonly spec: Partial<RedisScheduledBackupSpec>
  /** The last two that were answered, the newest first. */
  readonly statuses: readonly RedisScheduledBackupStatus[]
  readonly children: readonly RedisBackup[]
  readonly nowMs: number
  /** Names of all that were ever made, in the order in which they were. */
  readonly made: readonly string[]
}

const born = (spec: Partial<RedisScheduledBackupSpec>): Life => ({
  spec,
  statuses: [],
  children: [],
  nowMs: Date.parse(createdAt),
  made: [],
})

interface Sync {
  readonly life: Life
  readonly seen: Seen
  readonly now: string
  readonly plan: SchedulePlan
  readonly made: readonly string[]
}
type Check = (sync: Sync) => void

function synced(life: Life, isStale: boolean, check: Check): Life {
  const seen = { spec: life.spec, status: life.statuses[isStale ? 1 : 0], children: life.children }
  const now = new Date(life.nowMs).toISOString()
  const plan = planAt(now, seen)
  const made = namesOf(madeBy(plan, seen))
  check({ life, seen, now, plan, made })
  const children = plan.children as readonly RedisBackup[]
  return { ...life, children, statuses: [plan.status, life.statuses[0] ?? {}], made: [...life.made, ...made] }
}

const without = <T>(all: readonly T[], which: number): readonly T[] =>
  all.filter((_, index) => index !== which % all.length)

function lived(life: Life, step: Step, check: Check): Life {
  switch (step.kind) {
    case 'Sync': {
      const nowMs = Math.max(life.nowMs + step.afterSeconds * 1000, Date.parse(createdAt))
      return synced({ ...life, nowMs }, step.isStale, check)
    }
    case 'Ends': {
      const completedAt = new Date(life.nowMs).toISOString()
      const status = { phase: step.phase, ...(step.phase === 'Running' ? {} : { completedAt }) }
      const running = life.children.filter(({ status: now }) => now?.completedAt === undefined)
      const ending = running[step.which % running.length]
      return {
        ...life,
        children: life.children.map((child) => (child === ending ? { ...child, status } : child)),
      }
    }
    case 'Deleted': {
      // A person is slower than Metacontroller: the answer that made it was read back before.
      const { statuses, ...read } = synced(life, false, check)
      const [newest = {}] = statuses
      return { ...read, statuses: [newest, newest], children: without(read.children, step.which) }
    }
    case 'Edited':
      return { ...life, spec: { ...life.spec, ...step.spec } }
  }
}

function always(check: Check): void {
  fc.assert(
    fc.property(someSpec, fc.array(someStep, { minLength: 5, maxLength: 40 }), (spec, steps) => {
      steps.reduce((life, step) => lived(life, step, check), born(spec))
    }),
    { numRuns: 300 },
  )
}

const ended = (phase: string, { children = [] }: Seen): readonly string[] =>
  namesOf(children.filter((child) => (child as RedisBackup).status?.phase === phase))

describe('over any life of a schedule', () => {
  it('each time has one backup at most, and none is made again', () => {
    always(({ life, made }) => {
      assert.ok(made.length <= 1, made.join(', '))
      assert.deepEqual(
        life.made.filter((name) => made.includes(name)),
        [],
      )
    })
  })

  it('the newest time that came has its backup, unless another one has not ended', () => {
    always(({ seen, now, plan }) => {
      const { schedule, timeZone, suspend } = scheduleSpec(seen.spec)
      const { lastScheduleTime = createdAt, inForce, active } = plan.status
      const parsed = parseSchedule(schedule, timeZone, Date.parse(createdAt))
      if (suspend || active !== undefined || parsed.kind === 'Invalid') return
      const servedMs = Math.max(Date.parse(lastScheduleTime), Date.parse(inForce?.since ?? now))
      assert.ok((newestUpTo(parsed.schedule, Date.parse(now)) ?? 0) <= servedMs)
    })
  })

  it('what has not ended is kept, and of what has, the newest as many as are wanted', () => {
    always(({ seen, plan }) => {
      const { successfulBackupsHistoryLimit, failedBackupsHistoryLimit } = scheduleSpec(seen.spec)
      const limits = { Completed: successfulBackupsHistoryLimit, Failed: failedBackupsHistoryLimit }
      const deletable = Object.entries(limits).flatMap(([phase, limit]) =>
        [...ended(phase, seen)].sort().reverse().slice(limit),
      )
      for (const { name } of plan.deletions) assert.ok(deletable.includes(name), name)
    })
  })

  it('quiet: an answer fits the CRD, and is answered again when it was carried out and read back', () => {
    always(({ seen, now, plan }) => {
      const before = JSON.stringify(seen)
      const again = planAt(now, after(seen, plan))
      assert.deepEqual(again.status, plan.status)
      assert.deepEqual(madeBy(again, plan), [])
      assert.deepEqual([...Value.Errors(RedisScheduledBackupStatus, plan.status)], [])
      assert.equal(JSON.stringify(seen), before)
    })
  })
})
