// A faulty network before an object store: passes requests on, except where a fault was asked for.
import { EventEmitter, once } from 'node:events'
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Transform } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type { Lifetime } from './lifetime.ts'

export type Operation =
  | 'HeadObject'
  | 'GetObject'
  | 'PutObject'
  | 'DeleteObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListMultipartUploads'

export interface Fault {
  /** Any operation when absent. */
  readonly on?: Operation
  readonly when?: (request: Pick<IncomingMessage, 'headers'>) => boolean
  /** 1 when absent. */
  readonly times?: number
  readonly act: Act
}

export type Act =
  | { readonly kind: 'Delay'; readonly ms: number }
  /** Once the promise resolves. */
  | { readonly kind: 'Hold'; readonly until: Promise<unknown> }
  /** An S3 error as XML; the store never sees the request. HEAD gets the status alone, as from S3. */
  | { readonly kind: 'Refuse'; readonly status: number; readonly code: string; readonly message?: string }
  /** A bare answer, as if the store had done it; it never sees the request. */
  | { readonly kind: 'Lie'; readonly status: number; readonly body?: string; readonly etag?: string }
  /** The connection breaks once the store has done its work. */
  | { readonly kind: 'SwallowAnswer' }
  /** The store has done its work; the answer waits for the promise. */
  | { readonly kind: 'HoldAnswer'; readonly until: Promise<unknown> }
  | { readonly kind: 'CutAnswer'; readonly afterBytes: number }
  | { readonly kind: 'StallAnswer'; readonly afterBytes: number }
  | { readonly kind: 'CorruptAnswer'; readonly atByte: number }
  /** The connection breaks once this much of the request's body has come. */
  | { readonly kind: 'CutRequest'; readonly afterBytes: number }
  /** Takes the request, and is silent for ever. */
  | { readonly kind: 'Stall' }

export interface S3Proxy {
  readonly endpoint: string
  /** What was asked, in order. */
  readonly operations: readonly Operation[]
  /** Headers of each of them. */
  readonly headers: readonly IncomingMessage['headers'][]
  /** Faults are spent in the order they were given. */
  fault(fault: Fault): void
  /** From now on everything is passed on. */
  clear(): void
  /** Resolves with the next request of that kind, once its head is here. */
  next(operation: Operation): Promise<void>
  /** Resolves when the store has answered the next request of that kind, whatever becomes of the answer. */
  answered(operation: Operation): Promise<void>
  /** Resolves when the bodies of requests and answers from now on have come to so many bytes. */
  passed(bytes: number): Promise<void>
  /** Resolves when no request is open. */
  quiet(): Promise<void>
}

export async function s3Proxy(t: Lifetime, store: string, host = '127.0.0.1'): Promise<S3Proxy> {
  const operations: Operation[] = []
  const headers: IncomingMessage['headers'][] = []
  const pending: { fault: Fault; left: number }[] = []
  const bus = new EventEmitter()
  let open = 0
  let bytes = 0
  const count = (chunk: Buffer): void => {
    bytes += chunk.length
    bus.emit('bytes')
  }
  const server = createServer((request, response) => {
    const operation = operationOf(request)
    operations.push(operation)
    headers.push(request.headers)
    open += 1
    response.once('close', () => {
      open -= 1
      if (open === 0) bus.emit('quiet')
    })
    bus.emit(`next ${operation}`)
    const found = pending.find(
      ({ fault: { on = operation, when }, left }) =>
        left > 0 && on === operation && (when?.(request) ?? true),
    )
    if (found !== undefined) found.left -= 1
    const answered = (): void => void bus.emit(`answered ${operation}`)
    const exchange: Exchange = { store, request, response, answered, count }
    void handle(exchange, found?.fault.act).catch(() => response.destroy())
  })
  server.listen(0, host)
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    endpoint: `http://${host}:${(server.address() as AddressInfo).port}`,
    operations,
    headers,
    clear: () => void pending.splice(0),
    fault: (fault) => void pending.push({ fault, left: fault.times ?? 1 }),
    async next(operation) {
      await once(bus, `next ${operation}`)
    },
    async answered(operation) {
      await once(bus, `answered ${operation}`)
    },
    async passed(more) {
      const wanted = bytes + more
      while (bytes < wanted) await once(bus, 'bytes')
    },
    async quiet() {
      if (open > 0) await once(bus, 'quiet')
    },
  }
}

