// An instance that is started by hand, without any cluster: its redis-server starts, and curl makes it a primary.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { instancePort, mounts, type InstanceStatus } from '../../instance/api.ts'
import { eventually } from '../e2e/eventually.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 60_000

describe('an instance that is started by hand', { timeout }, () => {
  it('runs its redis-server, and becomes a primary when it is told to', async (t) => {
    const ip = `127.${60 + ((process.pid >> 8) % 60)}.${process.pid & 255}.250`
    const root = mkdtempSync(join(tmpdir(), 'ri-'))
    for (const folder of [mounts.data, mounts.run]) mkdirSync(root + folder, { recursive: true })
    const main = resolve(import.meta.dirname, '../../instance/main.ts')
    const flags = [`--root=${root}`, `--listen=${ip}`, '--log-level=warn']
    const child = spawn(process.execPath, [main, 'instance', ...flags], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const ended = once(child, 'exit')
    t.after(async () => {
      child.kill('SIGTERM')
      await ended
      rmSync(root, { recursive: true, force: true })
    })
    const url = `http://${ip}:${instancePort}/v1`
    const status = async (): Promise<InstanceStatus> =>
      (await (await fetch(`${url}/status`)).json()) as InstanceStatus
    await eventually('redis-server answers', async () =>
      (await status()).redis.state === 'running' ? true : undefined,
    )
    const answer = await fetch(`${url}/promote`, { method: 'POST' })
    assert.equal(answer.status, 200, await answer.text())
    await eventually('it is a primary', async () => ((await status()).role === 'master' ? true : undefined))
  })
})
