// Objects in a real S3 server over real HTTP: written once, read as written, removed.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openS3 } from '../../../instance/backup/s3.ts'
import { s3Proxy } from '../../support/s3-proxy.ts'
import { s3Server } from '../../support/s3-server.ts'
import { s3Stage } from '../../support/s3-stage.ts'
import { mebibyte, options, pattern, read, sha256, stream } from '../../support/s3-transfers.ts'

const { signal } = new AbortController()

describe('an object', () => {
  it('that fits into one part is written by one request, and read as it was written', async (t) => {
    const { server, proxy, store, key } = await s3Stage(t)
    const progress: number[] = []
    const bytes = 3 * mebibyte + 17
    await store.put(key, stream(bytes), options(bytes, { onProgress: (seen) => progress.push(seen) }))
    assert.deepEqual(
      proxy.operations.filter((one) => !one.startsWith('Head') && !one.startsWith('Get')),
      ['PutObject'],
    )
    assert.deepEqual(await server.objects(), [{ key, bytes }])
    assert.deepEqual(progress, [bytes])
    assert.deepEqual(await store.head(key), { bytes, metadata: { 'backup-uid': 'u-1' } })
    const got = await store.get(key, signal)
    assert.equal(got.bytes, bytes)
    assert.equal(sha256([await read(got.body)]), sha256(pattern(bytes)))
  })

  it('that does not is written in parts that are put together in order', async (t) => {
    const { server, proxy, store, key } = await s3Stage(t)
    const progress: number[] = []
    const bytes = 41 * mebibyte + 5
    await store.put(key, stream(bytes), options(bytes, { onProgress: (seen) => progress.push(seen) }))
    assert.equal(proxy.operations.filter((one) => one === 'UploadPart').length, 6)
    assert.deepEqual(await server.objects(), [{ key, bytes }])
    assert.deepEqual(await server.unfinishedUploads(), [])
    assert.equal(progress.at(-1), bytes)
    assert.deepEqual(
      progress,
      progress.toSorted((a, b) => a - b),
    )
    const got = await store.get(key, signal)
    assert.equal(sha256([await read(got.body)]), sha256(pattern(bytes)))
  })

  it('that is as large as one part takes one request, and one byte more takes two parts', async (t) => {
    const { server, proxy, store, key } = await s3Stage(t)
    await store.put(key, stream(8 * mebibyte), options(8 * mebibyte))
    assert.ok(!proxy.operations.includes('CreateMultipartUpload'))
    await store.put(`${key}-2`, stream(8 * mebibyte + 1), options(8 * mebibyte + 1))
    assert.equal(proxy.operations.filter((one) => one === 'UploadPart').length, 2)
    const sizes = (await server.objects()).map(({ bytes }) => bytes).toSorted((a, b) => a - b)
    assert.deepEqual(sizes, [8 * mebibyte, 8 * mebibyte + 1])
  })

  it('of odd letters in its key is found under it', async (t) => {
    const { store, key: plain } = await s3Stage(t)
    const key = `${plain} nächtlich +&= (1)`
    await store.put(key, stream(10), options(10))
    assert.equal((await store.head(key))?.bytes, 10)
  })

  it('is never replaced', async (t) => {
    const { server, store, key } = await s3Stage(t)
    await store.put(key, stream(5), options(5))
    for (const bytes of [6, 9 * mebibyte])
      await assert.rejects(store.put(key, stream(bytes), options(bytes)), {
        reason: 'Taken',
        retriable: false,
        message: /already.*not replaced/s,
      })
    assert.deepEqual(await server.objects(), [{ key, bytes: 5 }])
    assert.deepEqual(await server.unfinishedUploads(), [])
  })

  for (const bytes of [100, 9 * mebibyte])
    it(`is not replaced by ${bytes} bytes either when it appears while they are on their way`, async (t) => {
      const { server, proxy, store, direct, key } = await s3Stage(t)
      const free = Promise.withResolvers<undefined>()
      const operation = bytes === 100 ? 'PutObject' : 'CompleteMultipartUpload'
      proxy.fault({ on: operation, act: { kind: 'Hold', until: free.promise } })
      const arrived = proxy.next(operation)
      const slow = store.put(key, stream(bytes), options(bytes))
      slow.catch(() => undefined)
      await arrived
      await direct.put(key, stream(5), options(5))
      free.resolve(undefined)
      await assert.rejects(slow, { reason: 'Taken' })
      assert.deepEqual(await server.objects(), [{ key, bytes: 5 }])
      assert.deepEqual(await server.unfinishedUploads(), [])
    })

  for (const bytes of [100, 9 * mebibyte])
    it(`of ${bytes} bytes is written to a store that knows no conditional writes`, async (t) => {
      const { server, proxy, store, key } = await s3Stage(t, { conditional: false })
      proxy.fault({
        when: ({ headers }) => headers['if-none-match'] === '*',
        act: { kind: 'Refuse', status: 501, code: 'NotImplemented' },
      })
      await store.put(key, stream(bytes), options(bytes))
      assert.deepEqual(await server.objects(), [{ key, bytes }])
      assert.deepEqual(await server.unfinishedUploads(), [])
    })

  it('is encrypted as the location asks for', async (t) => {
    const server = await s3Server(t)
    const proxy = await s3Proxy(t, server.endpoint)
    const kms = { serverSideEncryption: 'aws:kms', kmsKeyID: 'key-1' } as const
    const location = server.location({ endpoint: proxy.endpoint, ...kms })
    const store = await openS3(location, server.writeCredentials())
    t.after(() => store.close())
    await store.put('a.rdb', stream(9 * mebibyte), options(9 * mebibyte))
    const created = proxy.headers[proxy.operations.indexOf('CreateMultipartUpload')]
    assert.equal(created?.['x-amz-server-side-encryption'], 'aws:kms')
    assert.equal(created['x-amz-server-side-encryption-aws-kms-key-id'], 'key-1')
  })

  it('that is not there is undefined to head, Missing to get, and no failure to remove', async (t) => {
    const { store, key } = await s3Stage(t)
    assert.equal(await store.head(key), undefined)
    await assert.rejects(store.get(key, signal), { reason: 'Missing', retriable: false })
    await store.remove(key)
  })

  it('is gone once it is removed', async (t) => {
    const { server, store, key } = await s3Stage(t)
    await store.put(key, stream(5), options(5))
    await store.remove(key)
    assert.deepEqual(await server.objects(), [])
  })
})
