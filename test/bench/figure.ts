// What a bench measures, and how it is shown: each figure with its aim and with the processes that it is about.

export interface Bench {
  readonly name: string
  /** What is done, as a sentence. */
  readonly how: string
  readonly run: (options: BenchOptions) => Promise<readonly Figure[]>
}

export interface BenchOptions {
  /** Within 50 s, with less data and fewer runs. */
  readonly quick: boolean
  /** Of data, where a bench has some; else its own choice. */
  readonly megabytes: number | undefined
}

export interface Figure {
  readonly what: string
  readonly unit: 'MiB' | 'MB' | 'MB/s' | 'ms' | 's' | ''
  readonly median: number
  readonly min: number
  readonly max: number
  readonly runs: number
  /** In the same unit: the most that it should be, or the least. */
  readonly aim?: number
  readonly aimIs?: 'least'
  /** Command lines. */
  readonly processes: readonly string[]
}

export function figure(
  what: string,
  unit: Figure['unit'],
  values: readonly number[],
  more: Partial<Pick<Figure, 'aim' | 'aimIs' | 'processes'>> = {},
): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (median === undefined || min === undefined || max === undefined)
    throw new Error(`${what}: nothing was measured`)
  return {
    what,
    unit,
    median: rounded(median),
    min: rounded(min),
    max: rounded(max),
    runs: values.length,
    processes: [],
    ...more,
  }
}

export function table(name: string, how: string, figures: readonly Figure[]): string {
  const rows = figures.map(({ what, unit, median, min, max, runs, aim, aimIs }) => [
    what,
    `${median} ${unit}`.trim(),
    `${min} ${unit}`.trim(),
    `${max} ${unit}`.trim(),
    String(runs),
    aim === undefined ? '-' : `${aimIs === 'least' ? 'at least ' : ''}${aim} ${unit}`.trim(),
  ])
  const all = [['', 'median', 'min', 'max', 'runs', 'aim'], ...rows]
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const lines = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  const [head = '', ...body] = lines
  const withProcesses = body.flatMap((line, index) => {
    const processes = figures[index]?.processes ?? []
    const again = processes === figures[index + 1]?.processes
    return [line, ...(again ? [] : processes.map((command) => `    ${command}`))]
  })
  return [`${name}: ${how}`, head, ...withProcesses, ''].join('\n')
}

const rounded = (value: number): number => (value < 10 ? Number(value.toFixed(2)) : Number(value.toFixed(1)))
