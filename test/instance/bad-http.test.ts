// Requests that are no HTTP, of another method, or never end: problem details, nothing has changed, and nobody is held up.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { Value } from '@sinclair/typebox/value'
import { instancePort, paths, Problem, problemType } from '../../instance/api.ts'
import { instanceProcess, token, type InstanceProcess } from '../support/instance-process.ts'
import { bearer, commands, refused, unmoved, withQuery, type Command } from '../support/commands.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 90_000

/** The whole answer to bytes that are sent as they are. */
async function answerTo({ ip }: InstanceProcess, bytes: string): Promise<string> {
  const socket = connect(instancePort, ip)
  socket.setEncoding('utf8')
  let text = ''
  socket.on('data', (chunk) => (text += String(chunk)))
  socket.on('error', () => undefined)
  socket.write(bytes)
  await once(socket, 'close')
  return text
}

describe('HTTP itself', { timeout }, () => {
  it('another method, or a path that is none, changes nothing', async (t) => {
    await unmoved(t, async (instance) => {
      for (const command of Object.values<Command>(commands)) {
        for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
          await refused(instance, withQuery(command, command.query), 'not-found', { method, headers: bearer })
        await refused(instance, `${command.path}/?${String(new URLSearchParams(command.query))}`, 'not-found')
        await refused(instance, `${command.path}%00`, 'not-found')
      }
      for (const path of [paths.healthz, paths.readyz, paths.status, paths.metrics, '/', '/v1', '/v2/fence'])
        await refused(instance, path, 'not-found')
    })
  })

  const common = `Host: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n`
  const query = new URLSearchParams(commands.fence.query).toString()
  const fence = `POST ${paths.fence}?${query} HTTP/1.1\r\n${common}`
  const broken: readonly (readonly [string, string, number])[] = [
    ['no HTTP', 'FENCE ME NOW\r\n\r\n', 400],
    ['a path that cannot be decoded', `POST /v1/%zz HTTP/1.1\r\n${common}Content-Length: 0\r\n\r\n`, 400],
    ['two lengths', `${fence}Content-Length: 0\r\nContent-Length: 5\r\n\r\n`, 400],
    ['a length and chunks', `${fence}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['a length below zero', `${fence}Content-Length: -1\r\n\r\n`, 400],
    ['chunks that are none', `${fence}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`, 400],
    ['headers without end', `${fence}X: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
    ['a query without end', `POST ${paths.fence}?${'x'.repeat(100_000)} HTTP/1.1\r\n${common}\r\n`, 431],
  ]
  it('that is broken is answered with problem details, and changes nothing', async (t) => {
    await unmoved(t, async (instance) => {
      for (const [what, bytes, status] of broken) {
        const answer = await answerTo(instance, bytes)
        assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), `${what}: ${answer}`)
        assert.match(answer, /\r\ncontent-type: application\/problem\+json/i, `${what}: ${answer}`)
        const problem: unknown = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))
        assert.ok(Value.Check(Problem, problem), what)
        assert.equal(problem.type, problemType('bad-request'))
      }
    })
  })

  it('that never ends holds up neither probes nor commands', async (t) => {
    const instance = await instanceProcess(t)
    await instance.start()
    const { promote } = commands
    const head = `POST ${withQuery(promote, promote.query)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`
    const beginnings = [
      '',
      'POST ',
      head,
      `${head}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{`,
    ]
    const sockets = Array.from({ length: 400 }, (_, index) => {
      const socket = connect(instancePort, instance.ip)
      socket.on('error', () => undefined)
      socket.write(beginnings[index % beginnings.length] ?? '')
      t.after(() => socket.destroy())
      return socket
    })
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    for (const path of [paths.healthz, paths.status, paths.metrics])
      assert.equal((await fetch(`http://${instance.ip}:${instancePort}${path}`)).status, 200, path)
    assert.equal((await instance.fence(2, 'u1')).status, 200)
    const open = sockets.filter(({ readyState }) => readyState === 'open')
    assert.ok(open.length > 300, 'they were there all the while')
    assert.equal((await instance.status()).seen, 2)
  })
})
