// A data volume that becomes full while Redis writes its dataset down: the backup fails and says so, and Redis goes on.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { mounts } from '../../../instance/api.ts'
import { eventually } from '../../e2e/eventually.ts'
import { backupProcess } from '../../support/backup-process.ts'
import { slowServer } from '../../support/slow-server.ts'
import { smallVolume, smallVolumeMissing } from '../../support/small-volume.ts'

const timeout = 120_000
const missing = smallVolumeMissing()
const mebibyte = 2 ** 20

describe('a data volume that becomes full', { timeout, skip: missing }, () => {
  it('fails the backup, not Redis, and the backup is made once there is room', async (t) => {
    const volume = smallVolume(t, 64)
    const stage = await backupProcess(t, {
      flags: (root) => [`--redis-server=${slowServer(root, { saveMicroseconds: 100_000 })}`],
      prepare: (root) => volume.putAt(root + mounts.data),
    })
    const client = stage.instance.client()
    for (let n = 0; n < 16; n++) await client.set(`value-${n}`, randomBytes(mebibyte))
    const data = stage.instance.root + mounts.data
    const posted = stage.post(stage.request())
    await eventually('Redis has written some of it', () => {
      const [temporary] = readdirSync(data).filter((name) => name.startsWith('temp-'))
      return temporary !== undefined && statSync(join(data, temporary)).size > mebibyte ? true : undefined
    })
    volume.fillUp()
    const { status, body } = await posted
    assert.equal(status, 500)
    assert.match(
      body.detail,
      /^DiskFull: the data volume has \d MiB free, .* may need \d+ MiB .*: enlarge the volume/,
    )
    const { error } = (await stage.look('nightly')).body
    assert.deepEqual([error?.reason, error?.retriable], ['DiskFull', false])
    assert.equal(await client.set('after', 'the failure'), 'OK')
    assert.equal(await client.dbsize(), 17)
    assert.deepEqual(await stage.store.objects(), [])
    assert.deepEqual(
      readdirSync(data).filter((name) => name.startsWith('temp-') || name === 'dump.rdb'),
      [],
    )
    volume.makeRoom()
    assert.equal((await stage.post(stage.request())).status, 200)
  })
})
