// An instance server that cannot even listen: one sentence on stderr says what, why and what to do, and the exit code is 1.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { instancePort, mounts } from '../../instance/api.ts'
import { writeMounts } from '../support/instance-process.ts'

const main = resolve(import.meta.dirname, '../../instance/main.ts')
const cluster = [
  '--cluster=cache',
  '--cluster-uid=c1',
  '--namespace=shop',
  '--pod=cache-0',
  '--pod-uid=u0',
  '--pod-ip=127.0.0.1',
]

function folder(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'rf-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  return root
}

async function lastWords(root: string, ...flags: readonly string[]): Promise<readonly [number, string]> {
  const child = spawn(process.execPath, [main, `--root=${root}`, '--log-level=error', ...cluster, ...flags], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  let text = ''
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (chunk) => (text += String(chunk)))
  const [code] = (await once(child, 'close')) as [number]
  return [code, text]
}

function says([code, text]: readonly [number, string], ...patterns: readonly RegExp[]): void {
  assert.equal(code, 1)
  assert.match(text, /^the instance could not start: [^\n]+\n$/)
  for (const pattern of patterns) assert.match(text, pattern)
}

describe('an instance server that cannot start', () => {
  it('says that the data volume is not there, or cannot be written', async (t) => {
    const root = folder(t)
    const wrong = /the data volume cannot be written \(.*\): check that it is mounted/
    says(await lastWords(root, '--kubernetes-api=http://127.0.0.1:1'), wrong, /ENOENT/)
    writeFileSync(root + mounts.data, 'a file')
    says(await lastWords(root, '--kubernetes-api=http://127.0.0.1:1'), wrong, /ENOTDIR/)
  })

  it("says that the Pod's credentials are missing", async (t) => {
    const root = folder(t)
    mkdirSync(root + mounts.data, { recursive: true })
    const said = await lastWords(root, '--kubernetes-api=https://127.0.0.1:1')
    says(
      said,
      /certificate of the Kubernetes API cannot be read \(ENOENT.*\): check that the Pod's service-account/,
    )
  })

  it('says that its address is taken, or not its own', async (t) => {
    const root = folder(t)
    writeMounts(root)
    const other = createServer().listen(instancePort, '127.59.0.1')
    t.after(() => other.close())
    await once(other, 'listening')
    const api = '--kubernetes-api=http://127.0.0.1:1'
    const wrong = /HTTP cannot be served \(.*\): end what else listens there/
    says(await lastWords(root, api, '--listen=127.59.0.1'), wrong, /EADDRINUSE/)
    says(await lastWords(root, api, '--listen=192.0.2.1'), wrong, /EADDRNOTAVAIL/)
  })
})
