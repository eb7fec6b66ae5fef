// What the clients' records say about one fault: how long nothing was acknowledged, what was lost, and whether two wrote.
import type { Acknowledged, Served } from './clients.ts'

export interface Outcome {
  /** From the fault to the first acknowledgement of a write that was sent after it. */
  readonly firstMs: number
  /** The longest time without one since the fault, what heals it included. */
  readonly gapMs: number
  readonly acknowledged: Counts
  readonly lost: Counts
  /** For how long two instances carried out writes. */
  readonly dualMs: number
  /** Of the plain writer, by kind. */
  readonly errors: Readonly<Record<string, number>>
  /** Why it is not worth counting: it did not recover or heal. */
  readonly problem?: string
  /** Where the logs are. */
  readonly evidence?: string
}

export interface Counts {
  readonly plain: number
  readonly waited: number
  readonly sticky: number
}

export function downtime(
  writes: readonly Acknowledged[],
  faultMs: number,
  endMs: number,
): { firstMs: number; gapMs: number } {
  const after = writes.find(({ sentMs }) => sentMs >= faultMs)
  const times = writes.map(({ acknowledgedMs }) => acknowledgedMs)
  const ends = [...times.filter((time) => time >= faultMs), endMs]
  const gaps = ends.map(
    (end, index) => end - Math.max(faultMs, index === 0 ? faultMs : (ends[index - 1] ?? 0)),
  )
  return { firstMs: (after?.acknowledgedMs ?? endMs) - faultMs, gapMs: Math.max(0, ...gaps) }
}

/** Without a write for this long an instance counts as closed; what it accepts later is a stretch of its own. */
const stretchMs = 500

interface Stretch {
  readonly ip: string
  readonly fromMs: number
  toMs: number
}

/** The longest overlap of two instances' stretches of writes. */
export function dualWindowMs(writes: readonly Served[]): number {
  const stretches = stretchesOf(writes)
  const overlaps = stretches.flatMap((one) =>
    stretches
      .filter(({ ip }) => ip < one.ip)
      .map((other) => Math.min(one.toMs, other.toMs) - Math.max(one.fromMs, other.fromMs)),
  )
  return Math.max(0, ...overlaps)
}

function stretchesOf(writes: readonly Served[]): readonly Stretch[] {
  const stretches: Stretch[] = []
  const open = new Map<string, Stretch>()
  for (const { ip, servedMs } of [...writes].sort((a, b) => a.servedMs - b.servedMs)) {
    const current = open.get(ip)
    if (current !== undefined && servedMs - current.toMs < stretchMs) current.toMs = servedMs
    else {
      const next = { ip, fromMs: servedMs, toMs: servedMs }
      open.set(ip, next)
      stretches.push(next)
    }
  }
  return stretches
}

/** Nearest rank; with few runs, p99 is the slowest. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}
