// The salvage copy on a real folder: whole or not there, whatever moment it is cut off at; and given up for room.
import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { keeperOf } from '../../instance/keeper.ts'
import type { Parts, Shelf } from '../../instance/parts.ts'
import { emptyState } from '../../instance/reign/state.ts'
import { shelfOn } from '../../instance/salvage-files.ts'
import { Salvage } from '../../instance/salvage.ts'

const note = { epoch: 5, primaryEpoch: 6, primary: '10.0.0.1' }
const folder = 'appendonlydir'
const manifest = [
  'file appendonly.aof.1.base.rdb seq 1 type h',
  'file appendonly.aof.2.base.rdb seq 2 type b',
  'file appendonly.aof.2.incr.aof seq 2 type i',
  '',
].join('\n')

/** A volume with the files of a redis-server: 30 bytes to load, and a manifest. */
function volume(t: TestContext): string {
  const data = mkdtempSync(join(tmpdir(), 'sf-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  mkdirSync(join(data, folder))
  writeFileSync(join(data, folder, 'appendonly.aof.2.base.rdb'), 'b'.repeat(10))
  writeFileSync(join(data, folder, 'appendonly.aof.2.incr.aof'), 'i'.repeat(20))
  writeFileSync(join(data, folder, 'appendonly.aof.manifest'), manifest)
  return data
}

const at = (data: string, ...path: string[]): string => join(data, 'salvage', ...path)

describe('a salvage copy', () => {
  it('holds what redis-server would load, as links, and a note for a person', async (t) => {
    const data = volume(t)
    await shelfOn(data, 'u0').put({ ...note, surplusBytes: 7, held: { replid: 'a', offsetBytes: 107 } })
    const log = at(data, 'epoch-5', folder)
    const [base, incr] = ['appendonly.aof.2.base.rdb', 'appendonly.aof.2.incr.aof']
    assert.deepEqual(readdirSync(log).sort(), [base, incr, 'appendonly.aof.manifest'])
    assert.equal(statSync(join(log, incr)).ino, statSync(join(data, folder, incr)).ino)
    const text = readFileSync(join(log, 'appendonly.aof.manifest'), 'utf8')
    assert.equal(text, manifest.split('\n').slice(1).join('\n'))
    const told = JSON.parse(readFileSync(at(data, 'epoch-5', 'salvage.json'), 'utf8')) as Record<
      string,
      unknown
    >
    assert.deepEqual(
      { ...told, madeAt: '' },
      {
        ...note,
        path: '/data/salvage/epoch-5',
        bytes: 30,
        madeAt: '',
        podUID: 'u0',
        surplusBytes: 7,
        held: { replid: 'a', offsetBytes: 107 },
      },
    )
  })

  it('takes the place of an earlier one, and of a refusal', async (t) => {
    const data = volume(t)
    const shelf = shelfOn(data, 'u0')
    await shelf.put({ ...note, epoch: 3 })
    await shelf.refuse({ epoch: 4, reason: 'why' })
    assert.deepEqual((await shelf.read()).refused, { epoch: 4, reason: 'why' })
    await shelf.put(note)
    assert.deepEqual(readdirSync(at(data)), ['epoch-5'])
    const { copy, refused } = await shelf.read()
    assert.deepEqual([copy?.epoch, refused], [5, undefined])
  })

  it('is not there when it was cut off before it was complete, and can be made then', async (t) => {
    const data = volume(t)
    const shelf = shelfOn(data, 'u0')
    for (let crash = 1; crash <= 2; crash++) {
      mkdirSync(at(data, 'unfinished', folder), { recursive: true })
      writeFileSync(at(data, 'unfinished', folder, 'appendonly.aof.2.base.rdb'), 'torn')
      assert.equal((await shelf.read()).copy, undefined)
      await shelf.tidy()
      assert.deepEqual(readdirSync(at(data)), [])
    }
    mkdirSync(at(data, 'unfinished', folder), { recursive: true })
    writeFileSync(at(data, 'unfinished', folder, 'appendonly.aof.2.base.rdb'), 'torn')
    await shelf.put(note)
    assert.equal(
      readFileSync(at(data, 'epoch-5', folder, 'appendonly.aof.2.base.rdb'), 'utf8'),
      'b'.repeat(10),
    )
    assert.equal((await shelf.read()).copy?.bytes, 30)
  })

  it('is the newer of two, when the earlier one had no time to go', async (t) => {
    const data = volume(t)
    const shelf = shelfOn(data, 'u0')
    await shelf.put(note)
    const later = {
      ...note,
      epoch: 10,
      path: '/data/salvage/epoch-10',
      bytes: 30,
      madeAt: '2999-01-01T00:00:00.000Z',
    }
    mkdirSync(at(data, 'epoch-10'))
    writeFileSync(at(data, 'epoch-10', 'salvage.json'), JSON.stringify(later))
    mkdirSync(at(data, 'epoch-11'))
    writeFileSync(at(data, 'epoch-11', 'salvage.json'), '{"torn":')
    assert.equal((await shelf.read()).copy?.epoch, 10)
  })

  it('is none without files to load', async (t) => {
    const data = volume(t)
    rmSync(join(data, folder), { recursive: true })
    const shelf = shelfOn(data, 'u0')
    assert.equal(await shelf.filesBytes(), undefined)
    assert.ok((await shelf.freeBytes()) > 0)
    await shelf.tidy()
    assert.deepEqual(await shelf.read(), { ageSeconds: 0 })
  })
})

const upstream = { host: '127.0.0.9', port: 6379, epoch: 6 }

/** Of an old primary that cannot tell how much it has, on a volume with so many free bytes. */
async function keeping(
  shelf: Shelf,
  free: { bytes: number },
): Promise<{ salvage: Salvage; transitions: string[]; pass: (ms: number) => void }> {
  const transitions: string[] = []
  let nowMs = 0
  const state = { ...emptyState, clusterUID: 'c1', openedEpoch: 5, dataEpoch: 5 }
  const volume = {
    read: () => Promise.resolve(state),
    write: () => Promise.resolve(),
    shelf: { ...shelf, freeBytes: () => Promise.resolve(free.bytes) },
  }
  const quiet = (): void => undefined
  const parts = {
    clock: { nowMs: () => nowMs },
    volume,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  } as unknown as Parts
  const keeper = keeperOf(volume)
  await keeper.load('c1', 'u0')
  const salvage = new Salvage('c1', keeper, parts, (what) => transitions.push(what))
  return { salvage, transitions, pass: (ms) => void (nowMs += ms) }
}

describe('a volume with too little room', () => {
  it('gets no copy, and that is told until it is forgotten', async (t) => {
    const data = volume(t)
    const { salvage, transitions } = await keeping(shelfOn(data, 'u0'), { bytes: 89 })
    await salvage.before(upstream, undefined)
    const refused = { epoch: 5, reason: 'it has 30 bytes, and only 89 bytes of the volume are free' }
    assert.deepEqual(salvage.report, { refused })
    assert.deepEqual(transitions, ['no salvage copy is kept'])
    const later = await keeping(shelfOn(data, 'u0'), { bytes: 89 })
    await later.salvage.begin()
    assert.deepEqual(later.salvage.report, { refused })
    rmSync(at(data), { recursive: true })
    later.pass(5000)
    await later.salvage.look()
    assert.equal(later.salvage.report, undefined)
  })

  it('gets its copy taken away before it is full', async (t) => {
    const data = volume(t)
    const free = { bytes: 90 }
    const { salvage, pass } = await keeping(shelfOn(data, 'u0'), free)
    await salvage.before(upstream, undefined)
    assert.equal(salvage.report?.copy?.epoch, 5)
    free.bytes = 15
    pass(5000)
    await salvage.look()
    assert.ok(existsSync(at(data, 'epoch-5')))
    free.bytes = 14
    pass(5000)
    await salvage.look()
    assert.deepEqual(salvage.report, {
      refused: { epoch: 5, reason: 'it was given up: only 14 bytes of the volume are free' },
    })
    assert.equal(existsSync(at(data, 'epoch-5')), false)
  })
})

describe('a volume that fails', () => {
  it('does not keep anybody from following', async (t) => {
    const data = volume(t)
    const broken = (): Promise<never> => Promise.reject(new Error('EIO: i/o error'))
    const shelf = { ...shelfOn(data, 'u0'), tidy: broken, put: broken, refuse: broken }
    const { salvage } = await keeping(shelf, { bytes: 1e9 })
    await salvage.begin()
    await salvage.before(upstream, undefined)
    const refused = { epoch: 5, reason: 'its files could not be linked: EIO: i/o error' }
    assert.deepEqual(salvage.report, { refused })
    await salvage.look()
    assert.deepEqual(salvage.report, { refused }, 'although it could not be written down')
  })
})

describe('the same reign', () => {
  it('is kept once: later there may be other data in the files', async (t) => {
    const data = volume(t)
    const { salvage } = await keeping(shelfOn(data, 'u0'), { bytes: 1e9 })
    await salvage.before(upstream, undefined)
    const incr = join(data, folder, 'appendonly.aof.2.incr.aof')
    rmSync(incr)
    writeFileSync(incr, 'other')
    await salvage.before({ ...upstream, epoch: 7 }, undefined)
    assert.equal(
      readFileSync(at(data, 'epoch-5', folder, 'appendonly.aof.2.incr.aof'), 'utf8'),
      'i'.repeat(20),
    )
    assert.deepEqual([salvage.report?.copy?.primaryEpoch, salvage.report?.refused], [6, undefined])
  })
})
