// A backup that is to be verified, of a real instance: read back from the store, loaded beside the redis-server that serves, counted.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { BackupMethod, Verification } from '../../../instance/artifact.ts'
import { mounts } from '../../../instance/api.ts'
import { backupProcess, type BackupProcess } from '../../support/backup-process.ts'
import { digestOf, fill, loaded } from '../../support/backup-stage.ts'
import { contentOf } from '../../support/s3-server.ts'

const timeout = 120_000
const methods: readonly (readonly [BackupMethod, string])[] = [
  ['rdb', 'redis/nightly.rdb'],
  ['aof', 'redis/nightly.aof.tar.gz'],
]

async function verified(stage: BackupProcess, method: BackupMethod): Promise<Verification> {
  const { status, body } = await stage.post(stage.request({ method, verify: true }))
  assert.equal(status, 200, body.detail)
  const { phase, step, verification } = (await stage.look('nightly')).body
  assert.deepEqual([phase, step], ['Completed', 'Verify'])
  return verification ?? assert.fail('nothing is told of the verification')
}

suite('a backup that is verified', { timeout }, () => {
  for (const [method, key] of methods)
    test(`tells how many keys and what data came out of it (${method})`, async (t) => {
      const stage = await backupProcess(t)
      await fill(stage.instance.client())
      const { at, ...verification } = await verified(stage, method)
      assert.ok(!Number.isNaN(Date.parse(at)))
      const copy = await loaded(t, method, contentOf(stage.store, key))
      const others = await copy.select(3).then(() => copy.dbsize())
      await copy.select(0)
      const keys = (await copy.dbsize()) + others
      assert.deepEqual(verification, { kind: 'Verified', keys, digest: await digestOf(copy) })
    })

  for (const [method, key] of methods)
    test(`tells that the store gives back something else (${method}), and Redis serves on`, async (t) => {
      const stage = await backupProcess(t)
      const client = stage.instance.client()
      await fill(client)
      stage.proxy.fault({ on: 'GetObject', times: Infinity, act: { kind: 'CorruptAnswer', atByte: 2000 } })
      const verification = await verified(stage, method)
      assert.equal(verification.kind, 'Failed')
      assert.match(JSON.stringify(verification), /the SHA-256 of .* is [0-9a-f]{64}|cannot be unpacked/)
      assert.ok(contentOf(stage.store, key).length > 0)
      assert.equal(await client.set('after', 'it goes on'), 'OK')
    })

  test('is not tried where memory does not suffice for a second Redis, and the backup stands', async (t) => {
    const stage = await backupProcess(t)
    const cgroup = join(stage.instance.root, 'sys/fs/cgroup')
    mkdirSync(cgroup, { recursive: true })
    writeFileSync(join(cgroup, 'memory.max'), `${100 * 2 ** 20}\n`)
    writeFileSync(join(cgroup, 'memory.current'), `${90 * 2 ** 20}\n`)
    const verification = await verified(stage, 'rdb')
    assert.equal(verification.kind, 'Refused')
    assert.match(JSON.stringify(verification), /10 MiB of the limit of 100 MiB are left/)
    assert.ok(
      !stage.proxy.operations.slice(stage.proxy.operations.indexOf('PutObject')).includes('GetObject'),
    )
    assert.ok(contentOf(stage.store, 'redis/nightly.rdb').length > 0)
    assert.ok(!existsSync(join(stage.instance.root + mounts.data, 'verifying')))
  })
})
