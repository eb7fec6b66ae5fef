// A store behind TLS: a private CA is trusted when the Secret holds it, and the refusal names the way out.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { s3With } from '../../../instance/backup/s3.ts'
import { authorityFor, opensslMissing } from '../../support/s3-authority.ts'
import { s3Server } from '../../support/s3-server.ts'
import { impatience, mebibyte, options, pattern, read, sha256, stream } from '../../support/s3-transfers.ts'

describe('a store behind TLS', { skip: opensslMissing() }, () => {
  it('is trusted by the CA in the Secret, in parts and as a whole', async (t) => {
    const server = await s3Server(t, { tls: true })
    assert.match(server.endpoint, /^https:/)
    const store = await s3With(impatience)(server.location(), server.writeCredentials())
    t.after(() => store.close())
    const bytes = 20 * mebibyte
    await store.put('a.rdb', stream(bytes), options(bytes))
    const { body } = await store.get('a.rdb', new AbortController().signal)
    assert.equal(sha256([await read(body)]), sha256(pattern(bytes)))
  })

  it('is not trusted without its CA, or by another one', async (t) => {
    const server = await s3Server(t, { tls: true })
    const scratch = mkdtempSync(join(tmpdir(), 'ca-'))
    t.after(() => rmSync(scratch, { recursive: true, force: true }))
    for (const authority of ['', authorityFor(scratch).certificate]) {
      const directory = server.writeCredentials()
      writeFileSync(join(directory, 'ca.crt'), authority)
      const store = await s3With(impatience)(server.location(), directory)
      t.after(() => store.close())
      await assert.rejects(store.head('a.rdb'), {
        reason: 'Unreachable',
        retriable: false,
        message: /cannot be trusted \((UNABLE|SELF)_.*ca\.crt/,
      })
    }
  })

  it('that has a certificate of another name is not trusted', async (t) => {
    const server = await s3Server(t, { tls: true })
    const { port } = new URL(server.endpoint)
    const location = server.location({ endpoint: `https://localhost:${port}` })
    const store = await s3With(impatience)(location, server.writeCredentials())
    t.after(() => store.close())
    await assert.rejects(store.head('a.rdb'), {
      reason: 'Unreachable',
      message: /ERR_TLS_CERT_ALTNAME_INVALID/,
    })
  })

  it('that speaks none is told apart', async (t) => {
    const server = await s3Server(t)
    const location = server.location({ endpoint: server.endpoint.replace('http:', 'https:') })
    const store = await s3With(impatience)(location, server.writeCredentials())
    t.after(() => store.close())
    await assert.rejects(store.head('a.rdb'), { reason: 'Unreachable', message: /does not speak TLS/ })
  })
})
