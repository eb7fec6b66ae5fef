// Sums up random schedules: what they proved, what they met, and which of them failed.
import { randomSchedule, type Outcome } from './schedule.ts'

/** Seeds from `first` on. */
export interface Range {
  readonly first: number
  readonly count: number
}

export interface Tally {
  readonly count: number
  readonly acknowledged: number
  /** In how many schedules each was met. */
  readonly reached: Readonly<Record<string, number>>
  readonly failed: readonly Outcome[]
}

export async function tallyOf({ first, count }: Range, stopAtFirst: boolean): Promise<Tally> {
  const outcomes: Outcome[] = []
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await randomSchedule(seed)
    outcomes.push(outcome)
    if (stopAtFirst && outcome.violations.length > 0) break
  }
  return {
    count: outcomes.length,
    acknowledged: sum(outcomes.map(({ acknowledged }) => acknowledged)),
    reached: counted(outcomes.flatMap(({ reached }) => reached.map((what) => [what, 1] as const))),
    failed: outcomes.filter(({ violations }) => violations.length > 0),
  }
}

export function total(tallies: readonly Tally[]): Tally {
  return {
    count: sum(tallies.map(({ count }) => count)),
    acknowledged: sum(tallies.map(({ acknowledged }) => acknowledged)),
    reached: counted(tallies.flatMap(({ reached }) => Object.entries(reached))),
    failed: tallies.flatMap(({ failed }) => failed),
  }
}

function counted(entries: readonly (readonly [string, number])[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const [what, times] of entries) counts.set(what, (counts.get(what) ?? 0) + times)
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)
