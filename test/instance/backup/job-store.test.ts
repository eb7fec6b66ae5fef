// What a job does about an object that is there already, and about a store that shows something else than was sent.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { BackupFailure } from '../../../instance/backup/failure.ts'
import { StoreError } from '../../../instance/backup/store.ts'
import type { Sight } from '../../../instance/engine.ts'
import { eventually } from '../../e2e/eventually.ts'
import { backupRequest, backupStage, digestOf, fill, loaded } from '../../support/backup-stage.ts'
import { backupRunner, type BackupWorld } from '../../../instance/backup/run.ts'

const timeout = 60_000

const failsWith =
  (reason: string) =>
  (error: unknown): boolean =>
    error instanceof BackupFailure && error.reason === reason

suite('an object of this name', { timeout }, () => {
  test('that is of this very backup is taken for its artifact, with a checksum that was read from it', async (t) => {
    const stage = await backupStage(t)
    const first = await stage.backUp('rdb', { backupUID: 'b1' })
    await stage.redis.set('more', 'data')
    const again = await stage.backUp('rdb', { backupUID: 'b1' })
    const { backupSize, checksumSHA256, redisVersion, datasetBytes } = first
    assert.deepEqual(
      [again.backupSize, again.checksumSHA256, again.redisVersion, again.datasetBytes],
      [backupSize, checksumSHA256, redisVersion, datasetBytes],
    )
  })

  test('of another backup, or made by hand, is left alone', async (t) => {
    const stage = await backupStage(t)
    await stage.backUp('rdb', { backupUID: 'b1' })
    const content = stage.store.objects.get('nightly.rdb')?.content
    await assert.rejects(stage.backUp('rdb', { backupUID: 'b2' }), failsWith('KeyTaken'))
    await assert.rejects(stage.backUp('rdb'), failsWith('KeyTaken'))
    assert.equal(stage.store.objects.get('nightly.rdb')?.content, content)
  })

  test('that appears while this one is made is treated the same', async (t) => {
    for (const [uid, outcome] of [
      ['b1', 'Completed'],
      ['b2', 'KeyTaken'],
    ] as const) {
      const stage = await backupStage(t)
      const late = { content: Buffer.from('late'), metadata: { 'backup-uid': uid } }
      stage.store.gate = eventually('the upload begins', () => {
        stage.store.objects.set('nightly.rdb', late)
        return true
      })
      const { head } = stage.store
      let looks = 0
      stage.store.head = (key) => ((looks += 1) === 1 ? Promise.resolve(undefined) : head(key))
      const backup = stage.backUp('rdb', { backupUID: 'b1' })
      if (outcome === 'Completed') assert.equal((await backup).backupSize, 4)
      else await assert.rejects(backup, failsWith(outcome))
      assert.equal(stage.store.objects.get('nightly.rdb'), late)
    }
  })
})

suite('a store that shows another size than was sent', { timeout }, () => {
  test('fails the backup, and its object is taken away', async (t) => {
    const stage = await backupStage(t)
    const { put } = stage.store
    stage.store.put = async (key, body, options) => {
      await put(key, body, options)
      stage.store.objects.set(key, { content: Buffer.from('half'), metadata: {} })
    }
    await assert.rejects(stage.backUp('rdb'), failsWith('UploadDiffers'))
    assert.equal(stage.store.objects.size, 0)
  })
})

suite('an instance that has nothing to back up', { timeout }, () => {
  const cases: readonly (readonly [string, Partial<Sight>, string])[] = [
    ['its redis-server does not answer', { state: 'hung' }, 'RedisDown'],
    ['it was not in sync since it started', { writableEpoch: 0, syncedEpoch: 0 }, 'NotInSync'],
  ]
  for (const [why, sight, reason] of cases)
    test(`says so: ${why}`, async (t) => {
      const stage = await backupStage(t)
      const serving = { ...stage.serving, seen: () => ({ ...stage.serving.seen(), ...sight }) }
      await assert.rejects(run({ ...stage.world, redis: serving }), failsWith(reason))
      assert.equal(stage.store.objects.size, 0)
    })

  for (const [why, change, reason] of [
    ['loading', { loading: true }, 'Loading'],
    ['in a full sync', { syncInProgress: true }, 'NotInSync'],
  ] as const)
    test(`says so: it is ${why}`, async (t) => {
      const stage = await backupStage(t)
      const info = stage.serving.seen().info ?? assert.fail()
      const serving = {
        ...stage.serving,
        seen: () => ({ ...stage.serving.seen(), info: { ...info, ...change } }),
      }
      await assert.rejects(run({ ...stage.world, redis: serving }), failsWith(reason))
    })

  test('says so: no redis-server runs', async (t) => {
    const stage = await backupStage(t)
    const control = (): never => {
      throw new Error('redis-server is not running')
    }
    await assert.rejects(
      run({ ...stage.world, redis: { ...stage.serving, control } }),
      failsWith('RedisDown'),
    )
  })

  test('says so: its volume has less room than the dataset may take', async (t) => {
    const stage = await backupStage(t)
    const control = stage.serving.control()
    const boasting = {
      ...control,
      info: async () => {
        const info = await control.info()
        return { ...info, fields: { ...info.fields, used_memory_dataset: String(2 ** 50) } }
      },
    }
    const world = { ...stage.world, redis: { ...stage.serving, control: () => boasting } }
    for (const method of ['rdb', 'aof'] as const)
      await assert.rejects(run(world, method), failsWith('DiskFull'))
  })

  const run = (world: BackupWorld, method: 'rdb' | 'aof' = 'rdb'): Promise<void> =>
    backupRunner(world)(backupRequest(method), '', () => undefined, new AbortController().signal)
})

suite('verification', { timeout }, () => {
  test('gets the artifact as it is stored, and its verdict is told', async (t) => {
    const stage = await backupStage(t)
    await fill(stage.redis)
    const digest = await digestOf(stage.redis)
    const told: unknown[] = []
    const world: BackupWorld = {
      ...stage.world,
      async verify(store, { key, method, bytes }, signal) {
        const chunks = await (await store.get(key, signal)).body.toArray()
        const artifact = Buffer.concat(chunks as Buffer[])
        assert.equal(artifact.length, bytes)
        const copy = await loaded(t, method, artifact)
        return { kind: 'Verified', keys: await copy.dbsize(), digest: await digestOf(copy), at: '' }
      },
    }
    const request = backupRequest('rdb', { verify: true })
    await backupRunner(world)(request, '', (change) => void told.push(change.verification), nobodyAborts)
    assert.deepEqual(told.at(-1), { kind: 'Verified', keys: await stage.redis.dbsize(), digest, at: '' })
  })

  test('that is not built in is refused, and the backup stands', async (t) => {
    const stage = await backupStage(t)
    const { verification, backupSize = 0 } = await stage.backUp('rdb', { verify: true })
    assert.ok(verification?.kind === 'Refused' && backupSize > 0)
  })

  test('that is aborted takes the artifact back', async (t) => {
    const stage = await backupStage(t)
    const controller = new AbortController()
    const world: BackupWorld = {
      ...stage.world,
      verify: () => {
        controller.abort(new BackupFailure('Aborted', 'enough'))
        return Promise.reject(new StoreError('Aborted', true, 'called off'))
      },
    }
    const request = backupRequest('rdb', { verify: true })
    await assert.rejects(backupRunner(world)(request, '', () => undefined, controller.signal))
    assert.equal(stage.store.objects.size, 0)
  })

  const nobodyAborts = new AbortController().signal
})
