// The aof method against a real redis-server: the archive loads without a repair, as one moment of the dataset.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { BackupFailure } from '../../../instance/backup/failure.ts'
import { logFolder, manifestName } from '../../../instance/redis/append-only.ts'
import { persistenceOf } from '../../../instance/redis/persistence.ts'
import { eventually } from '../../e2e/eventually.ts'
import {
  backupStage,
  countForever,
  countIn,
  digestOf,
  fill,
  loaded,
  type BackupStage,
} from '../../support/backup-stage.ts'

const timeout = 60_000
const slowSaveMicroseconds = '3000'

const artifactOf = ({ store }: BackupStage): Buffer =>
  store.objects.get('nightly.aof.tar.gz')?.content ?? assert.fail('no archive')

const failsWith =
  (reason: string) =>
  (error: unknown): boolean =>
    error instanceof BackupFailure && error.reason === reason

async function rewriteRuns({ serving }: BackupStage, isRunning = true): Promise<void> {
  await eventually(`a rewrite runs: ${isRunning}`, async () =>
    persistenceOf(await serving.control().info()).rewriting === isRunning ? true : undefined,
  )
}

suite('a backup by aof', { timeout }, () => {
  test('loads into a plain redis-server as the dataset that was there', async (t) => {
    const stage = await backupStage(t)
    await fill(stage.redis)
    const { backupSize, checksumSHA256 } = await stage.backUp('aof')
    const artifact = artifactOf(stage)
    assert.equal(backupSize, artifact.length)
    assert.equal(checksumSHA256, createHash('sha256').update(artifact).digest('hex'))
    const copy = await loaded(t, 'aof', artifact)
    assert.equal(await digestOf(copy), await digestOf(stage.redis))
    assert.equal(await copy.call('FCALL', 'one', '0'), 1)
    assert.ok((await copy.ttl('later')) > 3000)
  })

  test('holds the manifest first, then exactly the files that it names', async (t) => {
    const stage = await backupStage(t)
    await fill(stage.redis)
    await stage.backUp('aof')
    const tar = gunzipSync(artifactOf(stage))
    const [first, ...others] = execFileSync('tar', ['-t'], { input: tar, encoding: 'utf8' })
      .trim()
      .split('\n')
    const manifest = execFileSync('tar', ['-xO', first ?? ''], { input: tar, encoding: 'utf8' })
    const named = [...manifest.matchAll(/^file (\S+) seq \d+ type [bi]$/gm)].map(([, name]) => name)
    assert.equal(first, `${logFolder}/${manifestName}`)
    assert.deepEqual(
      others,
      named.map((name) => `${logFolder}/${name}`),
    )
    assert.equal(named.length, manifest.trim().split('\n').length)
  })

  test('leaves no setting changed and no descriptor open', async (t) => {
    const stage = await backupStage(t)
    const settings = await stage.redis.config('GET', '*')
    await stage.backUp('aof')
    assert.deepEqual(await stage.redis.config('GET', '*'), settings)
    assert.deepEqual(openLogs(stage), [])
  })

  test('is one moment of a dataset that is written meanwhile, and no transaction is cut in two', async (t) => {
    const stage = await backupStage(t)
    await fill(stage.redis)
    await stage.redis.config('SET', 'rdb-key-save-delay', slowSaveMicroseconds)
    const stop = countForever(stage.redis)
    const [asked] = await eventually('it counts', async () => {
      const seen = await countIn(stage.redis)
      return seen[0] > 20 ? seen : undefined
    })
    await stage.backUp('aof')
    const counted = await stop()
    // Written while the rewrite ran: only the log holds it.
    const [count, listed] = await countIn(await loaded(t, 'aof', artifactOf(stage)))
    assert.equal(count, listed)
    assert.ok(count > asked && count <= counted, `${asked} < ${count} ≤ ${counted}`)
  })

  test('is not touched by rewrites that take its files away while it streams', async (t) => {
    const stage = await backupStage(t)
    await fill(stage.redis)
    let open = (): void => undefined
    stage.store.gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const digest = await digestOf(stage.redis)
    const backup = stage.backUp('aof')
    await eventually('its files are open', () => (openLogs(stage).length >= 2 ? true : undefined))
    await stage.redis.flushall()
    await stage.redis.call('BGREWRITEAOF')
    await rewriteRuns(stage, false)
    await eventually('its files are gone', () =>
      openLogs(stage).every((path) => path.endsWith(' (deleted)')) ? true : undefined,
    )
    open()
    await backup
    assert.equal(await digestOf(await loaded(t, 'aof', artifactOf(stage))), digest)
  })
})

suite('a rewrite that runs already', { timeout }, () => {
  for (const command of ['BGREWRITEAOF', 'BGSAVE'])
    test(`or a save (${command}) is waited for, and another rewrite is asked for`, async (t) => {
      const stage = await backupStage(t)
      await fill(stage.redis)
      await rewriteRuns(stage, false)
      await stage.redis.config('SET', 'rdb-key-save-delay', slowSaveMicroseconds)
      const before = baseOf(stage)
      await stage.redis.call(command)
      await stage.redis.set('late', 'but in time')
      await stage.backUp('aof')
      const copy = await loaded(t, 'aof', artifactOf(stage))
      assert.equal(await copy.get('late'), 'but in time')
      const rewrites = command === 'BGSAVE' ? 1 : 2
      assert.equal(baseOf(stage) - before, rewrites)
    })
})

suite('a rewrite that fails', { timeout }, () => {
  for (const signal of ['SIGKILL', 'SIGUSR1'] as const)
    test(`(${signal}) fails the backup with a reason, and stores nothing`, async (t) => {
      const stage = await backupStage(t)
      await fill(stage.redis)
      await stage.redis.config('SET', 'rdb-key-save-delay', slowSaveMicroseconds)
      const failed = assert.rejects(stage.backUp('aof'), failsWith('SnapshotFailed'))
      process.kill(await eventually('its fork writes', () => forkOf(stage)), signal)
      await failed
      assert.equal(stage.store.objects.size, 0)
    })
})

suite('a redis-server without an append-only file', { timeout }, () => {
  test('has nothing to archive', async (t) => {
    const stage = await backupStage(t, ['appendonly no'])
    await assert.rejects(stage.backUp('aof'), failsWith('AofOff'))
  })
})

/** By this process, below the data volume; what is unlinked says so. */
function openLogs({ directory }: BackupStage): readonly string[] {
  return readdirSync('/proc/self/fd')
    .map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`)
      } catch {
        return ''
      }
    })
    .filter((path) => path.startsWith(join(directory, logFolder)))
}

/** Its number. */
function baseOf({ directory }: BackupStage): number {
  const bases = readdirSync(join(directory, logFolder)).map((name) => /\.(\d+)\.base\.rdb$/.exec(name)?.[1])
  return Math.max(...bases.map((number) => Number(number ?? 0)))
}

function forkOf({ directory }: BackupStage): number | undefined {
  const name = readdirSync(directory).find((file) => /^temp-rewriteaof-\d+\.aof$/.test(file))
  return name === undefined ? undefined : Number(/\d+/.exec(name)?.[0])
}