function operationOf({ method = 'GET', url = '/' }: IncomingMessage): Operation {
  const { searchParams } = new URL(url, 'http://store')
  const upload = searchParams.has('uploadId')
  if (method === 'HEAD') return 'HeadObject'
  if (method === 'PUT') return upload ? 'UploadPart' : 'PutObject'
  if (method === 'POST') return upload ? 'CompleteMultipartUpload' : 'CreateMultipartUpload'
  if (searchParams.has('uploads')) return 'ListMultipartUploads'
  if (method === 'DELETE') return upload ? 'AbortMultipartUpload' : 'DeleteObject'
  return 'GetObject'
}

interface Exchange {
  readonly store: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
  answered(): void
  count(chunk: Buffer): void
}

async function handle(exchange: Exchange, act: Act | undefined): Promise<void> {
  const { request, response } = exchange
  switch (act?.kind) {
    case 'Delay':
      await pause(act.ms)
      return pass(exchange)
    case 'Hold':
      await act.until
      return pass(exchange)
    case 'Refuse':
      return refuse(request, response, act)
    case 'Lie':
      await drained(request)
      response.writeHead(act.status, act.etag === undefined ? {} : { etag: act.etag }).end(act.body ?? '')
      return
    case 'Stall':
      await drained(request)
      return
    case 'CutRequest':
      await drained(request, act.afterBytes)
      response.destroy()
      return
    default:
      return pass(exchange, act)
  }
}

async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code, message = code }: { status: number; code: string; message?: string },
): Promise<void> {
  await drained(request)
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  response.writeHead(status, { 'content-type': 'application/xml' }).end(request.method === 'HEAD' ? '' : xml)
}

async function drained(request: IncomingMessage, bytes = Infinity): Promise<void> {
  let seen = 0
  for await (const chunk of request) {
    seen += (chunk as Buffer).length
    if (seen >= bytes) return
  }
}

/** The head goes on as it came, Host included: it is signed. */
async function pass({ store, request, response, answered, count }: Exchange, act?: Act): Promise<void> {
  const { hostname, port } = new URL(store)
  const { method, url, headers } = request
  const upstream = send({ hostname, port, method, path: url, headers, agent: false })
  request.on('data', count).pipe(upstream)
  request.once('close', () => {
    if (!request.complete) upstream.destroy()
  })
  const [answer] = (await once(upstream, 'response')) as [IncomingMessage]
  answered()
  answer.on('data', count)
  response.once('close', () => upstream.destroy())
  if (act?.kind === 'SwallowAnswer') {
    await drained(answer)
    response.destroy()
    return
  }
  if (act?.kind === 'HoldAnswer') await act.until
  response.writeHead(answer.statusCode ?? 502, answer.headers)
  response.flushHeaders()
  answer.pipe(spoiling(response, act)).pipe(response)
}

function spoiling(response: ServerResponse, act?: Act): Transform {
  let seen = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const from = seen
      seen += chunk.length
      if (act?.kind === 'CorruptAnswer' && from <= act.atByte && act.atByte < seen) {
        const spoiled = Buffer.from(chunk)
        spoiled.writeUInt8(spoiled.readUInt8(act.atByte - from) ^ 1, act.atByte - from)
        done(null, spoiled)
      } else if ((act?.kind === 'CutAnswer' || act?.kind === 'StallAnswer') && seen > act.afterBytes) {
        response.write(chunk.subarray(0, Math.max(0, act.afterBytes - from)), () => {
          if (act.kind === 'CutAnswer') response.destroy()
        })
      } else done(null, chunk)
    },
  })
}
