// Backups over HTTP, of a real instance into a real object store: asked for, looked at, taken back.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { Value } from '@sinclair/typebox/value'
import type { Redis } from 'ioredis'
import { InstanceStatus, mounts, problemType, type ProblemCode } from '../../../instance/api.ts'
import { BackupAnswer, BackupReport, type BackupMethod } from '../../../instance/artifact.ts'
import { eventually } from '../../e2e/eventually.ts'
import {
  backupProcess,
  bearer,
  never,
  type BackupAnswered,
  type BackupProcess,
} from '../../support/backup-process.ts'
import { fill, loaded } from '../../support/backup-stage.ts'
import { identity, target } from '../../support/instance-process.ts'
import { contentOf } from '../../support/s3-server.ts'

const timeout = 120_000

function refusedAs({ status, body }: BackupAnswered, code: ProblemCode, expected: number): void {
  assert.deepEqual([body.type, status], [problemType(code), expected], body.detail)
}

suite('POST /v1/backup', { timeout }, () => {
  for (const [method, suffix] of [
    ['rdb', '.rdb'],
    ['aof', '.aof.tar.gz'],
  ] as const satisfies readonly (readonly [BackupMethod, string])[])
    test(`answers with the artifact when it is stored (${method}), and Redis goes on`, async (t) => {
      const stage = await backupProcess(t)
      const client = stage.instance.client()
      await fill(client)
      const { status, body } = await stage.post(stage.request({ method }))
      assert.equal(status, 200, body.detail)
      assert.ok(Value.Check(BackupAnswer, body))
      const key = `redis/nightly${suffix}`
      const content = contentOf(stage.store, key)
      assert.deepEqual(
        [body.objectKey, body.backupPath, body.backupSize],
        [key, `s3://${stage.store.bucket}/${key}`, content.length],
      )
      assert.equal(body.checksumSHA256, createHash('sha256').update(content).digest('hex'))
      assert.equal(await (await loaded(t, method, content)).dbsize(), await client.dbsize())
      assert.equal(await client.set('after', 'it goes on'), 'OK')
      assert.equal(existsSync(join(stage.instance.root, mounts.data, 'dump.rdb')), false)
    })

  test('answers at once when it is asked to, and the report tells how it goes and what came of it', async (t) => {
    const stage = await backupProcess(t)
    let go = (): void => undefined
    const until = new Promise<void>((resolve) => {
      go = resolve
    })
    stage.proxy.fault({ on: 'PutObject', act: { kind: 'Hold', until } })
    const { status, headers, body } = await stage.begin(stage.request())
    assert.equal(status, 202)
    assert.deepEqual([headers.get('preference-applied'), body.phase], ['respond-async', 'Running'])
    assert.equal(headers.get('location'), '/v1/backups/nightly')
    const running = await eventually('it uploads', async () => {
      const report = (await stage.look('nightly', { query: { ...identity, backup: 'b1' } })).body
      return report.step === 'Upload' ? report : undefined
    })
    assert.ok(Value.Check(BackupReport, running) && (running.totalBytes ?? 0) > 0)
    const reported = await stage.instance.status()
    assert.ok(Value.Check(InstanceStatus, reported))
    assert.deepEqual(reported.backup, { backupName: 'nightly', backupUID: 'b1', step: 'Upload' })
    go()
    const report = await stage.finished('nightly')
    assert.ok(Value.Check(BackupReport, report), JSON.stringify(report))
    assert.equal(report.phase, 'Completed', JSON.stringify(report.error))
    const content = contentOf(stage.store, 'redis/nightly.rdb')
    assert.equal(report.checksumSHA256, createHash('sha256').update(content).digest('hex'))
    assert.ok((report.datasetBytes ?? 0) > 0 && report.redisVersion !== undefined)
    assert.equal((await stage.instance.status()).backup, undefined)
  })

  test('twice for the same backup is one job; for another one it says who is busy', async (t) => {
    const stage = await backupProcess(t)
    stage.proxy.fault({ on: 'PutObject', act: { kind: 'Hold', until: never } })
    const begun = stage.proxy.next('PutObject')
    await stage.begin(stage.request())
    await begun
    const again = await stage.begin(stage.request())
    assert.deepEqual([again.status, again.body.step], [202, 'Upload'])
    const other = await stage.begin(stage.request({ backupName: 'weekly', backupUID: 'b2' }))
    refusedAs(other, 'backup-busy', 409)
    assert.match(other.body.detail, /nightly/)
  })

  test('says why a backup failed, in words of the store, and keeps no secret in them', async (t) => {
    const stage = await backupProcess(t)
    const destination = { s3: { ...stage.request().destination.s3, bucket: 'no-such-bucket' } }
    const answer = await stage.post(stage.request({ destination }))
    refusedAs(answer, 'backup-failed', 500)
    assert.match(answer.body.detail, /^BucketMissing: /)
    const text = JSON.stringify([answer.body, (await stage.look('nightly')).body])
    const { accessKeyId, secretAccessKey } = stage.store.credentials
    assert.ok(!text.includes(accessKeyId) && !text.includes(secretAccessKey))
  })
})

suite('who may ask', { timeout }, () => {
  test('for a backup holds the token and means this Pod; anybody may look', async (t) => {
    const stage = await backupProcess(t)
    const request = stage.request()
    refusedAs(await stage.post(request, { headers: {} }), 'unauthorized', 401)
    refusedAs(await stage.post(request, { query: {} }), 'bad-request', 400)
    refusedAs(await stage.post(request, { query: { ...identity, pod: 'other' } }), 'wrong-identity', 409)
    refusedAs(await stage.post({ ...request, backupName: '../x' }), 'bad-request', 400)
    refusedAs(await stage.look('nightly'), 'no-such-backup', 404)
    refusedAs(await stage.remove('nightly', { headers: {} }), 'unauthorized', 401)
    refusedAs(await stage.remove('nightly'), 'no-such-backup', 404)
    assert.equal((await stage.post(request)).status, 200)
    assert.equal((await stage.look('nightly')).status, 200)
    refusedAs(await stage.look('nightly', { query: { backup: 'b2' } }), 'no-such-backup', 404)
    refusedAs(await stage.look('nightly', { query: { pod: 'other' } }), 'wrong-identity', 409)
  })
})

