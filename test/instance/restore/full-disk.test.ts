// A data volume that becomes full in the middle of a restore: it says so, leaves nothing behind, and succeeds when there is room.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { artifacts } from '../../../instance/artifact.ts'
import { artifactOf, loadedFrom, type Fill } from '../../support/artifacts.ts'
import { restoreStage } from '../../support/restore-stage.ts'
import { slowServer } from '../../support/slow-server.ts'
import { smallVolume, smallVolumeMissing } from '../../support/small-volume.ts'

const timeout = 120_000
const missing = smallVolumeMissing()

const bulky: Fill = async (client) => {
  for (let n = 0; n < 16; n++) await client.set(`value-${n}`, randomBytes(2 ** 20))
}

describe('a data volume that becomes full', { timeout, skip: missing }, () => {
  for (const { artifactType } of Object.values(artifacts))
    for (const state of ['Downloading', 'Rewriting'] as const)
      it(`while a backup of kind ${artifactType} is ${state} fails the restore until there is room`, async (t) => {
        const volume = smallVolume(t, 160)
        const artifact = await artifactOf(t, artifactType, bulky)
        const stage = await restoreStage(t, artifact, {}, (root) => [
          `--redis-server=${slowServer(root, { saveMicroseconds: 100_000 })}`,
        ])
        volume.putAt(stage.data)
        const full = Promise.withResolvers<undefined>()
        if (state === 'Downloading')
          stage.store.fault({ on: 'GetObject', act: { kind: 'Hold', until: full.promise } })
        const asked = stage.store.next('GetObject')
        stage.instance.spawn()
        await asked
        if (state === 'Rewriting') await stage.reaches(state)
        volume.fillUp()
        full.resolve(undefined)
        const { reason = '' } = await stage.reaches('Failed')
        const why =
          state === 'Downloading' ? /became full.*enlarge spec\.storage\.size/ : /is the data volume full\?/
        assert.match(reason, why)
        assert.ok(!stage.hasData())
        assert.ok(!existsSync(join(stage.data, 'restoring')))
        volume.makeRoom()
        await stage.instance.kill('SIGKILL')
        stage.instance.spawn()
        assert.equal((await stage.reaches('Done')).keys, artifact.keys)
        await stage.serves()
        assert.equal((await loadedFrom(t, stage.data)).digest, artifact.digest)
      })
})
