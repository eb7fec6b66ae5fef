// Where an object lies, what unfinished uploads of its key hold is taken away; uploads of any other key are left alone.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3'
import { s3Stage, type S3Stage } from '../../support/s3-stage.ts'
import { options, stream } from '../../support/s3-transfers.ts'
import type { S3Server } from '../../support/s3-server.ts'

const { signal } = new AbortController()

/** As somebody who was killed has left them. */
async function leaveUploads(t: TestContext, server: S3Server, keys: readonly string[]): Promise<void> {
  const { endpoint, credentials, bucket: Bucket } = server
  const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true })
  t.after(() => client.destroy())
  for (const Key of keys) await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
}

const listings = ({ proxy }: S3Stage): number =>
  proxy.operations.filter((operation) => operation === 'ListMultipartUploads').length

describe('a sweep', () => {
  it('ends the uploads of exactly this key', async (t) => {
    const stage = await s3Stage(t)
    const { server, store, key } = stage
    await leaveUploads(t, server, [key, key, `${key}.old`, `other-${key}`])
    await store.put(key, stream(5), options(5))
    await store.sweep(key, signal)
    assert.equal((await server.unfinishedUploads()).length, server.folder === undefined ? 1 : 2)
    assert.deepEqual(await server.objects(), [{ key, bytes: 5 }])
  })

  it('sees them all, however many answers they take', async (t) => {
    const stage = await s3Stage(t, { pageSize: 2 })
    const { server, store, key } = stage
    await leaveUploads(t, server, Array<string>(5).fill(key))
    await store.sweep(key, signal)
    assert.deepEqual(await server.unfinishedUploads(), [])
    if (server.folder !== undefined) assert.equal(listings(stage), 3)
  })

  it('of a key without any asks once', async (t) => {
    const stage = await s3Stage(t)
    await stage.store.sweep(stage.key, signal)
    assert.deepEqual(stage.proxy.operations, ['ListMultipartUploads'])
  })

  it('is refused with the right that it takes', async (t) => {
    const { proxy, store, key } = await s3Stage(t)
    const act = { kind: 'Refuse', status: 403, code: 'AccessDenied' } as const
    proxy.fault({ on: 'ListMultipartUploads', times: Infinity, act })
    await assert.rejects(store.sweep(key, signal), {
      reason: 'AccessDenied',
      message: /s3:ListBucketMultipartUploads/,
    })
  })
})
