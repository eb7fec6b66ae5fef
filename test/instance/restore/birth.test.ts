// Who restores, who does not, and who waits: a volume with data is never touched, and a cluster is born once.
import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { mounts } from '../../../instance/api.ts'
import { emptyState } from '../../../instance/reign/state.ts'
import { writeState } from '../../../instance/state-file.ts'
import { eventually } from '../../e2e/eventually.ts'
import { artifactOf, type TestArtifact } from '../../support/artifacts.ts'
import { instanceProcess, target } from '../../support/instance-process.ts'
import { restoreStage } from '../../support/restore-stage.ts'

const timeout = 120_000

const smallRdb = (t: TestContext): Promise<TestArtifact> =>
  artifactOf(t, 'rdb', (client) => client.set('only', 'one'))

describe('nothing is restored', { timeout }, () => {
  it('to a volume with data, and it is said why', async (t) => {
    const stage = await restoreStage(t, await smallRdb(t))
    const { instance, data } = stage
    const plain = await instanceProcess(t)
    await plain.start()
    await plain.open(1)
    await plain.client().set('older', 'data')
    await plain.kill('SIGTERM')
    const log = join(plain.root + mounts.data, 'appendonlydir')
    cpSync(log, join(data, 'appendonlydir'), { recursive: true })
    await instance.start()
    const { reason } = await stage.reaches('Failed')
    assert.match(
      reason ?? '',
      /^the volume holds data already \(appendonlydir\), so nothing is restored to it/,
    )
    await stage.serves()
    assert.equal(await instance.client().get('older'), 'data')
    assert.deepEqual(stage.store.operations, [])
  })

  it('to a volume with a dump, or one that knows an epoch', async (t) => {
    const dumped = await restoreStage(t, await smallRdb(t))
    writeFileSync(join(dumped.data, 'dump.rdb'), 'precious')
    await dumped.instance.start()
    assert.match((await dumped.reaches('Failed')).reason ?? '', /\(dump\.rdb\)/)
    assert.equal(readFileSync(join(dumped.data, 'dump.rdb'), 'utf8'), 'precious')
    const promised = await restoreStage(t, await smallRdb(t))
    await writeState(promised.data, { ...emptyState, clusterUID: promised.instance.api.uid, seen: 3 })
    await promised.instance.start()
    assert.match((await promised.reaches('Failed')).reason ?? '', /knows epoch 3 already/)
    assert.deepEqual([...dumped.store.operations, ...promised.store.operations], [])
  })

  it('once the cluster is born: a fresh volume starts empty', async (t) => {
    const stage = await restoreStage(t, await smallRdb(t))
    stage.instance.api.reign = target(1, { currentPrimaryUID: 'u9', currentEpoch: 1 })
    await stage.instance.start()
    assert.equal((await stage.serves()).empty, true)
    assert.equal(await stage.report(), undefined)
    assert.deepEqual(stage.store.operations, [])
  })

  it('on another Pod than the one that is named: it starts empty', async (t) => {
    const stage = await restoreStage(t, await smallRdb(t), { pod: 'cache-1' })
    await stage.instance.start()
    assert.equal((await stage.serves()).empty, true)
    assert.equal(await stage.report(), undefined)
  })

  it('without the flag', async (t) => {
    const instance = await instanceProcess(t)
    const { bootstrap } = await restoreStage(t, await smallRdb(t))
    instance.api.reign = {}
    instance.api.bootstrap = bootstrap
    await instance.start()
    assert.equal((await instance.status()).restore, undefined)
  })

  it('when the cluster was born while it was downloaded', async (t) => {
    const stage = await restoreStage(t, await smallRdb(t))
    const held = Promise.withResolvers<undefined>()
    stage.store.fault({ on: 'GetObject', act: { kind: 'HoldAnswer', until: held.promise } })
    const asked = stage.store.next('GetObject')
    stage.instance.spawn()
    await asked
    stage.instance.api.reign = target(1, { currentPrimaryUID: 'u9', currentEpoch: 1 })
    held.resolve(undefined)
    assert.equal((await stage.serves()).empty, true)
    assert.equal(await stage.report(), undefined)
    assert.ok(!existsSync(join(stage.data, 'restoring')))
  })
})

describe('an instance waits', { timeout }, () => {
  it('while the API does not answer, and restores when it does', async (t) => {
    const stage = await restoreStage(t, await smallRdb(t))
    stage.instance.api.reachable = false
    stage.instance.spawn()
    const { reason } = await stage.reaches('Waiting')
    assert.match(reason ?? '', /^the API does not answer: /)
    const { redis } = await stage.instance.status()
    assert.deepEqual([redis.state, stage.hasData()], ['waiting', false])
    stage.instance.api.reachable = true
    await stage.reaches('Done')
  })

  it('until the status says what to restore, and can be read', async (t) => {
    const stage = await restoreStage(t, await smallRdb(t))
    const { api } = stage.instance
    const waitsFor = (why: RegExp): Promise<unknown> =>
      eventually(
        String(why),
        async () => why.test((await stage.reaches('Waiting')).reason ?? '') || undefined,
      )
    api.bootstrap = undefined
    stage.instance.spawn()
    await waitsFor(/has not said yet what to restore/)
    api.bootstrap = { ...stage.bootstrap, checksumSHA256: 'none' }
    await waitsFor(/status\.bootstrap of the RedisCluster cannot be read/)
    api.reign = { primaryEpoch: -1 }
    await waitsFor(/the status of the RedisCluster cannot be read/)
    api.reign = {}
    api.bootstrap = stage.bootstrap
    await stage.reaches('Done')
  })
})

describe('what another cluster restored', { timeout }, () => {
  it('is not taken for what this one is to be born from', async (t) => {
    const stage = await restoreStage(t, await smallRdb(t))
    await stage.instance.start()
    await stage.reaches('Done')
    await stage.instance.kill('SIGTERM')
    const path = join(stage.data, 'reign.json')
    const state = JSON.parse(readFileSync(path, 'utf8')) as object
    writeFileSync(path, JSON.stringify({ ...state, clusterUID: 'deleted' }))
    await stage.instance.start()
    assert.match((await stage.reaches('Failed')).reason ?? '', /the volume holds data already/)
    assert.equal((await stage.serves()).foreign, true)
  })
})
