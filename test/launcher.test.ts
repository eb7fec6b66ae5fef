// The command of the image on the bundles: what it says of itself, and what it refuses.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { validList as hooksFlags } from '../hooks/config.ts'
import { validList as instanceFlags } from '../instance/config.ts'
import { launcher, path } from './support/launcher.ts'

interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const launch = (...args: readonly string[]): Outcome =>
  spawnSync(launcher, args, { encoding: 'utf8', env: { ...process.env, PATH: path } })

const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8')) as {
  version: string
}

describe('redis-operator', () => {
  it('--version names the versions of all that is in the image', () => {
    const { stdout, stderr, status } = launch('--version')
    assert.equal(stderr, '')
    const lines = stdout.trim().split('\n')
    const start = [`redis-operator ${version}`, 'revision       unknown', `node           ${process.version}`]
    assert.deepEqual(lines.slice(0, 3), start)
    assert.match(
      lines.slice(3).join('\n'),
      /^redis-server {3}\S.* v=\d.*\n(?:\w+\.cjs +sha256 [0-9a-f]{64}\n?){3}$/,
    )
    assert.equal(status, 0)
  })

  it('--version fails where a part of the image does not run', (t) => {
    const broken = mkdtempSync(join(tmpdir(), 'launcher-'))
    t.after(() => rmSync(broken, { recursive: true }))
    writeFileSync(join(broken, 'redis-server'), '#!/bin/sh\nexit 127\n', { mode: 0o755 })
    const env = { ...process.env, PATH: [broken, path].join(delimiter) }
    assert.equal(spawnSync(launcher, ['--version'], { env }).status, 127)
  })

  it('--help lists the roles with their flags', () => {
    const { stdout, status } = launch('--help')
    assert.equal(status, 0)
    assert.ok(stdout.includes(`redis-operator hooks, ${hooksFlags()}\n`))
    assert.ok(stdout.includes(`redis-operator instance, ${instanceFlags()}\n`))
  })

  for (const role of ['hooks', 'controller', 'instance'])
    it(`${role} --help lists the flags of that role`, () => {
      const { stdout, status } = launch(role, '--help')
      assert.equal(status, 0)
      assert.equal(stdout, `${role === 'instance' ? instanceFlags() : hooksFlags()}\n`)
    })

  for (const args of [[], ['operator'], ['--verbose']])
    it(`${args.join(' ') || 'no role'} is refused with what to write instead`, () => {
      const { stdout, stderr, status } = launch(...args)
      assert.equal(stdout, '')
      assert.match(
        stderr,
        /^redis-operator: '.*' is not a role: start it as redis-operator instance or .* \(more: --help\)\n$/,
      )
      assert.equal(status, 2)
    })
})
