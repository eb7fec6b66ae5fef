// Artifacts as a backup makes them, from a real redis-server: an RDB file, or an archive of its append-only files.
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import type { Redis } from 'ioredis'
import { pack, type Header } from 'tar-stream'
import { artifacts, type ArtifactType } from '../../instance/artifact.ts'
import { logFolder, manifestName } from '../../instance/redis/append-only.ts'
import { writeMarker } from '../../instance/redis/marker.ts'
import { eventually } from '../e2e/eventually.ts'
import { redisProcess } from './redis-process.ts'

export interface TestArtifact {
  readonly artifactType: ArtifactType
  readonly content: Buffer
  /** Of the data, as DEBUG DIGEST tells. */
  readonly digest: string
  readonly keys: number
}

export const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

export type Fill = (client: Redis) => Promise<unknown>

/** Of another cluster: what is restored must not carry it on. */
export const foreignUID = 'another-cluster'
const foreign: Fill = (client) =>
  writeMarker((command, ...words) => client.call(command, ...words), foreignUID, 7)

/** Every type, several databases, expiries, functions. */
export const richData: Fill = async (client) => {
  await foreign(client)
  await client.mset(Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`string-${n}`, `value ${n}`])))
  await client.set('binary', Buffer.from([0, 255, 13, 10, 128]))
  await client.hset('hash', Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`field-${n}`, n])))
  await client.rpush('list', ...Array.from({ length: 500 }, (_, n) => `element ${n}`))
  await client.sadd('set', 1, 2, 3, 'four')
  await client.zadd('sorted', 1.5, 'a', -2, 'b')
  for (let n = 0; n < 50; n++) await client.xadd('stream', '*', 'n', n)
  await client.xgroup('CREATE', 'stream', 'group', '0')
  await client.xreadgroup('GROUP', 'group', 'consumer', 'COUNT', 7, 'STREAMS', 'stream', '>')
  await client.set('expiring', 'later', 'EX', 86_400)
  await client.call(
    'FUNCTION',
    'LOAD',
    "#!lua name=mine\nredis.register_function('own', function() return 42 end)",
  )
  await client.select(3)
  await client.set('elsewhere', 'in database 3')
  await client.select(0)
}

export const artifactOf = (t: TestContext, type: ArtifactType, fill: Fill): Promise<TestArtifact> =>
  type === artifacts.rdb.artifactType ? rdbOf(t, fill) : archiveOf(t, fill)

async function rdbOf(t: TestContext, fill: Fill): Promise<TestArtifact> {
  const { directory, administrator } = await redisProcess(t, ['enable-debug-command yes'])
  const client = administrator()
  await fill(client)
  await client.save()
  return {
    artifactType: 'rdb',
    content: readFileSync(join(directory, 'dump.rdb')),
    ...(await factsOf(client)),
  }
}

async function archiveOf(t: TestContext, fill: Fill): Promise<TestArtifact> {
  const { files, ...facts } = await logOf(t, fill)
  return { artifactType: 'aof-archive', content: await tarOf(files), ...facts }
}

export interface LogFile extends TarFile {
  readonly content: Buffer
}

/** The append-only files, as an archive has them: the manifest, a base file, and what came behind it. */
export async function logOf(
  t: TestContext,
  fill: Fill,
): Promise<Pick<TestArtifact, 'digest' | 'keys'> & { readonly files: readonly LogFile[] }> {
  const { directory, administrator } = await redisProcess(t, [
    'enable-debug-command yes',
    'appendonly yes',
    'appendfsync always',
    'auto-aof-rewrite-percentage 0',
  ])
  const client = administrator()
  // Half of it in the base file, half behind it.
  await client.set('before', 'the rewrite')
  await client.bgrewriteaof()
  await eventually('the rewrite is over', async () =>
    (await client.info('persistence')).includes('aof_rewrite_in_progress:0') ? true : undefined,
  )
  await fill(client)
  const log = join(directory, logFolder)
  const names = readdirSync(log).filter((name) => name !== manifestName)
  const files = [manifestName, ...names].map((name) => ({
    name: `${logFolder}/${name}`,
    content: readFileSync(join(log, name)),
  }))
  return { files, ...(await factsOf(client)) }
}

export interface TarFile extends Partial<Header> {
  readonly name: string
  readonly content?: Buffer
}

export async function tarOf(files: readonly TarFile[]): Promise<Buffer> {
  const tar = pack()
  const packed = buffer(tar.pipe(createGzip()))
  for (const { content, ...header } of files) tar.entry(header, content ?? Buffer.alloc(0))
  tar.finalize()
  return await packed
}

async function factsOf(client: Redis): Promise<Pick<TestArtifact, 'digest' | 'keys'>> {
  const digest = String(await client.call('DEBUG', 'DIGEST'))
  const keyspace = await client.info('keyspace')
  const keys = [...keyspace.matchAll(/keys=(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0)
  return { digest, keys }
}

export interface Loaded extends Pick<TestArtifact, 'digest' | 'keys'> {
  /** The code of every function library. */
  readonly functions: string
}

/** What a redis-server makes of a copy of the append-only files in this folder. */
export async function loadedFrom(t: TestContext, folder: string): Promise<Loaded> {
  const copy = mkdtempSync(join(tmpdir(), 'rl-'))
  t.after(() => rmSync(copy, { recursive: true, force: true }))
  cpSync(join(folder, logFolder), join(copy, logFolder), { recursive: true })
  const { administrator } = await redisProcess(t, [
    'enable-debug-command yes',
    'appendonly yes',
    'aof-load-truncated no',
    `dir ${copy}`,
  ])
  const client = administrator()
  await eventually('it has loaded', async () => ((await client.dbsize()) >= 0 ? true : undefined))
  const functions = JSON.stringify(await client.call('FUNCTION', 'LIST', 'WITHCODE'))
  return { ...(await factsOf(client)), functions }
}
