// How an instance talks to others: deadlines and aborts end a call at any moment, and connections are kept.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { textOf, transport } from '../../instance/transport.ts'

async function serverAt(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const never = new AbortController().signal
const get = (signal: AbortSignal): Parameters<ReturnType<typeof transport>['send']>[1] => ({
  method: 'GET',
  headers: {},
  signal,
})

describe('transport', { timeout: 20_000 }, () => {
  it('sends method, headers and body, and gives the answer whatever its status', async (t) => {
    const url = await serverAt(t, (request, response) => {
      void request.toArray().then((chunks) => {
        response.writeHead(409).end(`${request.method} ${request.headers.authorization} ${chunks.join('')}`)
      })
    })
    const http = transport()
    t.after(() => http.close())
    const call = { method: 'PATCH', headers: { authorization: 'a' }, body: 'ä', signal: never }
    const answer = await http.send(url, call)
    assert.deepEqual([answer.statusCode, await textOf(answer)], [409, 'PATCH a ä'])
  })

  it('keeps a connection for the next call', async (t) => {
    const ports = new Set<number | undefined>()
    const url = await serverAt(t, (request, response) => {
      ports.add(request.socket.remotePort)
      response.end('ok')
    })
    const http = transport()
    t.after(() => http.close())
    for (let call = 0; call < 3; call++) await textOf(await http.send(url, get(never)))
    assert.equal(ports.size, 1)
  })

  it('gives up on a server that says nothing, with the reason of the signal', async (t) => {
    const url = await serverAt(t, () => undefined)
    const http = transport()
    t.after(() => http.close())
    await assert.rejects(http.send(url, get(AbortSignal.timeout(50))), { name: 'TimeoutError' })
  })

  it('gives up in the middle of a body', async (t) => {
    const url = await serverAt(t, (_request, response) => void response.write('the first half'))
    const http = transport()
    t.after(() => http.close())
    const stop = new AbortController()
    const answer = await http.send(url, get(stop.signal))
    answer.once('data', () => stop.abort())
    await assert.rejects(textOf(answer))
  })

  it('rejects when nobody listens', async () => {
    await assert.rejects(transport().send('http://127.0.0.1:1', get(never)), {
      code: 'ECONNREFUSED',
    })
  })

  it('with an authority it speaks https, and never falls back to plain http', async (t) => {
    const url = await serverAt(t, (_request, response) => response.end('plain'))
    const http = transport('')
    t.after(() => http.close())
    await assert.rejects(http.send(url.replace('http:', 'https:'), get(never)), {
      code: 'EPROTO',
    })
  })
})
