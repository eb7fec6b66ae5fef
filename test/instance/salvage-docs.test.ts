// The commands of docs/salvage.md, run as they stand there: kubectl is played by a script, everything else is real.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { salvageFolder } from '../../instance/api.ts'
import { diverged } from '../support/diverged-pair.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../docs/salvage.md'), 'utf8')

/** The shell blocks below that heading, in order. */
function commands(heading: string): string {
  const [, after = ''] = page.split(`\n## ${heading}\n`)
  const blocks = [...after.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block)
  assert.ok(blocks.length > 2)
  return blocks.join('\n')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** Runs what follows `--` as if it were inside the container that is named. */
const kubectl = (pods: Readonly<Record<string, { root: string; ip: string }>>): string =>
  [
    '#!/bin/bash',
    'while [ "$1" != -- ]; do pod=$1; shift; done; shift',
    'case $pod in',
    ...Object.entries(pods).map(([pod, { root, ip }]) => `${pod}) root=${root} ip=${ip} ;;`),
    'esac',
    'words=()',
    'for word; do',
    '  word=${word//\\/data\\//$root/data/}; word=${word//\\/projected\\//$root/projected/}',
    '  words+=("${word//redis-cli/redis-cli -h $ip}")',
    'done',
    'exec "${words[@]}"',
    '',
  ].join('\n')

describe('docs/salvage.md', { timeout: 90_000 }, () => {
  it('shows the keys and values that are lost, and the last writes; then the copy is gone', async (t) => {
    const { old, successor } = await diverged(t, async (client) => {
      await client.set('changed', 'on the old one')
      await client.set('a lost key', 'forever')
    })
    await successor.client().set('changed', 'on the new one')
    const folder = mkdtempSync(join(tmpdir(), 'sd-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, 'bin', 'kubectl'), kubectl({ 'cache-0': old, 'cache-1': successor }), {
      mode: 0o755,
    })
    const port = String(await freePort())
    const script = commands('Look at it').replaceAll('7000', port).replaceAll('epoch-5', 'epoch-1')
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` }
    const { stdout } = await promisify(execFile)('bash', ['-e', '-o', 'pipefail', '-c', script], {
      cwd: folder,
      env,
    })
    assert.match(stdout, /"surplusBytes": \d+/)
    assert.match(stdout, /^a lost key$/m)
    assert.match(stdout, /^< [0-9a-f]{40} changed$/m)
    assert.match(stdout, /^> [0-9a-f]{40} changed$/m)
    assert.doesNotMatch(stdout, /[0-9a-f]{40} kept/)
    assert.match(stdout, /a lost key\r\n\$7\r\nforever\r\n$/)
    assert.equal(existsSync(old.root + salvageFolder), false)
  })
})
