// A cluster is born from a backup: its first instance restores it before its redis-server starts, and it is as it was.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { instancePort, paths } from '../../../instance/api.ts'
import { artifacts } from '../../../instance/artifact.ts'
import { filesIn, logFolder, manifestName } from '../../../instance/redis/append-only.ts'
import { artifactOf, foreignUID, loadedFrom, richData } from '../../support/artifacts.ts'
import { restoreStage } from '../../support/restore-stage.ts'

const timeout = 120_000

for (const { artifactType } of Object.values(artifacts))
  describe(`a backup of kind ${artifactType}`, { timeout }, () => {
    it('is restored whole, without the marker of its cluster, and survives a restart', async (t) => {
      const artifact = await artifactOf(t, artifactType, richData)
      const stage = await restoreStage(t, artifact, { keys: artifact.keys })
      const { instance, data } = stage
      await instance.start()
      const done = await stage.reaches('Done')
      assert.deepEqual(done, { id: 'b1', state: 'Done', bytes: artifact.content.length, keys: artifact.keys })
      const { role, writable, dataEpoch, foreign, seen } = await stage.serves()
      assert.deepEqual([role, writable, dataEpoch, foreign, seen], ['slave', false, 0, false, 0])
      assert.deepEqual(await stage.report(), done)
      const loaded = await loadedFrom(t, data)
      assert.deepEqual([loaded.digest, loaded.keys], [artifact.digest, artifact.keys])
      assert.match(loaded.functions, /return 42/)
      assert.ok(!loaded.functions.includes(foreignUID))
      await stage.isBorn()
      const client = instance.client()
      assert.equal(await client.get('string-7'), 'value 7')
      await client.set('after', 'the restore')
      await instance.kill('SIGTERM')
      await instance.start()
      await stage.serves()
      assert.deepEqual(await client.mget('string-7', 'after'), ['value 7', 'the restore'])
      assert.deepEqual(await stage.report(), done)
    })

    it('of an empty database, and of one key, is restored', async (t) => {
      for (const keys of [0, 1]) {
        const artifact = await artifactOf(t, artifactType, async (client) => {
          await client.flushall()
          if (keys > 0) await client.set('only', 'one')
        })
        const stage = await restoreStage(t, artifact)
        await stage.instance.start()
        assert.equal((await stage.reaches('Done')).keys, keys)
        assert.equal((await loadedFrom(t, stage.data)).digest, artifact.digest)
      }
    })
  })

describe('a restored volume', { timeout }, () => {
  it('holds the files of its manifest, and nothing that the restore needed', async (t) => {
    const stage = await restoreStage(t, await artifactOf(t, 'aof-archive', richData))
    await stage.instance.start()
    await stage.reaches('Done')
    const log = join(stage.data, logFolder)
    const files = filesIn(readFileSync(join(log, manifestName), 'utf8'))
    assert.deepEqual(readdirSync(log).toSorted(), [...files, manifestName].toSorted())
    assert.deepEqual(readdirSync(stage.data).toSorted(), ['.lock', logFolder, 'reign.json'])
  })
})

describe('an instance that restores', { timeout }, () => {
  it('is alive, is not ready, and tells how far it is', async (t) => {
    const stage = await restoreStage(t, await artifactOf(t, 'rdb', richData))
    const held = Promise.withResolvers<undefined>()
    stage.store.fault({ on: 'GetObject', act: { kind: 'Hold', until: held.promise } })
    const asked = stage.store.next('GetObject')
    stage.instance.spawn()
    await asked
    const { redis } = await stage.instance.status()
    assert.equal(redis.state, 'waiting')
    assert.match(redis.reason ?? '', /^restoring a backup: (Checking|Downloading)/)
    const probe = async (path: string): Promise<number> =>
      (await fetch(`http://${stage.instance.ip}:${instancePort}${path}`)).status
    assert.deepEqual([await probe(paths.healthz), await probe(paths.readyz)], [200, 503])
    held.resolve(undefined)
    await stage.reaches('Done')
    await stage.serves()
  })

  it('goes on where the network lets it', async (t) => {
    const stage = await restoreStage(t, await artifactOf(t, 'rdb', richData))
    stage.store.fault({ on: 'HeadObject', times: 8, act: { kind: 'Refuse', status: 503, code: 'SlowDown' } })
    stage.store.fault({ on: 'GetObject', times: 2, act: { kind: 'CutAnswer', afterBytes: 1000 } })
    stage.instance.spawn()
    await stage.reaches('Done')
  })
})
