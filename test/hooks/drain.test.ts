// SIGTERM in a real process: the running sync is answered, the next is told to come later, and the process ends well.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it, type TestContext } from 'node:test'
import { Agent, request as send } from 'undici'
import { hookPaths } from '../../hooks/rediscluster/controller.ts'
import { eventually } from '../e2e/eventually.ts'
import { podAt } from '../support/answering-pair.ts'
import { reigning, request, uidOf } from '../support/builders.ts'
import { fakeInstance } from '../support/fake-instance.ts'

async function startHooks(t: TestContext): Promise<{ child: ChildProcess; url: string }> {
  const program = resolve(import.meta.dirname, '../../hooks/main.ts')
  const child = spawn(process.execPath, [program, 'hooks', '--listen=127.0.0.1', '--port=0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  for await (const line of createInterface(child.stdout)) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
    if (url !== undefined) return { child, url }
  }
  throw new Error('the hooks ended before they listened')
}

describe('SIGTERM', () => {
  it('while a sync runs: it is answered, readiness goes, the next sync is not now, and the exit code is 0', async (t) => {
    const { child, url } = await startHooks(t)
    // Kept alive, as Metacontroller's are: a process that waited for them would never end.
    const agent = new Agent()
    t.after(() => agent.destroy())
    const silent = await fakeInstance(t, uidOf(0), () => undefined)
    const body = JSON.stringify(request({ status: reigning(), pods: [podAt(0, silent.ip)] }))
    const post = async (): Promise<readonly unknown[]> => {
      const headers = { 'content-type': 'application/json' }
      const answer = await send(url + hookPaths.sync, { method: 'POST', dispatcher: agent, headers, body })
      await answer.body.dump()
      return [answer.statusCode, answer.headers['retry-after']]
    }
    const running = post()
    await eventually('the sync polls', () => silent.requests[0])
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await eventually('readiness is gone', async () => {
      const { statusCode, body: text } = await send(`${url}/readyz`)
      await text.dump()
      return statusCode === 503 ? true : undefined
    })
    assert.deepEqual(await post(), [429, '1'])
    assert.deepEqual(await running, [200, undefined])
    assert.deepEqual(await ended, [0, null])
  })
})
