// An artifact is tried out beside the redis-server that serves: loaded whole and counted, or refused where that could harm.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { pino } from 'pino'
import type { BackupMethod, Verification } from '../../../instance/artifact.ts'
import { StoreError, type Store } from '../../../instance/backup/store.ts'
import type { Place } from '../../../instance/restore/place.ts'
import { verifierOf } from '../../../instance/restore/verify.ts'
import { artifactOf, logOf, richData, sha256Of, tarOf } from '../../support/artifacts.ts'
import { redisProcess } from '../../support/redis-process.ts'

const timeout = 60_000
const never = new AbortController().signal

/** One object, in memory. */
const storeOf = (content: Buffer | undefined): Pick<Store, 'get'> => ({
  get: () =>
    content === undefined
      ? Promise.reject(new StoreError('Missing', false, 'there is no such object'))
      : Promise.resolve({ body: Readable.from([content]), bytes: content.length }),
})

interface Stage {
  readonly place: Place
  verify(method: BackupMethod, content: Buffer | undefined, more?: Attempt): Promise<Verification>
}

interface Attempt {
  readonly checksumSHA256?: string
  readonly signal?: AbortSignal
}

async function stage(t: TestContext): Promise<Stage> {
  const root = mkdtempSync(join(tmpdir(), 'rv-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const [data, run, cgroup] = ['data', 'run', 'cgroup'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ]
  for (const folder of [data, run, cgroup]) mkdirSync(folder)
  const lockDescriptor = openSync(join(data, '.lock'), 'w')
  const log = pino({ level: 'silent' })
  const place = { data, run, cgroup, credentials: '', redisServer: 'redis-server', lockDescriptor, log }
  const control = await (await redisProcess(t)).control()
  const verifier = verifierOf(place, { control: () => control }, () => Promise.resolve('databases 16\n'))
  return {
    place,
    async verify(
      method,
      content,
      { checksumSHA256 = sha256Of(content ?? Buffer.alloc(0)), signal = never } = {},
    ) {
      const artifact = { method, key: 'nightly', bytes: content?.length ?? 0, checksumSHA256 }
      const outcome = await verifier(storeOf(content) as Store, artifact, signal, () => undefined)
      assert.deepEqual(readdirSync(data), ['.lock'], 'it leaves nothing behind')
      return outcome
    },
  }
}

const withoutTime = ({ at, ...verification }: Verification): object => {
  assert.ok(!Number.isNaN(Date.parse(at)))
  return verification
}

describe('an artifact', { timeout }, () => {
  it('is verified with its keys and its digest, also keys whose time is over', async (t) => {
    const { verify } = await stage(t)
    const dying = Date.now() + 60_000
    for (const method of ['rdb', 'aof'] as const) {
      const { content, digest, keys } = await artifactOf(
        t,
        method === 'rdb' ? 'rdb' : 'aof-archive',
        async (client) => {
          await richData(client)
          await client.set('dying', 'soon', 'PXAT', dying)
        },
      )
      assert.deepEqual(withoutTime(await verify(method, content)), { kind: 'Verified', keys, digest })
    }
  })

  it('with keys that are long gone is verified with all of them', async (t) => {
    const { verify } = await stage(t)
    const { content, keys, digest } = await artifactOf(t, 'rdb', async (client) => {
      await client.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0')
      await client.mset('one', 1, 'two', 2)
      await client.pexpire('one', 1)
    })
    assert.equal(keys, 2)
    assert.deepEqual(withoutTime(await verify('rdb', content)), { kind: 'Verified', keys, digest })
  })

  it('that is not what was written, or does not load, is failed', async (t) => {
    const { verify } = await stage(t)
    const { content } = await artifactOf(t, 'rdb', richData)
    const announced = Buffer.from(content)
    // The count of keys of the first database: 14 bits behind RESIZEDB.
    const resize = announced.indexOf(Buffer.from([0xfe, 0x00, 0xfb])) + 3
    announced.writeUInt8(announced.readUInt8(resize + 1) ^ 1, resize + 1)
    // Without a sum of its own, as rdbchecksum no leaves it, nobody else would see it.
    announced.fill(0, announced.length - 8)
    const { files } = await logOf(t, richData)
    const torn = files.map(({ name, content: bytes }) => ({
      name,
      content: bytes.subarray(0, bytes.length - 3),
    }))
    const cases = [
      [await verify('rdb', content, { checksumSHA256: '0'.repeat(64) }), /the SHA-256 of nightly is/],
      [await verify('rdb', content.subarray(0, -2000)), /cannot be loaded/],
      [await verify('rdb', announced), /database 0 of the backup announces \d+ keys, and \d+ were loaded/],
      [await verify('aof', await tarOf(torn)), /cannot be read|cannot be loaded/],
      [await verify('rdb', undefined), /no such object/],
    ] as const
    for (const [verification, why] of cases) {
      assert.equal(verification.kind, 'Failed')
      assert.match(JSON.stringify(verification), why)
    }
  })

  it('is not tried where memory does not suffice', async (t) => {
    const { place, verify } = await stage(t)
    writeFileSync(join(place.cgroup, 'memory.max'), '100000000\n')
    writeFileSync(join(place.cgroup, 'memory.current'), '90000000\n')
    const { content } = await artifactOf(t, 'rdb', (client) => client.set('only', 'one'))
    const verification = await verify('rdb', content)
    assert.equal(verification.kind, 'Refused')
    assert.match(JSON.stringify(verification), /of the limit of 95 MiB are left/)
  })

  it('is let go when nobody wants to know any more', async (t) => {
    const { verify } = await stage(t)
    const { content } = await artifactOf(t, 'rdb', (client) => client.set('only', 'one'))
    await assert.rejects(verify('rdb', content, { signal: AbortSignal.abort() }))
  })
})
