// The rdb method against a real redis-server: what is stored loads as the dataset that was there when it was asked for.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { BackupFailure } from '../../../instance/backup/failure.ts'
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

async function forkRuns({ serving }: BackupStage): Promise<void> {
  await eventually('a fork runs', async () =>
    persistenceOf(await serving.control().info()).forked ? true : undefined,
  )
}

const artifactOf = ({ store }: BackupStage, key = 'nightly.rdb'): Buffer =>
  store.objects.get(key)?.content ?? assert.fail(`no ${key}`)

const failsWith =
  (reason: string) =>
  (error: unknown): boolean =>
    error instanceof BackupFailure && error.reason === reason

suite('a backup by rdb', { timeout }, () => {
  test('loads into a plain redis-server as the dataset that was there', async (t) => {
    const stage = await backupStage(t)
    await fill(stage.redis)
    const { backupSize, checksumSHA256, redisVersion, datasetBytes = 0 } = await stage.backUp('rdb')
    const artifact = artifactOf(stage)
    assert.equal(backupSize, artifact.length)
    assert.equal(checksumSHA256, createHash('sha256').update(artifact).digest('hex'))
    assert.match(redisVersion ?? '', /^\d+\.\d+/)
    assert.ok(datasetBytes > 0)
    const copy = await loaded(t, 'rdb', artifact)
    assert.equal(await digestOf(copy), await digestOf(stage.redis))
    assert.equal(await copy.call('FCALL', 'one', '0'), 1)
    assert.ok((await copy.ttl('later')) > 3000)
  })

  test('says in its metadata what it is', async (t) => {
    const stage = await backupStage(t)
    await stage.backUp('rdb', { backupUID: 'b1' })
    const metadata = stage.store.objects.get('nightly.rdb')?.metadata ?? {}
    assert.deepEqual(
      [metadata['backup-uid'], metadata['cluster-uid'], metadata['method'], metadata['artifact-type']],
      ['b1', 'cluster-1', 'rdb', 'rdb'],
    )
  })

  test('leaves no file on the volume, no setting changed, and no descriptor open', async (t) => {
    const stage = await backupStage(t)
    await fill(stage.redis)
    const settings = await stage.redis.config('GET', '*')
    await stage.backUp('rdb')
    assert.deepEqual(await stage.redis.config('GET', '*'), settings)
    assert.deepEqual(
      readdirSync(stage.directory).filter((name) => name.endsWith('.rdb')),
      [],
    )
    assert.deepEqual(openRdbFiles(stage.directory), [])
  })

  test('is one moment of a dataset that is written meanwhile', async (t) => {
    const stage = await backupStage(t)
    await fill(stage.redis)
    const stop = countForever(stage.redis)
    const [asked] = await eventually('it counts', async () => {
      const seen = await countIn(stage.redis)
      return seen[0] > 20 ? seen : undefined
    })
    await stage.backUp('rdb')
    const counted = await stop()
    const [count, listed] = await countIn(await loaded(t, 'rdb', artifactOf(stage)))
    assert.equal(count, listed)
    assert.ok(count >= asked && count <= counted, `${asked} ≤ ${count} ≤ ${counted}`)
  })
})

suite('a fork that runs already', { timeout }, () => {
  for (const command of ['BGSAVE', 'BGREWRITEAOF'])
    test(`(${command}) is waited for: what was written after it began is in the backup`, async (t) => {
      const stage = await backupStage(t)
      await fill(stage.redis)
      await eventually('the first rewrite is over', async () =>
        persistenceOf(await stage.serving.control().info()).forked ? undefined : true,
      )
      await stage.redis.config('SET', 'rdb-key-save-delay', slowSaveMicroseconds)
      await stage.redis.call(command)
      await forkRuns(stage)
      await stage.redis.set('late', 'but in time')
      await stage.backUp('rdb')
      const copy = await loaded(t, 'rdb', artifactOf(stage))
      assert.equal(await copy.get('late'), 'but in time')
    })
})

