// The campaign as a table and as JSON, and whether it kept its promises.
import type { Fault } from './faults.ts'
import { percentile, type Outcome } from './outcome.ts'

/** One fault in one system, all its runs. */
export interface Row {
  readonly fault: string
  readonly system: string
  readonly frozen: boolean
  readonly outcomes: readonly Outcome[]
}

const columns = [
  'fault',
  'system',
  'runs',
  'first p50',
  'p99',
  'gap p50',
  'p99',
  'lost',
  'WAIT',
  'sticky',
  'dual ms',
]

export function table(rows: readonly Row[]): string {
  const lines = [columns, ...rows.map(cells)]
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => pad(cell, widths[column] ?? 0, column))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const pad = (cell: string, width: number, column: number): string =>
  column < 2 ? cell.padEnd(width) : cell.padStart(width)

function cells({ fault, system, frozen, outcomes }: Row): readonly string[] {
  const summary = summarize(outcomes)
  return [
    fault,
    system,
    String(outcomes.length),
    seconds(summary.firstMs.p50),
    seconds(summary.firstMs.p99),
    seconds(summary.gapMs.p50),
    seconds(summary.gapMs.p99),
    String(summary.lost.plain),
    String(summary.lost.waited),
    String(summary.lost.sticky),
    `${summary.dualMs.toFixed(summary.dualMs === 0 ? 0 : 1)}${frozen ? '*' : ''}`,
    ...(summary.problems.length === 0 ? [] : [`! ${summary.problems.join('; ')}`]),
  ]
}

const seconds = (ms: number | undefined): string => (ms === undefined ? '-' : (ms / 1000).toFixed(2))

export function summarize(outcomes: readonly Outcome[]): {
  readonly firstMs: { readonly p50: number | undefined; readonly p99: number | undefined }
  readonly gapMs: { readonly p50: number | undefined; readonly p99: number | undefined }
  readonly lost: Outcome['lost']
  readonly dualMs: number
  readonly problems: readonly string[]
} {
  const percentiles = (
    of: (outcome: Outcome) => number,
  ): { p50: number | undefined; p99: number | undefined } => ({
    p50: percentile(outcomes.map(of), 0.5),
    p99: percentile(outcomes.map(of), 0.99),
  })
  const sum = (of: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, each) => total + of(each), 0)
  return {
    firstMs: percentiles(({ firstMs }) => firstMs),
    gapMs: percentiles(({ gapMs }) => gapMs),
    lost: {
      plain: sum(({ lost }) => lost.plain),
      waited: sum(({ lost }) => lost.waited),
      sticky: sum(({ lost }) => lost.sticky),
    },
    dualMs: Math.max(0, ...outcomes.map(({ dualMs }) => dualMs)),
    problems: [...new Set(outcomes.flatMap(({ problem }) => (problem === undefined ? [] : [problem])))],
  }
}

/** Of this operator only: what it promises, as sentences; empty when it kept it. */
export function broken(rows: readonly Row[]): readonly string[] {
  return rows
    .filter(({ system }) => system.startsWith('operator'))
    .flatMap(({ fault, frozen, outcomes }) => {
      const { dualMs, lost, problems } = summarize(outcomes)
      return [
        ...(dualMs > 0 && !frozen
          ? [`${fault}: two instances accepted writes for ${dualMs.toFixed(1)} ms`]
          : []),
        ...(lost.waited > 0 ? [`${fault}: ${lost.waited} writes that WAIT acknowledged are lost`] : []),
        ...problems.map((problem) => `${fault}: ${problem}`),
      ]
    })
}

export const skipped = (faults: readonly Fault[]): string =>
  `left out, for they need root and network namespaces: ${faults.map(({ name }) => name).join('; ')}`
