// Killed at any moment of a backup, Redis comes back with its data, and the store holds a whole artifact or none.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { objectKey, type BackupMethod, type BackupRequest } from '../../../instance/artifact.ts'
import { backupProcess, never, type BackupProcess } from '../../support/backup-process.ts'
import { loaded } from '../../support/backup-stage.ts'
import { chance, type Chance } from '../../support/chance.ts'
import { target } from '../../support/instance-process.ts'
import { contentOf } from '../../support/s3-server.ts'

const timeout = 240_000
const random = chance()
const moments = 10
const methods: readonly BackupMethod[] = ['rdb', 'aof']
const values = 20

/** Nothing that compresses, and more than two parts. */
async function fill(client: Redis): Promise<void> {
  for (let n = 0; n < values; n++) await client.set(`value-${n}`, randomBytes(2 ** 20))
  await client.set('small', 'one')
}

async function sumOf(client: Redis): Promise<string> {
  const hash = createHash('sha256')
  for (const key of (await client.keys('*')).toSorted())
    hash.update(key).update((await client.getBuffer(key)) ?? '')
  return hash.digest('hex')
}

interface Pace {
  /** Until the first byte goes to the store. */
  readonly snapshotMs: number
  readonly bytes: number
}

async function paceOf(stage: BackupProcess, request: BackupRequest): Promise<Pace> {
  const startedMs = performance.now()
  const sending = stage.proxy.next('UploadPart').then(() => performance.now() - startedMs)
  const { status, body } = await stage.post(request)
  assert.equal(status, 200, body.detail)
  return { snapshotMs: await sending, bytes: body.backupSize }
}

/** A quarter of them while Redis writes; the others by bytes, some of them behind the last one. */
async function moment(stage: BackupProcess, pace: Pace, { next }: Chance): Promise<string> {
  if (next() < 0.25) {
    const ms = Math.round(next() * pace.snapshotMs)
    await pause(ms)
    return `after ${ms} ms`
  }
  const bytes = Math.ceil(1.02 * next() * pace.bytes)
  await stage.proxy.passed(bytes)
  return `after ${bytes} bytes`
}

async function isWhole(
  t: TestContext,
  stage: BackupProcess,
  key: string,
  method: BackupMethod,
  sum: string,
): Promise<void> {
  const copy = await loaded(t, method, contentOf(stage.store, key))
  assert.equal(await sumOf(copy), sum)
  await copy.shutdown('NOSAVE').catch(() => undefined)
}

describe('an instance that is killed while it backs up', { timeout }, () => {
  it(`at ${moments} random moments has lost nothing and left nothing half (SEED=${random.seed})`, async (t) => {
    const stage = await backupProcess(t)
    const client = stage.instance.client()
    await fill(client)
    const sum = await sumOf(client)
    const paces = [
      await paceOf(stage, stage.request({ method: 'rdb', backupName: 'pace' })),
      await paceOf(stage, stage.request({ method: 'aof', backupName: 'pace' })),
    ] as const
    for (let round = 0; round < moments; round++) {
      const method = methods[round % 2] ?? 'rdb'
      const request = stage.request({ method, backupName: `round-${round}` })
      const key = objectKey(request.destination.s3, request.backupName, method)
      const reached = moment(stage, paces[round % 2 === 0 ? 0 : 1], random)
      await stage.begin(request)
      const over = stage.finished(request.backupName).then(
        () => 'when it was finished',
        () => never,
      )
      const when = await Promise.race([reached, over])
      await stage.instance.kill('SIGKILL')
      await stage.proxy.quiet()
      const left = (await stage.store.objects()).filter((object) => object.key === key)
      t.diagnostic(
        `${method} killed ${when}: ${left.length} objects, ${(await stage.store.unfinishedUploads()).length} uploads`,
      )
      if (left.length > 0) await isWhole(t, stage, key, method, sum)
      await stage.instance.start()
      stage.instance.api.reign = target(round + 2)
      await stage.instance.open(round + 2)
      assert.equal(await sumOf(client), sum, when)
      const { status, body } = await stage.post(request)
      assert.equal(status, 200, body.detail)
      assert.equal(
        body.checksumSHA256,
        createHash('sha256').update(contentOf(stage.store, key)).digest('hex'),
      )
      await isWhole(t, stage, key, method, sum)
      assert.deepEqual(await stage.store.unfinishedUploads(), [], when)
    }
  })
})
