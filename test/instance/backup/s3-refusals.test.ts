// Every refusal of a store has a word and a sentence, and none tells a credential.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import type { S3Location } from '../../../instance/artifact.ts'
import { openS3, s3With } from '../../../instance/backup/s3.ts'
import { StoreError, type Store } from '../../../instance/backup/store.ts'
import { s3Proxy } from '../../support/s3-proxy.ts'
import { s3Server, type S3Server } from '../../support/s3-server.ts'
import { impatience, options, stream } from '../../support/s3-transfers.ts'

// The SDK's search for an identity must find nothing here, and soon.
process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nonexistent'
const { signal } = new AbortController()

async function opened(t: TestContext, location: S3Location, directory: string): Promise<Store> {
  const store = await s3With(impatience)(location, directory)
  t.after(() => store.close())
  return store
}

const operations = (store: Store): readonly (() => Promise<unknown>)[] => [
  () => store.head('a.rdb'),
  () => store.put('a.rdb', stream(9), options(9)),
  () => store.get('a.rdb', signal),
  () => store.remove('a.rdb'),
]

async function refusal(work: Promise<unknown>, { credentials }: S3Server): Promise<StoreError> {
  const error = await work.then(
    () => assert.fail('it was not refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof StoreError, inspect(error))
  for (const secret of [credentials.accessKeyId, credentials.secretAccessKey])
    assert.ok(!inspect(error, { depth: 9 }).includes(secret))
  assert.ok(error.message.length <= 1024)
  return error
}

describe('a store', () => {
  it('that does not know the secret key refuses the credentials, whatever is asked', async (t) => {
    const server = await s3Server(t)
    const directory = server.writeCredentials()
    writeFileSync(join(directory, 'AWS_SECRET_ACCESS_KEY'), 'another')
    const store = await opened(t, server.location(), directory)
    for (const operation of operations(store)) {
      const { reason, message } = await refusal(operation(), server)
      assert.equal(reason, 'CredentialsRefused')
      assert.match(message, /SignatureDoesNotMatch/)
    }
  })

  it('that does not know the access key refuses the credentials', async (t) => {
    const server = await s3Server(t)
    const directory = server.writeCredentials()
    writeFileSync(join(directory, 'AWS_ACCESS_KEY_ID'), 'another')
    const store = await opened(t, server.location(), directory)
    const { reason, message } = await refusal(store.put('a', stream(9), options(9)), server)
    assert.equal(reason, 'CredentialsRefused')
    assert.match(message, /InvalidAccessKeyId/)
  })

  it('takes the credentials that the Secret holds by now', async (t) => {
    const server = await s3Server(t)
    const directory = server.writeCredentials()
    const store = await opened(t, server.location(), directory)
    await store.put('a.rdb', stream(9), options(9))
    writeFileSync(join(directory, 'AWS_SECRET_ACCESS_KEY'), 'another')
    assert.equal((await refusal(store.head('a.rdb'), server)).reason, 'CredentialsRefused')
    server.writeCredentials(directory)
    assert.equal((await store.head('a.rdb'))?.bytes, 9)
  })

  it('that has no such bucket says so', async (t) => {
    const server = await s3Server(t)
    const store = await opened(t, server.location({ bucket: 'elsewhere' }), server.writeCredentials())
    for (const operation of operations(store).slice(0, 3)) {
      const { reason, message } = await refusal(operation(), server)
      assert.equal(reason, 'BucketMissing')
      assert.match(message, /no bucket elsewhere at http/)
    }
  })

  it('without any credentials is not asked: the SDK looks for an identity, and finds none', async (t) => {
    const server = await s3Server(t)
    const store = await opened(t, server.location(), t.name)
    const { reason, message } = await refusal(store.head('a.rdb'), server)
    assert.equal(reason, 'CredentialsMissing')
    assert.match(message, /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/)
  })

  it('takes the identity that the platform gives', async (t) => {
    const server = await s3Server(t)
    const { accessKeyId, secretAccessKey } = server.credentials
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey })
    t.after(() => {
      delete process.env['AWS_ACCESS_KEY_ID']
      delete process.env['AWS_SECRET_ACCESS_KEY']
    })
    const store = await opened(t, server.location(), t.name)
    await store.put('a.rdb', stream(9), options(9))
    assert.equal((await store.head('a.rdb'))?.bytes, 9)
  })

  it('is not opened with half of the credentials', async (t) => {
    const server = await s3Server(t)
    const directory = server.writeCredentials()
    writeFileSync(join(directory, 'AWS_SECRET_ACCESS_KEY'), '')
    const error = await refusal(openS3(server.location(), directory), server)
    assert.equal(error.reason, 'CredentialsMissing')
    assert.match(error.message, /AWS_SECRET_ACCESS_KEY/)
  })

  it('that denies what a right is missing for names that right', async (t) => {
    const server = await s3Server(t)
    const proxy = await s3Proxy(t, server.endpoint)
    const store = await opened(t, server.location({ endpoint: proxy.endpoint }), server.writeCredentials())
    const act = { kind: 'Refuse', status: 403, code: 'AccessDenied' } as const
    const cases = [
      ['HeadObject', () => store.head('a.rdb'), /s3:GetObject there, and s3:ListBucket on the bucket/],
      ['GetObject', () => store.get('a.rdb', signal), /s3:GetObject there/],
      ['PutObject', () => store.put('a.rdb', stream(9), options(9)), /s3:PutObject there/],
      ['DeleteObject', () => store.remove('a.rdb'), /s3:DeleteObject there/],
    ] as const
    for (const [on, operation, right] of cases) {
      proxy.fault({ on, times: Infinity, act })
      if (on === 'HeadObject') proxy.fault({ on: 'GetObject', times: Infinity, act })
      const { reason, message } = await refusal(operation(), server)
      assert.deepEqual([reason, right.test(message)], ['AccessDenied', true], message)
      proxy.clear()
    }
  })

  const table = [
    [403, 'AccessDenied', 'AccessDenied', false],
    [400, 'ExpiredToken', 'CredentialsRefused', true],
    [400, 'InvalidToken', 'CredentialsRefused', false],
    [403, 'RequestTimeTooSkewed', 'ClockSkewed', false],
    [404, 'NoSuchBucket', 'BucketMissing', false],
    [301, 'PermanentRedirect', 'StoreFailed', false],
    [400, 'AuthorizationHeaderMalformed', 'StoreFailed', false],
    [400, 'InvalidArgument', 'StoreFailed', false],
    [503, 'SlowDown', 'StoreFailed', true],
    [500, 'InternalError', 'StoreFailed', true],
    [429, 'TooManyRequests', 'StoreFailed', true],
    [507, 'XMinioStorageFull', 'StoreFailed', true],
    [405, 'MethodNotAllowed', 'StoreFailed', false],
  ] as const
  for (const [status, code, reason, retriable] of table)
    it(`that answers ${status} ${code} has the reason ${reason}`, async (t) => {
      const server = await s3Server(t)
      const proxy = await s3Proxy(t, server.endpoint)
      const message = `no, ${server.credentials.secretAccessKey}, said the store`
      proxy.fault({ times: Infinity, act: { kind: 'Refuse', status, code, message } })
      const location = server.location({ endpoint: proxy.endpoint })
      const store = await opened(t, location, server.writeCredentials())
      const error = await refusal(store.get('a.rdb', signal), server)
      assert.deepEqual([error.reason, error.retriable], [reason, retriable], error.message)
      assert.match(error.message, new RegExp(`${code}|There is no bucket`))
      assert.match(error.message, /^\S.*\. .*[.)]$/s)
    })

  it('where nobody listens is unreachable', async (t) => {
    const server = await s3Server(t)
    const directory = server.writeCredentials()
    await server.close()
    const store = await opened(t, server.location({ endpoint: await freeAddress() }), directory)
    for (const operation of operations(store)) {
      const { reason, retriable, message } = await refusal(operation(), server)
      assert.deepEqual([reason, retriable], ['Unreachable', true])
      assert.match(message, /ECONNREFUSED/)
    }
  })

  it('whose name nobody knows is unreachable', async (t) => {
    const server = await s3Server(t)
    const location = server.location({ endpoint: 'http://no-such-store.invalid' })
    const store = await opened(t, location, server.writeCredentials())
    const { reason, message } = await refusal(store.head('a.rdb'), server)
    assert.equal(reason, 'Unreachable')
    assert.match(message, /no-such-store\.invalid.*(ENOTFOUND|EAI_AGAIN)/)
  })

  it('that takes requests and never answers is unreachable in the end', async (t) => {
    const server = await s3Server(t)
    const proxy = await s3Proxy(t, server.endpoint)
    proxy.fault({ times: Infinity, act: { kind: 'Stall' } })
    const store = await opened(t, server.location({ endpoint: proxy.endpoint }), server.writeCredentials())
    for (const operation of operations(store)) {
      const { reason, retriable } = await refusal(operation(), server)
      assert.deepEqual([reason, retriable], ['Unreachable', true])
    }
  })

  it('that is no S3 store at all is told apart', async (t) => {
    const server = await s3Server(t)
    const proxy = await s3Proxy(t, server.endpoint)
    const store = await opened(t, server.location({ endpoint: proxy.endpoint }), server.writeCredentials())
    for (const status of [200, 302, 404]) {
      proxy.fault({ times: 6, act: { kind: 'Lie', status, body: '<html>hello</html>' } })
      const { reason, message } = await refusal(store.put('a.rdb', stream(9), options(9)), server)
      assert.equal(reason, 'StoreFailed')
      assert.match(message, /Check that the endpoint is an S3 store/)
      proxy.clear()
    }
  })
})

async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}
