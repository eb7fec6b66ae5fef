// A client that tries to write to every instance all the time, and tells whether two were ever writable at once.
import { Redis } from 'ioredis'
import { setTimeout as pause } from 'node:timers/promises'

export interface Endpoint {
  readonly host: string
  readonly password: string
}

interface Write {
  readonly host: string
  readonly sentMs: number
  readonly acknowledgedMs: number
}

export interface Watch {
  /** Starts to try this address as well; addresses are never dropped, for a ghost may still listen. */
  add(endpoint: Endpoint): void
  writes(): number
  /** Each pair of instances that accepted writes at once, as a sentence; empty when there was never more than one. */
  violations(): readonly string[]
  close(): Promise<void>
}

const everyMs = 5

/** Connections of its own to each instance: what a client inside a partition would see. */
export function watchWriters(): Watch {
  const writes: Write[] = []
  const clients = new Map<string, Redis>()
  const stop = new AbortController()
  const loops: Promise<void>[] = []
  return {
    add({ host, password }) {
      if (clients.has(host)) return
      const client = directClient({ host, password })
      clients.set(host, client)
      loops.push(writeAllTheTime(client, host, writes, stop.signal))
    },
    writes: () => writes.length,
    violations: () => overlaps(writes),
    async close() {
      stop.abort()
      await Promise.all(loops)
      for (const client of clients.values()) client.disconnect()
    },
  }
}

export function directClient({ host, password }: Endpoint): Redis {
  const client = new Redis({
    host,
    port: 6379,
    password,
    connectTimeout: 500,
    commandTimeout: 500,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 100,
  })
  client.on('error', () => undefined)
  return client
}

/** No fault here elects the same instance again this soon. */
const shortestReturnMs = 2000

/**
 * Instances take turns. Two that are writable at once both go on acknowledging, so that a turn comes back at once:
 * first A, then B, then A again.
 */
export function overlaps(writes: readonly Write[]): readonly string[] {
  const turns = turnsOf([...writes].sort((a, b) => a.acknowledgedMs - b.acknowledgedMs))
  const problems = turns.flatMap((turn, index) => {
    const between = turns[index - 1]
    const before = turns[index - 2]
    if (between === undefined || before?.host !== turn.host) return []
    const awayMs = turn.firstSentMs - before.lastAcknowledgedMs
    return awayMs < shortestReturnMs
      ? [`${turn.host} and ${between.host} accepted writes within ${Math.round(awayMs)} ms`]
      : []
  })
  return [...new Set(problems)].slice(0, 10)
}

interface Turn {
  readonly host: string
  readonly firstSentMs: number
  lastAcknowledgedMs: number
}

function turnsOf(ordered: readonly Write[]): readonly Turn[] {
  const turns: Turn[] = []
  for (const { host, sentMs, acknowledgedMs } of ordered) {
    const current = turns.at(-1)
    if (current?.host === host) current.lastAcknowledgedMs = acknowledgedMs
    else turns.push({ host, firstSentMs: sentMs, lastAcknowledgedMs: acknowledgedMs })
  }
  return turns
}

async function writeAllTheTime(
  client: Redis,
  host: string,
  writes: Write[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const sentMs = performance.now()
    try {
      await client.set('watch', `${host} ${Math.round(sentMs)}`)
      writes.push({ host, sentMs, acknowledgedMs: performance.now() })
    } catch {
      // Refused or unreachable: exactly what all but one instance must be.
    }
    await pause(everyMs)
  }
}
