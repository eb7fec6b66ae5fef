// A backup that is not what it should be, or does not fit, is refused with a sentence, and nothing of it is ever served.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { mounts } from '../../../instance/api.ts'
import type { RestoreReport } from '../../../instance/artifact.ts'
import { artifactOf, logOf, richData, tarOf, type TestArtifact } from '../../support/artifacts.ts'
import { restoreStage, type RestoreStage } from '../../support/restore-stage.ts'

const timeout = 120_000

async function isRefused(stage: RestoreStage, why: RegExp): Promise<RestoreReport> {
  const report = await stage.reaches('Failed', 20)
  assert.match(report.reason ?? '', why)
  assert.match(report.reason ?? '', /\(trying again in 60 s\)$/)
  assert.equal((await stage.instance.status()).redis.state, 'waiting')
  assert.throws(() => stage.instance.redisPid(), /no redis-server listens/)
  assert.ok(!stage.hasData())
  assert.ok(!existsSync(join(stage.data, 'restoring')))
  return report
}

const smallRdb = (t: TestContext): Promise<TestArtifact> =>
  artifactOf(t, 'rdb', (client) => client.set('only', 'one'))

describe('a backup is refused', { timeout }, () => {
  it('when a byte of it has changed', async (t) => {
    for (const type of ['rdb', 'aof-archive'] as const) {
      const artifact = await artifactOf(t, type, richData)
      const stage = await restoreStage(t, artifact)
      stage.store.fault({
        on: 'GetObject',
        times: 9,
        act: { kind: 'CorruptAnswer', atByte: Math.floor(artifact.content.length / 2) },
      })
      stage.instance.spawn()
      await isRefused(stage, /the SHA-256 of .* is [0-9a-f]{64}, not [0-9a-f]{64}|cannot be unpacked/)
    }
  })

  it('when it is another one than the RedisBackup made', async (t) => {
    const stage = await restoreStage(t, await smallRdb(t), { backupSize: 7 })
    stage.instance.spawn()
    await isRefused(stage, /the backup had 7: it was replaced/)
  })

  it('when its last command is torn', async (t) => {
    const { files } = await logOf(t, richData)
    const torn = files.map(({ name, content }) => ({
      name,
      content: name.endsWith('2.incr.aof') ? content.subarray(0, -3) : content,
    }))
    const stage = await restoreStage(t, { artifactType: 'aof-archive', content: await tarOf(torn) })
    stage.instance.spawn()
    await isRefused(stage, /cannot be loaded: .*Unexpected end of file/)
  })

  it('when it is torn, or no RDB file, though its checksum is right', async (t) => {
    const { content } = await artifactOf(t, 'rdb', richData)
    const cases = [
      [content.subarray(0, -2000), /cannot be loaded/],
      [Buffer.from('this is no RDB file'), /is not an RDB file/],
    ] as const
    for (const [wrong, why] of cases) {
      const stage = await restoreStage(t, { artifactType: 'rdb', content: wrong })
      stage.instance.spawn()
      await isRefused(stage, why)
    }
  })

  it('when it holds a link', async (t) => {
    const { files } = await logOf(t, richData)
    const link = {
      name: 'appendonlydir/appendonly.aof.9.incr.aof',
      type: 'symlink',
      linkname: '/etc/passwd',
    } as const
    const stage = await restoreStage(t, {
      artifactType: 'aof-archive',
      content: await tarOf([...files, link]),
    })
    stage.instance.spawn()
    await isRefused(stage, /is a symlink, not a file/)
  })

  it('when a newer major version wrote it: said before, or only by the file itself', async (t) => {
    const artifact = await smallRdb(t)
    const told = await restoreStage(t, artifact, { redisVersion: '99.1.0' })
    told.instance.spawn()
    await isRefused(told, /written by version 99\.1\.0, .* runs [0-9.]+: set spec.imageName/)
    assert.deepEqual(told.store.operations, [])
    const content = Buffer.from(
      artifact.content.toString('latin1').replace(/redis-ver(.)\d\./s, 'redis-ver$19.'),
      'latin1',
    )
    const untold = await restoreStage(t, { artifactType: 'rdb', content })
    untold.instance.spawn()
    await isRefused(untold, /written by version 9\./)
  })

  it('when its format is unknown, with the words of redis-server', async (t) => {
    const { content } = await smallRdb(t)
    content.write('REDIS0099', 'latin1')
    const stage = await restoreStage(t, { artifactType: 'rdb', content })
    stage.instance.spawn()
    await isRefused(stage, /Can't handle RDB format version 99/)
  })

  it('when memory does not suffice', async (t) => {
    const stage = await restoreStage(t, await smallRdb(t), { datasetBytes: 300 * 2 ** 20 })
    const cgroup = join(stage.instance.root, 'sys/fs/cgroup')
    mkdirSync(cgroup, { recursive: true })
    writeFileSync(join(cgroup, 'memory.max'), `${400 * 2 ** 20}\n`)
    writeFileSync(join(cgroup, 'memory.current'), `${200 * 2 ** 20}\n`)
    writeFileSync(join(cgroup, 'memory.stat'), `anon 1\ninactive_file ${50 * 2 ** 20}\n`)
    stage.instance.spawn()
    await isRefused(stage, /needs 364 MiB of memory, 250 MiB of the limit of 400 MiB are left/)
    assert.deepEqual(stage.store.operations, [])
  })

  it('when nothing lies where it should, or the credentials are missing', async (t) => {
    const missing = await restoreStage(t, await smallRdb(t), { objectKey: 'redis/gone.rdb' })
    missing.instance.spawn()
    await isRefused(missing, /there is no redis\/gone\.rdb/)
    const locked = await restoreStage(t, await smallRdb(t))
    rmSync(locked.instance.root + mounts.backupCredentials, { recursive: true })
    locked.instance.spawn()
    await isRefused(locked, /redential/)
  })
})
