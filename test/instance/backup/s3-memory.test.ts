// What backups cost an instance: nothing while there are none, and bounded memory while one runs.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { s3Server } from '../../support/s3-server.ts'
import { mebibyte } from '../../support/s3-transfers.ts'

const root = resolve(import.meta.dirname, '../../..')

async function run(program: string): Promise<unknown> {
  const args = ['--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
  return JSON.parse(stdout)
}

describe('the memory of backups', () => {
  it('holds no SDK before a store is opened', async () => {
    const program = `
      import { createRequire } from 'node:module'
      const loaded = () => Object.keys(createRequire(process.cwd() + '/').cache).filter((file) => /@aws-sdk|@smithy/.test(file)).length
      const { openS3 } = await import('./instance/backup/s3.ts')
      const before = loaded()
      await openS3({ bucket: 'backups' }, '/nonexistent')
      console.log(JSON.stringify([before, loaded() > 0]))`
    assert.deepEqual(await run(program), [0, true])
  })

  it('does not grow with what is uploaded and downloaded', async (t) => {
    const server = await s3Server(t)
    const bytes = 300 * mebibyte
    const program = `
      const { openS3 } = await import('./instance/backup/s3.ts')
      const { options, stream } = await import('./test/support/s3-transfers.ts')
      const store = await openS3(${JSON.stringify(server.location())}, ${JSON.stringify(server.writeCredentials())})
      const peak = () => process.resourceUsage().maxRSS * 1024
      await store.put('small', stream(1), options(1))
      const before = peak()
      await store.put('large', stream(${bytes}), options(${bytes}))
      let read = 0
      for await (const chunk of (await store.get('large', new AbortController().signal)).body) read += chunk.length
      store.close()
      console.log(JSON.stringify({ grown: peak() - before, read }))`
    const { grown, read } = (await run(program)) as { grown: number; read: number }
    assert.equal(read, bytes)
    t.diagnostic(`grew by ${Math.round(grown / mebibyte)} MiB`)
    assert.ok(grown < 150 * mebibyte, `it grew by ${grown} bytes`)
  })
})
