// A webhook as Metacontroller calls it: answers what a test says, and remembers every call.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Call<Body = unknown> {
  readonly path: string
  readonly body: Body
  /** Milliseconds on a clock that only moves forward. */
  readonly at: number
}

export type Answer =
  | { readonly kind: 'Json'; readonly value: unknown }
  | {
      readonly kind: 'Raw'
      readonly status: number
      readonly body?: string
      readonly headers?: Readonly<Record<string, string>>
    }

export interface Webhook {
  readonly url: string
  readonly calls: readonly Call[]
  /** The largest number of calls that were being answered at one time. */
  readonly mostAtOnce: () => number
  readonly close: () => Promise<void>
}

export async function startWebhook(answer: (call: Call) => Answer | Promise<Answer>): Promise<Webhook> {
  const calls: Call[] = []
  let inFlight = 0
  let most = 0
  const handle = async (request: IncomingMessage): Promise<Answer> => {
    most = Math.max(most, ++inFlight)
    const call = {
      path: request.url ?? '',
      body: JSON.parse(await textOf(request)) as unknown,
      at: performance.now(),
    }
    calls.push(call)
    return await Promise.resolve(answer(call)).finally(() => inFlight--)
  }
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    void handle(request)
      .catch((error: unknown): Answer => ({ kind: 'Raw', status: 500, body: String(error) }))
      .then((reply) => {
        if (reply.kind === 'Json') return response.end(JSON.stringify(reply.value))
        return response.writeHead(reply.status, reply.headers).end(reply.body)
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${port}`, calls, mostAtOnce: () => most, close }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
