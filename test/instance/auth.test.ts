// The control token: every way to write a command's path needs it, and a changed one counts whatever redis-server does.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { controlKeys, instancePort, mounts } from '../../instance/api.ts'
import { isAccepted, noTokens, withToken } from '../../instance/auth.ts'
import { eventually } from '../e2e/eventually.ts'
import { identity, instanceProcess, token, type InstanceProcess } from '../support/instance-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

/** The status code of a request whose target is sent as it is written. */
async function rawStatus(ip: string, method: string, path: string): Promise<number> {
  const socket = connect(instancePort, ip)
  socket.setEncoding('utf8')
  let text = ''
  socket.on('data', (chunk) => (text += String(chunk)))
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
  await once(socket, 'close')
  return Number(text.split(' ')[1])
}

async function fenceWith({ post }: InstanceProcess, given: string, epoch: number): Promise<number> {
  const query = { ...identity, epoch: String(epoch), target: 'u1' }
  return (await post('/v1/fence', query, undefined, { authorization: `Bearer ${given}` })).status
}

function mountToken({ root }: InstanceProcess, text: string): void {
  writeFileSync(join(root + mounts.control, controlKeys.token), text)
}

describe('the control token', { timeout }, () => {
  it('is needed however the path of a command is written, and by every method that is not a read', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    const query = new URLSearchParams({ ...identity, epoch: '5', target: 'u1' }).toString()
    const commands = ['fence', 'promote', 'demote', 'peer'].flatMap((command) => [
      `/v1/${command}?${query}`,
      `/%761/${command}?${query}`,
      `//v1/${command}?${query}`,
      `http://h/v1/${command}?${query}`,
      `HTTP://h/%76%31/${command}?${query}`,
    ])
    for (const path of commands) assert.equal(await rawStatus(instance.ip, 'POST', path), 401, path)
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'PROPFIND'])
      assert.notEqual(await rawStatus(instance.ip, method, `/v1/fence?${query}`), 200, method)
    assert.equal(await rawStatus(instance.ip, 'GET', '/v1/status'), 200)
    assert.equal(await rawStatus(instance.ip, 'HEAD', '/v1/status'), 200)
    assert.equal(await rawStatus(instance.ip, 'GET', `/v1/fence?${query}`), 404)
    assert.notEqual((await instance.status()).seen, 5)
  })

  it('is taken anew while redis-server hangs, and the previous one is taken for a while', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    await instance.open(1)
    const stopped = instance.redisPid()
    process.kill(stopped, 'SIGSTOP')
    await eventually('it hangs', async () =>
      (await instance.status()).redis.state === 'hung' ? true : undefined,
    )
    mountToken(instance, 'new-token\n')
    await eventually('the new token counts', async () =>
      (await fenceWith(instance, 'new-token', 2)) === 200 ? true : undefined,
    )
    assert.equal(await fenceWith(instance, token, 2), 200)
    assert.equal(await fenceWith(instance, 'another', 2), 401)
  })

  it('is taken anew before redis-server was ever started', async (t) => {
    const instance = await instanceProcess(t)
    writeFileSync(join(instance.root + mounts.config, 'redis.conf'), '')
    instance.spawn()
    await eventually('it waits for its files', async () =>
      (await instance.status()).redis.state === 'waiting' ? true : undefined,
    )
    mountToken(instance, 'new-token')
    await eventually('the new token is known', async () =>
      (await fenceWith(instance, 'new-token', 2)) === 503 ? true : undefined,
    )
  })

  it('counts for a minute after another took its place, and not longer', () => {
    const first = withToken(noTokens, 'a', 0)
    const second = withToken(first, 'b', 1000)
    assert.deepEqual([isAccepted(first, 'a', 9e9), isAccepted(first, 'b', 0)], [true, false])
    assert.deepEqual([isAccepted(second, 'a', 60_999), isAccepted(second, 'a', 61_000)], [true, false])
    assert.equal(isAccepted(second, 'b', 9e9), true)
  })

  it('stays what it was while it cannot be read', () => {
    const known = withToken(noTokens, 'a', 0)
    assert.equal(withToken(known, undefined, 1), known)
    assert.equal(isAccepted(noTokens, 'undefined', 0), false)
  })
})
