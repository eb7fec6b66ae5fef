// An instance's HTTP side with scripted answers, on a loopback address of its own and the real port.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { TestContext } from 'node:test'
import { instancePort } from '../../instance/api.ts'
import type { Address } from '../../hooks/rediscluster/plan.ts'

export interface FakeInstance extends Address {
  /** Method, path with query, authorization and body of each request. */
  readonly requests: readonly string[]
}

let count = 0

export async function fakeInstance(
  t: TestContext,
  uid: string,
  answer: RequestListener,
): Promise<FakeInstance> {
  count += 1
  const ip = `127.${130 + ((process.pid >> 8) % 60)}.${process.pid & 255}.${count}`
  const requests: string[] = []
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      requests.push([request.method, request.url, request.headers.authorization ?? '-', body].join(' '))
      answer(request, response)
    })
  })
  server.listen(instancePort, ip)
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { uid, name: `cache-${count}`, ip, requests }
}

export const json =
  (body: unknown, status = 200): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