suite('a backup that is no longer wanted', { timeout }, () => {
  test('is taken back by DELETE, which answers when nothing is left', async (t) => {
    const stage = await backupProcess(t)
    stage.proxy.fault({ on: 'PutObject', act: { kind: 'Hold', until: never } })
    const begun = stage.proxy.next('PutObject')
    await stage.begin(stage.request())
    await begun
    const { status, body } = await stage.remove('nightly', { query: { backup: 'b1' } })
    assert.deepEqual([status, body.phase, body.error?.reason], [200, 'Failed', 'Aborted'])
    assert.deepEqual([await stage.store.objects(), await stage.store.unfinishedUploads()], [[], []])
    assert.equal((await stage.post(stage.request())).status, 200)
  })

  test('ends with the connection of the only one who waited for it', async (t) => {
    const stage = await backupProcess(t)
    stage.proxy.fault({ on: 'PutObject', act: { kind: 'Hold', until: never } })
    const begun = stage.proxy.next('PutObject')
    const client = new AbortController()
    const posted = stage.post(stage.request(), { signal: client.signal })
    await begun
    client.abort()
    await assert.rejects(posted)
    const report = await stage.finished('nightly')
    assert.equal(report.error?.reason, 'Aborted')
    assert.deepEqual(await stage.store.objects(), [])
  })

  test('is taken back when its instance is told to end', async (t) => {
    const stage = await backupProcess(t)
    await bulky(stage.instance.client())
    stage.proxy.fault({ on: 'UploadPart', act: { kind: 'Hold', until: never }, times: 9 })
    const begun = stage.proxy.next('UploadPart')
    await stage.begin(stage.request())
    await begun
    assert.equal((await stage.store.unfinishedUploads()).length, 1)
    await stage.instance.kill('SIGTERM')
    assert.deepEqual([await stage.store.objects(), await stage.store.unfinishedUploads()], [[], []])
  })
})

suite('an instance that is killed while it backs up', { timeout }, () => {
  test('serves again afterwards with its settings, and the backup can be asked for again', async (t) => {
    const stage = await backupProcess(t)
    const client = stage.instance.client()
    await bulky(client)
    let go = (): void => undefined
    const until = new Promise<void>((resolve) => {
      go = resolve
    })
    stage.proxy.fault({ on: 'UploadPart', act: { kind: 'Hold', until }, times: 9 })
    const begun = stage.proxy.next('UploadPart')
    await stage.begin(stage.request({ method: 'aof' }))
    await begun
    const keys = await client.dbsize()
    const redis = stage.instance.redisPid()
    await stage.instance.kill('SIGKILL')
    await eventually('redis-server is gone, too', () => (existsSync(`/proc/${redis}`) ? undefined : true))
    await stage.instance.start()
    assert.equal((await stage.look('nightly')).status, 404)
    stage.instance.api.reign = target(2)
    await stage.instance.open(2)
    assert.equal(await stage.instance.client().dbsize(), keys)
    assert.deepEqual(await stage.store.objects(), [])
    go()
    const { status, body } = await stage.post(stage.request({ method: 'aof' }), { headers: bearer })
    assert.equal(status, 200, body.detail)
  })
})

suite('what a killed instance has sent', { timeout }, () => {
  test('is gone from the store when the same backup is completed', async (t) => {
    const stage = await backupProcess(t)
    await bulky(stage.instance.client())
    await killedInMidUpload(stage)
    assert.equal((await stage.store.unfinishedUploads()).length, 1)
    await stage.instance.start()
    stage.instance.api.reign = target(2)
    await stage.instance.open(2)
    const { status, body } = await stage.post(stage.request())
    assert.equal(status, 200, body.detail)
    const objects = await stage.store.objects()
    assert.deepEqual(objects, [{ key: 'redis/nightly.rdb', bytes: body.backupSize }])
    assert.deepEqual(await stage.store.unfinishedUploads(), [])
  })

  for (const [status, code] of [
    [403, 'AccessDenied'],
    [501, 'NotImplemented'],
  ] as const)
    test(`stays, and the backup is completed, where the store answers ${code} to who looks for it`, async (t) => {
      const stage = await backupProcess(t)
      stage.proxy.fault({
        on: 'ListMultipartUploads',
        times: Infinity,
        act: { kind: 'Refuse', status, code },
      })
      const answer = await stage.post(stage.request())
      assert.equal(answer.status, 200, answer.body.detail)
      assert.ok(stage.proxy.operations.includes('ListMultipartUploads'))
    })
})

async function killedInMidUpload({ instance, proxy, begin, request }: BackupProcess): Promise<void> {
  proxy.fault({ on: 'UploadPart', when: isThird(), act: { kind: 'Hold', until: never }, times: 9 })
  const sent = proxy.answered('UploadPart')
  await begin(request())
  await sent
  await instance.kill('SIGKILL')
  proxy.clear()
}

/** The first two parts arrive. */
function isThird(): () => boolean {
  let parts = 0
  return () => (parts += 1) > 2
}

/** More than one part, and nothing that compresses. */
async function bulky(client: Redis): Promise<void> {
  for (let key = 0; key < 24; key++) await client.set(`bulk:${key}`, randomBytes(2 ** 20))
}
