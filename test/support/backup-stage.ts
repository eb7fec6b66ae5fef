// Backups of a bare redis-server into a store in memory, and a plain redis-server that loads what came of them.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import type { BackupMethod, BackupRequest } from '../../instance/artifact.ts'
import { backupRunner, type BackupWorld, type Progress } from '../../instance/backup/run.ts'
import type { RedisServing } from '../../instance/backup/session.ts'
import { systemClock } from '../../instance/clock.ts'
import { nobody } from '../../instance/reign/boot.ts'
import { eventually } from '../e2e/eventually.ts'
import { memoryStore, type MemoryStore } from './memory-store.ts'
import { redisProcess } from './redis-process.ts'

export interface BackupStage {
  readonly directory: string
  readonly redisPid: number
  readonly redis: Redis
  readonly store: MemoryStore
  readonly serving: RedisServing
  readonly world: BackupWorld
  /** Resolves with what was told of it. */
  backUp(method: BackupMethod, more?: Partial<BackupRequest>, signal?: AbortSignal): Promise<Progress>
}

export const backupRequest = (method: BackupMethod, more: Partial<BackupRequest> = {}): BackupRequest => ({
  backupName: 'nightly',
  method,
  destination: { s3: { bucket: 'backups' } },
  ...more,
})

export const silent = pino({ level: 'silent' })

export async function backupStage(t: TestContext, lines: readonly string[] = []): Promise<BackupStage> {
  const own = ['appendonly yes', 'appendfsync no', 'enable-debug-command yes']
  const process = await redisProcess(t, [...own, ...lines])
  const control = await process.control()
  const info = await control.info()
  const store = memoryStore()
  const serving: RedisServing = {
    control: () => control,
    seen: () => ({
      state: 'running',
      info,
      fresh: true,
      askedAtMs: 0,
      silentSeconds: 0,
      reason: undefined,
      upstream: nobody,
      writableEpoch: 1,
      syncedEpoch: 1,
      markedEpoch: 1,
    }),
  }
  const world: BackupWorld = {
    redis: serving,
    clock: systemClock,
    log: silent,
    folder: process.directory,
    credentialsFolder: '',
    cluster: { name: 'cache', uid: 'cluster-1' },
    openStore: () => Promise.resolve(store),
  }
  return {
    directory: process.directory,
    redisPid: process.pid,
    redis: process.administrator(),
    store,
    serving,
    world,
    async backUp(method, more = {}, signal = new AbortController().signal) {
      let told: Progress = {}
      const tell = (progress: Progress): void => {
        told = { ...told, ...progress }
      }
      await backupRunner(world)(backupRequest(method, more), '2026-01-01T00:00:00.000Z', tell, signal)
      return told
    },
  }
}

/** A plain redis-server that was started from the artifact, and nothing else. */
export async function loaded(t: TestContext, method: BackupMethod, artifact: Buffer): Promise<Redis> {
  const directory = mkdtempSync(join(tmpdir(), 'rl-'))
  if (method === 'rdb') writeFileSync(join(directory, 'dump.rdb'), artifact)
  else unpack(directory, artifact)
  const path = join(directory, 'redis.sock')
  const logged = method === 'rdb' ? 'no' : 'yes'
  const own = ['port 0', `unixsocket ${path}`, `dir ${directory}`, 'save ""', `appendonly ${logged}`]
  const strict = ['aof-load-truncated no', 'enable-debug-command yes', '']
  const conf = join(directory, 'redis.conf')
  writeFileSync(conf, [...own, ...strict].join('\n'))
  const child = spawn('redis-server', [conf], { stdio: 'ignore' })
  await once(child, 'spawn')
  const client = new Redis({ path, retryStrategy: () => 50 })
  client.on('error', () => undefined)
  t.after(async () => {
    client.disconnect()
    const ended = once(child, 'exit')
    if (child.kill('SIGKILL')) await ended
    rmSync(directory, { recursive: true, force: true })
  })
  await eventually('the artifact is loaded', async () => {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`)
    return (await client.info('persistence')).includes('loading:0') ? true : undefined
  })
  return client
}

function unpack(directory: string, artifact: Buffer): void {
  mkdirSync(directory, { recursive: true })
  execFileSync('tar', ['-xz', '-C', directory], { input: artifact })
}

export async function digestOf(redis: Redis): Promise<string> {
  return String(await redis.call('DEBUG', 'DIGEST'))
}

/** One of each kind: strings, hashes, streams with a group, sorted sets, an expiry, a second database, a function. */
export async function fill(redis: Redis, keys = 200): Promise<void> {
  const batch = redis.pipeline()
  for (let key = 0; key < keys; key++) batch.set(`string:${key}`, 'x'.repeat(key * 7))
  batch.hset('hash', { a: '1', b: '2' })
  batch.zadd('scores', 1, 'one', 2, 'two')
  batch.xadd('stream', '*', 'field', 'value')
  batch.xgroup('CREATE', 'stream', 'readers', '0')
  batch.set('later', 'gone', 'EX', 3600)
  batch.call('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('one', function() return 1 end)")
  batch.select(3)
  batch.sadd('other', 'm1', 'm2')
  batch.select(0)
  await batch.exec()
}

/** Each transaction counts, and lists the count: they never differ but in half a transaction. Returns how to end it. */
export function countForever(redis: Redis): () => Promise<number> {
  const writer = redis.duplicate()
  writer.on('error', () => undefined)
  const end = new AbortController()
  let counted = 0
  const done = (async () => {
    const ballast = 'y'.repeat(20_000)
    while (!end.signal.aborted) {
      await writer.multi().incr('count').set('ballast', ballast).rpush('counts', counted).exec()
      counted += 1
    }
  })()
  return async () => {
    end.abort()
    await done
    writer.disconnect()
    return counted
  }
}

/** How far the count has come in there, which is whole. */
export async function countIn(redis: Redis): Promise<readonly [counted: number, listed: number]> {
  return [Number((await redis.get('count')) ?? 0), await redis.llen('counts')]
}
