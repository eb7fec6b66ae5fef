// The clients of a campaign: two that follow the primary, one that sticks to its connection, and a prober of every instance.
import type { Redis } from 'ioredis'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../../e2e/eventually.ts'
import { openConnection, type Connection, type Reply } from './resp.ts'
import type { Host, System } from './system.ts'

/** On this process's clock. */
export interface Acknowledged {
  readonly index: number
  readonly sentMs: number
  readonly acknowledgedMs: number
}

/** When an instance carried a write out, by the machine's wall clock, which all of them share. */
export interface Served {
  readonly ip: string
  readonly index: number
  readonly servedMs: number
}

export interface Clients {
  /** Names of the hashes that hold one field for each write. */
  readonly keys: { readonly plain: string; readonly waited: string; readonly sticky: string }
  readonly plain: readonly Acknowledged[]
  /** WAIT 1 said that a replica has it. */
  readonly waited: readonly Acknowledged[]
  readonly sticky: readonly Served[]
  readonly probed: readonly Served[]
  /** What the plain writer was told instead: how often. */
  readonly errors: Readonly<Record<string, number>>
  close(): Promise<void>
}

const writeEveryMs = 10
const probeEveryMs = 5
const waitMs = 100
/** Of a library that notices a dead connection by itself; without one, only TCP does, after minutes. */
export const commandTimeoutMs = 500

const likeAnApplication = {
  commandTimeout: commandTimeoutMs,
  connectTimeout: commandTimeoutMs,
  // What was in flight is not sent again: a WAIT on a new connection would answer for nothing.
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
  retryStrategy: () => 50,
} as const

let runs = 0

/** Resolves when each of them has written. */
export async function startClients(system: System, primary: Host): Promise<Clients> {
  runs += 1
  const keys = { plain: `plain:${runs}`, waited: `waited:${runs}`, sticky: `sticky:${runs}` }
  const stop = new AbortController()
  const [plain, waited, sticky, probed] = [[], [], [], []] as [
    Acknowledged[],
    Acknowledged[],
    Served[],
    Served[],
  ]
  const errors: Record<string, number> = {}
  const applications = [await system.connect(likeAnApplication), await system.connect(likeAnApplication)]
  const [first, second] = applications as [Redis, Redis]
  for (const redis of applications) redis.on('error', () => undefined)
  const loops = [
    follow(first, stop.signal, plain, errors, async (index) => {
      await first.hset(keys.plain, String(index), '1')
      return true
    }),
    follow(second, stop.signal, waited, {}, (index) => writeAndWait(second, keys.waited, index)),
    stick(system, primary, keys.sticky, sticky, stop.signal),
    probeAll(system, probed, stop.signal),
  ]
  await eventually('the clients write', () =>
    [plain, waited, sticky, probed].every(({ length }) => length >= 20) ? true : undefined,
  )
  return {
    ...{ keys, plain, waited, sticky, probed, errors },
    async close() {
      stop.abort()
      await Promise.all(loops)
      for (const redis of applications) redis.disconnect()
    },
  }
}

async function follow(
  redis: Redis,
  signal: AbortSignal,
  acknowledged: Acknowledged[],
  errors: Record<string, number>,
  write: (index: number) => Promise<boolean>,
): Promise<void> {
  for (let index = 0; !signal.aborted; index++) {
    const sentMs = performance.now()
    try {
      if (await write(index)) acknowledged.push({ index, sentMs, acknowledgedMs: performance.now() })
    } catch (error) {
      const message = error instanceof Error ? error.message : ''
      const kind = message.split(' ', 3).join(' ')
      errors[kind] = (errors[kind] ?? 0) + 1
      if (message === 'Command timed out') reconnect(redis)
    }
    await pause(Math.max(0, writeEveryMs - (performance.now() - sentMs)))
  }
}

/** Not while it looks for the primary: ioredis would stop looking. */
export function reconnect(redis: Redis): void {
  if (redis.status === 'ready' || redis.status === 'connect') redis.disconnect(true)
}

/** Both at once: WAIT speaks of the writes of its own connection. */
async function writeAndWait(redis: Redis, key: string, index: number): Promise<boolean> {
  const replies = await redis.pipeline().hset(key, String(index), '1').wait(1, waitMs).exec()
  const [written, copies] = replies ?? []
  const error = written?.[0] ?? copies?.[0]
  if (error) throw error
  return Number(copies?.[1]) >= 1
}

/** Goes on sending whether it is answered or not, so that a frozen instance finds its writes when it wakes up. */
async function stick(
  system: System,
  { ip }: Host,
  key: string,
  served: Served[],
  signal: AbortSignal,
): Promise<void> {
  const writer = timedWriter(system, ip, key, (write) => served.push(write))
  for (let index = 0; !signal.aborted; index++) {
    writer.write(index)
    await pause(writeEveryMs)
  }
  writer.close()
}

async function probeAll(system: System, served: Served[], signal: AbortSignal): Promise<void> {
  const known = new Set<string>()
  const loops: Promise<void>[] = []
  while (!signal.aborted) {
    for (const { ip } of system.hosts()) {
      if (!known.has(ip)) loops.push(probe(system, ip, served, signal))
      known.add(ip)
    }
    await pause(100)
  }
  await Promise.all(loops)
}

/** One write at a time, on a new connection whenever the last one was closed. */
async function probe(system: System, ip: string, served: Served[], signal: AbortSignal): Promise<void> {
  let writer = timedWriter(system, ip, 'probe', (write) => served.push(write))
  for (let index = 0; !signal.aborted; index++) {
    if (writer.isClosed()) writer = timedWriter(system, ip, 'probe', (write) => served.push(write))
    if (writer.isIdle()) writer.write(index)
    await pause(writer.isClosed() ? probeEveryMs * 4 : probeEveryMs)
  }
  writer.close()
}

interface TimedWriter {
  write(index: number): void
  isIdle(): boolean
  isClosed(): boolean
  close(): void
}

/** Each write is a transaction with TIME in it: the instance itself says when it was carried out. */
function timedWriter(system: System, ip: string, key: string, tell: (write: Served) => void): TimedWriter {
  const sent: number[] = []
  let closed = false
  let replies: Reply[] = []
  const connection: Connection = openConnection({
    host: ip,
    localAddress: system.nodeAddress,
    onReply(reply) {
      replies.push(reply)
      if (replies.length < 5) return
      const index = sent.shift() ?? 0
      const servedMs = timeIn(replies[4])
      if (servedMs !== undefined) tell({ ip, index, servedMs })
      replies = []
    },
    onClose: () => (closed = true),
  })
  return {
    write(index) {
      sent.push(index)
      connection.send(['AUTH', system.password])
      connection.send(['MULTI'])
      connection.send(['HSET', key, String(index), '1'])
      connection.send(['TIME'])
      connection.send(['EXEC'])
    },
    isIdle: () => sent.length === 0,
    isClosed: () => closed,
    close: () => connection.close(),
  }
}

/** Undefined when the transaction was refused, or the write in it. */
function timeIn(reply: Reply | undefined): number | undefined {
  if (!Array.isArray(reply)) return undefined
  const [written, time] = reply as readonly Reply[]
  if (written instanceof Error || !Array.isArray(time)) return undefined
  const [seconds, microseconds] = time as readonly string[]
  return Number(seconds) * 1000 + Number(microseconds) / 1000
}
