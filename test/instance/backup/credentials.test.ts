// What counts as credentials in a mounted Secret, and that they are of one version.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { credentialKeys } from '../../../instance/artifact.ts'
import { readAuthority, readCredentials } from '../../../instance/backup/credentials.ts'

type Files = Readonly<Record<string, string>>

function secret(t: TestContext, files: Files): string {
  const directory = mkdtempSync(join(tmpdir(), 'credentials-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  write(directory, files)
  return directory
}

function write(directory: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
}

/** As kubelet does it: a folder for each version, and a symbolic link that is replaced. */
function publish(directory: string, version: string, files: Files): void {
  mkdirSync(join(directory, version))
  write(join(directory, version), files)
  symlinkSync(version, join(directory, '..data_tmp'))
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
}

const pair = (id: string, key: string): Files => ({ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key })

describe('mounted credentials', () => {
  for (const index of credentialKeys.accessKeyId.keys())
    it(`are read as ${credentialKeys.accessKeyId[index]}`, async (t) => {
      const directory = secret(t, {
        [credentialKeys.accessKeyId[index] ?? '']: 'id',
        [credentialKeys.secretAccessKey[index] ?? '']: 'key',
        [credentialKeys.sessionToken[index] ?? '']: 'token',
      })
      assert.deepEqual(await readCredentials(directory), {
        kind: 'Mounted',
        accessKeyId: 'id',
        secretAccessKey: 'key',
        sessionToken: 'token',
      })
    })

  it('may end with a newline', async (t) => {
    const found = await readCredentials(secret(t, pair('id\n', ' key\r\n')))
    assert.deepEqual(found, { kind: 'Mounted', accessKeyId: 'id', secretAccessKey: 'key' })
  })

  it('are absent when there is no file, no value, or no directory', async (t) => {
    const empty = secret(t, { AWS_ACCESS_KEY_ID: '', 'ca.crt': 'x' })
    for (const directory of [empty, join(empty, 'nowhere')])
      assert.deepEqual(await readCredentials(directory), { kind: 'Absent' })
  })

  it('that are only one half are refused, and both keys are named', async (t) => {
    for (const half of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])
      await assert.rejects(readCredentials(secret(t, { [half]: 'hidden' })), (error: Error) => {
        assert.match(error.message, /AWS_ACCESS_KEY_ID.*AWS_SECRET_ACCESS_KEY|AWS_SECRET.*AWS_ACCESS/s)
        assert.ok(!error.message.includes('hidden'))
        assert.equal((error as Error & { reason?: string }).reason, 'CredentialsMissing')
        return true
      })
  })

  it('come from one version of the Secret, however often it is replaced', async (t) => {
    const directory = secret(t, {})
    publish(directory, '..v0', pair('id-0', 'key-0'))
    for (let version = 1; version <= 200; version += 1) {
      const reading = readCredentials(directory)
      await Promise.resolve()
      publish(directory, `..v${version}`, pair(`id-${version}`, `key-${version}`))
      rmSync(join(directory, `..v${version - 1}`), { recursive: true })
      const found = await reading
      assert.ok(found.kind === 'Mounted', `version ${version}`)
      assert.equal(found.accessKeyId.slice(3), found.secretAccessKey.slice(4), `version ${version}`)
    }
  })

  it('with a CA that is no certificate are refused', async (t) => {
    const directory = secret(t, { 'ca.crt': 'not a certificate' })
    await assert.rejects(readAuthority(directory), { reason: 'Unreachable', message: /ca\.crt.*PEM/s })
    assert.equal(await readAuthority(secret(t, {})), undefined)
  })
})