suite('a save that fails', { timeout }, () => {
  test('fails the backup with a reason, and stores nothing', async (t) => {
    const stage = await backupStage(t)
    await fill(stage.redis)
    await stage.redis.config('SET', 'rdb-key-save-delay', slowSaveMicroseconds)
    const backup = stage.backUp('rdb')
    const failed = assert.rejects(backup, failsWith('SnapshotFailed'))
    const fork = await eventually('its fork writes', () => forkOf(stage))
    process.kill(fork, 'SIGKILL')
    await failed
    assert.equal(stage.store.objects.size, 0)
  })

  test('though Redis takes it for none, as when a full sync ends it, is seen by the missing file', async (t) => {
    const stage = await backupStage(t)
    await fill(stage.redis)
    await stage.redis.config('SET', 'rdb-key-save-delay', slowSaveMicroseconds)
    const failed = assert.rejects(stage.backUp('rdb'), failsWith('SnapshotFailed'))
    const fork = await eventually('its fork writes', () => forkOf(stage))
    process.kill(fork, 'SIGUSR1')
    await failed
    assert.match(await stage.redis.info('persistence'), /rdb_last_bgsave_status:ok/)
  })

  test('leaves what it wrote only until the next backup', async (t) => {
    const stage = await backupStage(t)
    const gone = join(stage.directory, 'temp-4194305.rdb')
    const alive = join(stage.directory, `temp-${stage.redisPid}.rdb`)
    for (const file of [gone, alive]) writeFileSync(file, 'half')
    await stage.backUp('rdb')
    assert.deepEqual([existsSync(gone), existsSync(alive)], [false, true])
  })
})

suite('an abort', { timeout }, () => {
  test('while Redis saves is done when the save is, and leaves nothing', async (t) => {
    const stage = await backupStage(t)
    await fill(stage.redis)
    await stage.redis.config('SET', 'rdb-key-save-delay', slowSaveMicroseconds)
    const controller = new AbortController()
    const failed = assert.rejects(stage.backUp('rdb', {}, controller.signal), failsWith('Aborted'))
    await eventually('its fork writes', () => forkOf(stage))
    controller.abort(new BackupFailure('Aborted', 'enough'))
    await failed
    assert.deepEqual(
      readdirSync(stage.directory).filter((name) => name.endsWith('.rdb')),
      [],
    )
    assert.equal(stage.store.objects.size, 0)
  })

  test('while it uploads closes the file', async (t) => {
    const stage = await backupStage(t)
    await fill(stage.redis)
    stage.store.gate = new Promise(() => undefined)
    const controller = new AbortController()
    const failed = assert.rejects(stage.backUp('rdb', {}, controller.signal))
    await eventually('the file is open and unlinked', () =>
      openRdbFiles(stage.directory).length > 0 ? true : undefined,
    )
    controller.abort(new BackupFailure('Aborted', 'enough'))
    await failed
    await eventually('the file is closed', () =>
      openRdbFiles(stage.directory).length === 0 ? true : undefined,
    )
  })
})

suite('dump.rdb of a redis-server without an append-only file', { timeout }, () => {
  test('stays: it is what it starts from', async (t) => {
    const stage = await backupStage(t, ['appendonly no'])
    await fill(stage.redis)
    await stage.backUp('rdb')
    assert.deepEqual(readFileSync(join(stage.directory, 'dump.rdb')), artifactOf(stage))
  })
})

/** By this process, unlinked or not. */
function openRdbFiles(directory: string): readonly string[] {
  return readdirSync('/proc/self/fd')
    .map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`)
      } catch {
        return ''
      }
    })
    .filter((path) => path.startsWith(directory) && path.includes('.rdb'))
}

function forkOf({ directory }: BackupStage): number | undefined {
  const name = readdirSync(directory).find((file) => /^temp-\d+\.rdb$/.test(file))
  return name === undefined ? undefined : Number(/\d+/.exec(name)?.[0])
}
