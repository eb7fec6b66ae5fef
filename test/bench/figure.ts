// What a bench measures, and how it is shown: each figure with its aim and with the processes that it is about.

export interface Bench {
  readonly name: string
  /** What is done, as a sentence. */
  readonly how: string
  readonly run: () => Promise<readonly Figure[]>
}

export interface Figure {
  readonly what: string
  readonly unit: 'MiB' | 'ms' | 's'
  readonly median: number
  readonly max: number
  readonly runs: number
  /** The most that it should be, in the same unit. */
  readonly aim?: number
  /** Command lines. */
  readonly processes: readonly string[]
}

export function figure(
  what: string,
  unit: Figure['unit'],
  values: readonly number[],
  more: Partial<Pick<Figure, 'aim' | 'processes'>> = {},
): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]
  const max = sorted.at(-1)
  if (median === undefined || max === undefined) throw new Error(`${what}: nothing was measured`)
  return {
    what,
    unit,
    median: rounded(median),
    max: rounded(max),
    runs: values.length,
    processes: [],
    ...more,
  }
}

export function table(name: string, how: string, figures: readonly Figure[]): string {
  const rows = figures.map(({ what, unit, median, max, runs, aim }) => [
    what,
    `${median} ${unit}`,
    `${max} ${unit}`,
    String(runs),
    aim === undefined ? '-' : `${aim} ${unit}`,
  ])
  const all = [['', 'median', 'max', 'runs', 'aim'], ...rows]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
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
