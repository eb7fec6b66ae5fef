// An archive may come from anywhere: only append-only files of Redis, all of them, and no more than the volume can take.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { unpack, unpackedBytes, type Bounds } from '../../../instance/restore/unpack.ts'
import { tarOf, type TarFile } from '../../support/artifacts.ts'

const base = { name: 'appendonlydir/appendonly.aof.2.base.rdb', content: Buffer.from('base') }
const incr = { name: 'appendonlydir/appendonly.aof.2.incr.aof', content: Buffer.from('more') }
const manifest = {
  name: 'appendonlydir/appendonly.aof.manifest',
  content: Buffer.from(
    'file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n',
  ),
}
const whole = [manifest, base, incr]
const wide: Bounds = { roomBytes: 2 ** 30, sensibleBytes: 2 ** 30 }

interface Place {
  /** Nothing may appear in it but what is in `folder`. */
  readonly outside: string
  readonly folder: string
}

function place(t: TestContext): Place {
  const outside = mkdtempSync(join(tmpdir(), 'un-'))
  t.after(() => rmSync(outside, { recursive: true, force: true }))
  const folder = join(outside, 'deep', 'restoring')
  mkdirSync(folder, { recursive: true })
  return { outside, folder }
}

/** In chunks, as they come from a network. */
const source = (content: Buffer): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(content.length / 1000) }, (_, n) =>
      content.subarray(1000 * n, 1000 * (n + 1)),
    ),
  )

const unpackTo = (folder: string, content: Buffer, bounds = wide): Promise<void> =>
  unpack(source(content), folder, bounds)

describe('an archive', () => {
  it('of append-only files is unpacked, with the entry of its folder or without', async (t) => {
    for (const folders of [[], [{ name: 'appendonlydir/', type: 'directory' as const }]]) {
      const { folder } = place(t)
      await unpackTo(folder, await tarOf([...folders, ...whole]))
      const log = join(folder, 'appendonlydir')
      assert.equal(readFileSync(join(log, 'appendonly.aof.2.incr.aof'), 'utf8'), 'more')
      assert.equal(readdirSync(log).length, 3)
      assert.equal(await unpackedBytes(folder), 8 + manifest.content.length)
    }
  })

  const another = (name: string, more: Partial<TarFile> = {}): TarFile[] => [...whole, { name, ...more }]
  const refused: readonly (readonly [string, readonly TarFile[], RegExp])[] = [
    ['that climbs out of its folder', another('appendonlydir/../../../evil'), /is no append-only file/],
    ['that names a path from the root', another('/tmp/appendonly.aof.2.incr.aof'), /is no append-only file/],
    [
      'that hides a path in a folder of the right name',
      another('x/appendonlydir/a'),
      /is no append-only file/,
    ],
    ['with other files', another('appendonlydir/redis.conf'), /is no append-only file/],
    ['with a file outside', another('appendonly.aof.3.incr.aof'), /is no append-only file/],
    ['with another folder', another('evil/', { type: 'directory' }), /is a directory/],
    [
      'with a symbolic link',
      another('appendonlydir/appendonly.aof.3.incr.aof', { type: 'symlink', linkname: '/etc/passwd' }),
      /is a symlink, not a file/,
    ],
    [
      'with a hard link',
      another('appendonlydir/appendonly.aof.3.incr.aof', { type: 'link', linkname: 'appendonlydir/x' }),
      /is a link, not a file/,
    ],
    [
      'with a device',
      another('appendonlydir/appendonly.aof.3.incr.aof', { type: 'fifo' }),
      /is a fifo, not a file/,
    ],
    ['with a file twice', another(base.name, { content: Buffer.from('evil') }), /a file twice/],
    ['without a manifest', [base, incr], /has no manifest/],
    [
      'that lacks a file of its manifest',
      [manifest, base],
      /appendonly.aof.2.incr.aof of its manifest is missing/,
    ],
    [
      'with a file that its manifest does not name',
      another('appendonlydir/appendonly.aof.3.incr.aof'),
      /does not name appendonly.aof.3.incr.aof/,
    ],
    [
      'whose manifest names a path',
      [{ ...manifest, content: Buffer.from('file ../dump.rdb seq 1 type b\n') }],
      /a line that cannot be read/,
    ],
    ['of a thousand files and one', many(1001), /more than 1000 files/],
    ['with nothing in it', [], /has no manifest/],
  ]
  for (const [what, files, why] of refused)
    it(`${what} is refused, and nothing of it lies outside`, async (t) => {
      const { outside, folder } = place(t)
      await assert.rejects(unpackTo(folder, await tarOf(files)), why)
      assert.deepEqual(readdirSync(outside), ['deep'])
      assert.deepEqual(readdirSync(join(outside, 'deep')), ['restoring'])
      assert.deepEqual(readdirSync(folder), ['appendonlydir'])
      assert.ok(!existsSync('/tmp/appendonly.aof.2.incr.aof'))
    })

  it('that is none, is cut off, or was changed on its way is refused', async (t) => {
    const archive = await tarOf([...whole, ...many(20)])
    const changed = Buffer.from(archive)
    changed.writeUInt8(changed.readUInt8(100) ^ 0xff, 100)
    for (const content of [Buffer.from('no gzip'), gzipSync('no tar'), archive.subarray(0, -30), changed]) {
      await assert.rejects(unpackTo(place(t).folder, content), {
        name: 'RestoreFailure',
        reason: 'Damaged',
        message: /cannot be unpacked|no append-only|not name/,
      })
    }
  })

  it('that unpacks to far more than its size suggests, or than the volume takes, is refused before it fills it', async (t) => {
    const zeros = { name: 'appendonlydir/appendonly.aof.2.incr.aof', content: Buffer.alloc(64 * 2 ** 20) }
    const bomb = await tarOf([manifest, base, zeros])
    const cases = [
      [{ ...wide, sensibleBytes: 2 ** 20 }, 'Damaged', /far more than its size suggests/],
      [{ ...wide, roomBytes: 2 ** 20 }, 'NoRoom', /no room for the unpacked archive/],
    ] as const
    for (const [bounds, reason, message] of cases) {
      const { folder } = place(t)
      await assert.rejects(unpackTo(folder, bomb, bounds), { reason, message })
      assert.ok((await unpackedBytes(folder)) <= 2 ** 20)
    }
  })
})

function many(count: number): TarFile[] {
  return Array.from({ length: count }, (_, n) => ({
    name: `appendonlydir/appendonly.aof.${n + 10}.incr.aof`,
  }))
}
