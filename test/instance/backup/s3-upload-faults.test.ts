// An upload over a bad network: it arrives whole or leaves nothing, and says which.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { s3Stage, type S3Stage } from '../../support/s3-stage.ts'
import { endless, mebibyte, options, pattern, read, sha256, stream } from '../../support/s3-transfers.ts'

const small = 100
const large = 20 * mebibyte
const forever = { times: Infinity }
const refused = { kind: 'Refuse', status: 500, code: 'InternalError' } as const

async function nothingLeft({ server }: S3Stage): Promise<void> {
  assert.deepEqual(await server.objects(), [])
  assert.deepEqual(await server.unfinishedUploads(), [])
}

async function whole({ server, direct, key }: S3Stage, bytes: number): Promise<void> {
  assert.deepEqual(await server.objects(), [{ key, bytes }])
  assert.deepEqual(await server.unfinishedUploads(), [])
  const { body } = await direct.get(key, new AbortController().signal)
  assert.equal(sha256([await read(body)]), sha256(pattern(bytes)))
}

describe('an upload', () => {
  for (const [what, act] of [
    ['refused', refused],
    ['cut off', { kind: 'CutRequest', afterBytes: mebibyte }],
    ['taken without an answer', { kind: 'SwallowAnswer' }],
    ['met with silence', { kind: 'Stall' }],
  ] as const)
    it(`sends a part again that was ${what}`, async (t) => {
      const stage = await s3Stage(t)
      stage.proxy.fault({ on: 'UploadPart', times: 2, act })
      await stage.store.put(stage.key, stream(large), options(large))
      await whole(stage, large)
      assert.equal(stage.proxy.operations.filter((one) => one === 'UploadPart').length, 5)
    })

  for (const on of ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'] as const)
    it(`leaves nothing when ${on} fails for good`, async (t) => {
      const stage = await s3Stage(t)
      stage.proxy.fault({ on, ...forever, act: refused })
      stage.proxy.fault({ on: 'AbortMultipartUpload', times: 2, act: refused })
      const body = stream(large)
      await assert.rejects(stage.store.put(stage.key, body, options(large)), {
        reason: 'StoreFailed',
        retriable: true,
        message: /InternalError/,
      })
      await nothingLeft(stage)
      assert.ok(body.destroyed)
    })

  it('leaves nothing when a single request fails for good', async (t) => {
    const stage = await s3Stage(t)
    stage.proxy.fault({ on: 'PutObject', ...forever, act: { kind: 'CutRequest', afterBytes: 1 } })
    const putting = stage.store.put(stage.key, stream(mebibyte), options(mebibyte))
    await assert.rejects(putting, { reason: 'Unreachable', retriable: true })
    await nothingLeft(stage)
  })

  it('says what it could not take back', async (t) => {
    const stage = await s3Stage(t)
    stage.proxy.fault({ on: 'UploadPart', ...forever, act: refused })
    const denied = { kind: 'Refuse', status: 403, code: 'AccessDenied' } as const
    stage.proxy.fault({ on: 'AbortMultipartUpload', ...forever, act: denied })
    await assert.rejects(stage.store.put(stage.key, stream(large), options(large)), {
      reason: 'StoreFailed',
      message: /InternalError.*could not be taken back: look for s3:\/\/.*nightly.rdb.*AccessDenied/s,
    })
  })

  for (const bytes of [small, large])
    it(`of ${bytes} bytes that worked is not failed by a lost answer`, async (t) => {
      const stage = await s3Stage(t)
      const on = bytes === small ? 'PutObject' : 'CompleteMultipartUpload'
      stage.proxy.fault({ on, act: { kind: 'SwallowAnswer' } })
      await stage.store.put(stage.key, stream(bytes), options(bytes))
      await whole(stage, bytes)
    })

  it('that worked is not failed by answers that are lost every time', async (t) => {
    const stage = await s3Stage(t)
    stage.proxy.fault({ on: 'CompleteMultipartUpload', ...forever, act: { kind: 'SwallowAnswer' } })
    await stage.store.put(stage.key, stream(large), options(large))
    await whole(stage, large)
  })

  for (const bytes of [small, large])
    it(`of ${bytes} bytes that a store acknowledged and lost is a failure`, async (t) => {
      const stage = await s3Stage(t)
      const on = bytes === small ? 'PutObject' : 'CompleteMultipartUpload'
      const body = '<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>'
      stage.proxy.fault({ on, act: { kind: 'Lie', status: 200, body, etag: '"e"' } })
      await assert.rejects(stage.store.put(stage.key, stream(bytes), options(bytes)), {
        reason: 'StoreFailed',
        message: new RegExp(`acknowledged ${bytes} bytes .* has nothing there`),
      })
      await nothingLeft(stage)
    })

  it('whose part a store acknowledged and lost is a failure', async (t) => {
    const stage = await s3Stage(t)
    stage.proxy.fault({ on: 'UploadPart', act: { kind: 'Lie', status: 200, etag: '"e"' } })
    await assert.rejects(stage.store.put(stage.key, stream(large), options(large)), { reason: 'StoreFailed' })
    await nothingLeft(stage)
  })

  it('fails with the error of its body, and leaves nothing', async (t) => {
    const stage = await s3Stage(t)
    function* broken(): Generator<Buffer> {
      yield* pattern(12 * mebibyte)
      throw new Error('the disk is gone')
    }
    const body = Readable.from(broken(), { objectMode: false })
    await assert.rejects(stage.store.put(stage.key, body, options(large)), { message: 'the disk is gone' })
    await nothingLeft(stage)
  })

  it('fails with the error that its body had before', async (t) => {
    const stage = await s3Stage(t)
    const body = new Readable({ read: () => undefined })
    const putting = stage.store.put(stage.key, body, options(large))
    body.destroy(new Error('the disk is gone'))
    await assert.rejects(putting, { message: 'the disk is gone' })
    await nothingLeft(stage)
  })

  it('may be larger or smaller than announced', async (t) => {
    const stage = await s3Stage(t)
    await stage.store.put(stage.key, stream(large), options(1))
    await whole(stage, large)
    await stage.direct.remove(stage.key)
    await stage.store.put(stage.key, stream(small), options(2 ** 38))
    await whole(stage, small)
  })

  it('works for who may write, and neither read nor look', async (t) => {
    const stage = await s3Stage(t)
    const act = { kind: 'Refuse', status: 403, code: 'AccessDenied' } as const
    for (const on of ['HeadObject', 'GetObject'] as const) stage.proxy.fault({ on, ...forever, act })
    await stage.store.put(stage.key, stream(small), options(small))
    const again = stage.store.put(stage.key, stream(large), options(large))
    await assert.rejects(again, { reason: 'Taken' })
    await whole(stage, small)
  })

  it('that another writer disturbed, who has left nothing, may be tried again', async (t) => {
    const stage = await s3Stage(t)
    const act = { kind: 'Refuse', status: 409, code: 'ConditionalRequestConflict' } as const
    stage.proxy.fault({ on: 'PutObject', ...forever, act })
    await assert.rejects(stage.store.put(stage.key, stream(small), options(small)), {
      reason: 'StoreFailed',
      retriable: true,
      message: /somebody else/,
    })
  })
})

describe('an upload that is called off', () => {
  it('before it began asks the store nothing', async (t) => {
    const stage = await s3Stage(t)
    const putting = stage.store.put(stage.key, stream(small), options(small, { signal: AbortSignal.abort() }))
    await assert.rejects(putting, { reason: 'Aborted', retriable: false })
    assert.deepEqual(stage.proxy.operations, [])
  })

  it('while its body has nothing to give leaves nothing', async (t) => {
    const stage = await s3Stage(t)
    const off = new AbortController()
    const body = endless(12 * mebibyte)
    const onProgress = (): void => off.abort()
    const putting = stage.store.put(stage.key, body, options(large, { signal: off.signal, onProgress }))
    await assert.rejects(putting, { reason: 'Aborted' })
    await nothingLeft(stage)
    assert.ok(body.destroyed)
  })

  for (const on of ['HeadObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'] as const)
    it(`during ${on} leaves nothing`, async (t) => {
      const stage = await s3Stage(t)
      const off = new AbortController()
      stage.proxy.fault({ on, act: { kind: 'Stall' } })
      const arrived = stage.proxy.next(on)
      const putting = stage.store.put(stage.key, stream(large), options(large, { signal: off.signal }))
      putting.catch(() => undefined)
      await arrived
      off.abort()
      await assert.rejects(putting, { reason: 'Aborted' })
      await nothingLeft(stage)
    })

  for (const bytes of [small, large])
    it(`when the store has made an object of ${bytes} bytes of it already takes that away`, async (t) => {
      const stage = await s3Stage(t)
      const off = new AbortController()
      const on = bytes === small ? 'PutObject' : 'CompleteMultipartUpload'
      const never = new Promise(() => undefined)
      stage.proxy.fault({ on, act: { kind: 'HoldAnswer', until: never } })
      const done = stage.proxy.answered(on)
      const putting = stage.store.put(stage.key, stream(bytes), options(bytes, { signal: off.signal }))
      putting.catch(() => undefined)
      await done
      assert.equal((await stage.server.objects()).length, 1)
      off.abort()
      await assert.rejects(putting, { reason: 'Aborted' })
      await nothingLeft(stage)
    })
})
