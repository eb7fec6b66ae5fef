// How large an archive of append-only files becomes: commands are compressed, an RDB is not a second time.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { archive, archiveBytes } from '../../../instance/backup/archive.ts'
import type { OpenFile } from '../../../instance/backup/snapshot.ts'
import { read } from '../../support/s3-transfers.ts'

const bytes = 4 * 2 ** 20
const manifest = { name: 'appendonly.aof.manifest', text: 'file appendonly.aof.1.base.rdb seq 1 type b\n' }

describe('an archive', () => {
  it('of a base of commands is far smaller than they are', async (t) => {
    const files = [await openFile(t, 'appendonly.aof.1.base.aof')]
    const { length } = await read(archive('appendonlydir', manifest, files))
    assert.ok(length < bytes / 10, `${length} bytes`)
  })

  it('of a base in RDB takes no time to compress it again, and is not larger than announced', async (t) => {
    const files = [await openFile(t, 'appendonly.aof.1.base.rdb')]
    const { length } = await read(archive('appendonlydir', manifest, files))
    const announced = archiveBytes(manifest.text, files)
    assert.ok(length > bytes && length <= announced, `${length} bytes, announced ${announced}`)
  })
})

/** Its content compresses well. */
async function openFile(t: TestContext, name: string): Promise<OpenFile> {
  const folder = mkdtempSync(join(tmpdir(), 'ra-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, name), Buffer.alloc(bytes, '*1\r\n$4\r\nPING\r\n'))
  const handle = await open(join(folder, name), 'r')
  t.after(() => handle.close())
  return { name, handle, bytes }
}
