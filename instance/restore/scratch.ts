// A throw-away redis-server that only this process reaches: loads a dataset from a folder, answers for it, and is gone.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { directivesOf } from '../redis/conf.ts'
import type { Call } from '../redis/control.ts'
import { parseInfo, type RedisInfo } from '../redis/info.ts'
import { supervise, type Supervisor } from '../supervisor.ts'
import { RestoreFailure } from './failure.ts'
import type { Place } from './place.ts'

export interface ScratchOptions {
  /** Of its files; its socket is called like it. */
  readonly folder: string
  readonly name: string
  /** Of the cluster: what decides how data are loaded is taken over. */
  readonly configText: string
  readonly lines: readonly string[]
  readonly signal: AbortSignal
}

export interface Scratch {
  readonly call: Call
  info(): Promise<RedisInfo>
  /** Resolves when all is loaded. */
  loaded(onBytes: (bytes: number, totalBytes: number) => void): Promise<RedisInfo>
  /** Resolves when it has written everything down and ended in order. */
  end(): Promise<void>
}

const lookMs = 100
const endMs = 60_000
/** In the folder, if it is an RDB file that is loaded. */
export const artifactName = 'artifact.rdb'

/** Whatever comes of `use`, the process is reaped when this settles. Rejects at once when it ends by itself. */
export async function withScratch<T>(
  place: Place,
  options: ScratchOptions,
  use: (scratch: Scratch) => Promise<T>,
): Promise<T> {
  const confPath = join(options.folder, 'redis.conf')
  const socket = join(place.run, `${options.name}.sock`)
  await mkdir(place.run, { recursive: true })
  await writeFile(confPath, renderScratchConf(options, socket), { mode: 0o600 })
  const lost = Promise.withResolvers<never>()
  lost.promise.catch(() => undefined)
  const wanted = { ended: false }
  const supervisor = supervise({
    binary: place.redisServer,
    lockDescriptor: place.lockDescriptor,
    log: place.log,
    onExit: (reason) => !wanted.ended && lost.reject(endOf(reason)),
  })
  const abort = (): void => lost.reject(new RestoreFailure('Aborted', 'it was given up'))
  options.signal.addEventListener('abort', abort, { once: true })
  if (options.signal.aborted) abort()
  else supervisor.start(confPath)
  const client = connection(socket)
  try {
    return await Promise.race([lost.promise, use(scratchOf(client, supervisor, wanted))])
  } finally {
    wanted.ended = true
    options.signal.removeEventListener('abort', abort)
    client.disconnect()
    await supervisor.kill()
  }
}

/** What fails by its own words fails again; what was killed may have been in somebody's way. */
function endOf(reason: string): RestoreFailure {
  const told = /^redis-server ended with code [1-9]/.test(reason)
  return told
    ? new RestoreFailure('Damaged', `the backup cannot be loaded: ${reason}`)
    : new RestoreFailure(
        'Ended',
        `the redis-server that loads the backup did not live: ${reason} (if the kernel killed it, raise spec.resources.limits.memory)`,
      )
}

function scratchOf(client: Redis, supervisor: Supervisor, wanted: { ended: boolean }): Scratch {
  const call: Call = (command, ...words) => client.call(command, ...words)
  const info = async (): Promise<RedisInfo> => parseInfo(String(await call('INFO')))
  return {
    call,
    info,
    async loaded(onBytes) {
      for (;;) {
        const now = await info()
        if (!now.loading) return now
        const field = (name: string): number => Number(now.fields[name] ?? 0)
        onBytes(field('loading_loaded_bytes'), field('loading_total_bytes'))
        await pause(lookMs)
      }
    },
    async end() {
      wanted.ended = true
      await supervisor.stop(endMs)
      const reason = supervisor.lastExit() ?? ''
      if (!reason.endsWith(' code 0')) throw endOf(reason)
    },
  }
}

function connection(path: string): Redis {
  const client = new Redis({
    path,
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: null,
    retryStrategy: () => lookMs,
  })
  // Its end is seen by the process's exit.
  client.on('error', () => undefined)
  return client
}

/** How many databases there may be, and what is remembered of each key's use. */
const takenOver = ['databases', 'maxmemory-policy']

/** No port, no users, no limit; the first to be killed when memory runs out. */
function renderScratchConf({ folder, configText, lines }: ScratchOptions, socket: string): string {
  const theirs = directivesOf(configText)
  const taken = takenOver.flatMap((name) => {
    const value = theirs.get(name)
    return value === undefined ? [] : [`${name} ${value}`]
  })
  return [
    ...taken,
    'port 0',
    `unixsocket "${socket}"`,
    'unixsocketperm 700',
    `dir "${folder}"`,
    `dbfilename ${artifactName}`,
    'save ""',
    'aof-load-truncated no',
    'auto-aof-rewrite-percentage 0',
    'maxmemory 0',
    'daemonize no',
    'supervised no',
    'pidfile ""',
    'logfile ""',
    'oom-score-adj absolute',
    'oom-score-adj-values 1000 1000 1000',
    ...lines,
    '',
  ].join('\n')
}
