// A download over a bad network: it goes on where it was cut off, or says why it cannot.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { s3Stage, type S3Stage } from '../../support/s3-stage.ts'
import { mebibyte, options, pattern, read, sha256, stream } from '../../support/s3-transfers.ts'
import type { TestContext } from 'node:test'

const bytes = 20 * mebibyte
const { signal } = new AbortController()

async function stored(t: TestContext): Promise<S3Stage> {
  const stage = await s3Stage(t)
  await stage.direct.put(stage.key, stream(bytes), options(bytes))
  return stage
}

describe('a download', () => {
  for (const kind of ['CutAnswer', 'StallAnswer'] as const)
    it(`goes on from the byte where it met ${kind}`, async (t) => {
      const { store, proxy, key } = await stored(t)
      proxy.fault({ on: 'GetObject', times: 3, act: { kind, afterBytes: 3 * mebibyte + 1 } })
      const { body } = await store.get(key, signal)
      assert.equal(sha256([await read(body)]), sha256(pattern(bytes)))
      assert.match(String(proxy.headers.at(-1)?.range), /^bytes=\d{6,}-$/)
    })

  it('that never gets another byte fails in the end', async (t) => {
    const { store, proxy, key } = await stored(t)
    proxy.fault({ on: 'GetObject', act: { kind: 'CutAnswer', afterBytes: mebibyte } })
    proxy.fault({ on: 'GetObject', times: Infinity, act: { kind: 'CutAnswer', afterBytes: 0 } })
    const { body } = await store.get(key, signal)
    await assert.rejects(read(body), { name: 'StoreError', reason: 'Unreachable', retriable: true })
  })

  it('of an object that is removed meanwhile fails', async (t) => {
    const { store, direct, proxy, key } = await stored(t)
    proxy.fault({ on: 'GetObject', act: { kind: 'CutAnswer', afterBytes: mebibyte } })
    const { body } = await store.get(key, signal)
    await direct.remove(key)
    await assert.rejects(read(body), { reason: 'Missing' })
  })

  it('of an object that is replaced meanwhile fails instead of mixing both', async (t) => {
    const { store, direct, proxy, key } = await stored(t)
    proxy.fault({ on: 'GetObject', act: { kind: 'CutAnswer', afterBytes: mebibyte } })
    const { body } = await store.get(key, signal)
    await direct.remove(key)
    await direct.put(key, stream(bytes - 1), options(bytes))
    await assert.rejects(read(body), { reason: 'StoreFailed', message: /changed while it was read/ })
  })

  it('passes on what the store says: who reads checks the checksum', async (t) => {
    const { store, proxy, key } = await stored(t)
    proxy.fault({ on: 'GetObject', act: { kind: 'CorruptAnswer', atByte: 5 * mebibyte } })
    const { body } = await store.get(key, signal)
    const got = await read(body)
    assert.equal(got.length, bytes)
    assert.notEqual(sha256([got]), sha256(pattern(bytes)))
  })

  it('that is called off rejects its body, read or not', async (t) => {
    const { store, proxy, key } = await stored(t)
    const off = new AbortController()
    proxy.fault({ on: 'GetObject', times: 2, act: { kind: 'StallAnswer', afterBytes: mebibyte } })
    const [read1, unread] = await Promise.all([store.get(key, off.signal), store.get(key, off.signal)])
    const reading = read(read1.body)
    unread.body.on('error', () => undefined)
    reading.catch(() => undefined)
    off.abort()
    await assert.rejects(reading, { reason: 'Aborted' })
    assert.equal((unread.body.errored as { reason?: string } | null)?.reason, 'Aborted')
    await assert.rejects(store.get(key, off.signal), { reason: 'Aborted' })
  })

  it('that nobody reads to its end lets go of the connection', async (t) => {
    const { store, proxy, key } = await stored(t)
    const { body } = await store.get(key, signal)
    body.destroy()
    await proxy.quiet()
  })
})
