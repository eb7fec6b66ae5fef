// A program: what speaks enough S3 to take an upload, and throws it away. It shows how fast we send, with no store to wait for.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** By path: how long, and the metadata that it was given. */
const objects = new Map<string, { bytes: number; headers: Record<string, string> }>()
const uploads = new Map<string, { bytes: number; headers: Record<string, string> }>()
const etag = '"00000000000000000000000000000000"'

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sink')
  const uploadId = searchParams.get('uploadId')
  const upload = uploads.get(uploadId ?? '')
  const bytes = await discard(request)
  if (request.method === 'HEAD') {
    show(response, pathname)
    return
  }
  if (request.method === 'DELETE') objects.delete(pathname)
  if (request.method === 'POST' && searchParams.has('uploads')) {
    const id = String(uploads.size + 1)
    uploads.set(id, { bytes: 0, headers: metadataOf(request) })
    response.end(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`)
    return
  }
  if (request.method === 'POST' && upload !== undefined) {
    objects.set(pathname, upload)
    response.end(`<CompleteMultipartUploadResult><ETag>${etag}</ETag></CompleteMultipartUploadResult>`)
    return
  }
  if (request.method === 'PUT' && upload !== undefined) upload.bytes += bytes
  else if (request.method === 'PUT') objects.set(pathname, { bytes, headers: metadataOf(request) })
  response.setHeader('etag', etag)
  response.end()
}

async function discard(request: IncomingMessage): Promise<number> {
  let bytes = 0
  request.on('data', (chunk: Buffer) => (bytes += chunk.length))
  await once(request, 'end')
  return bytes
}

function show(response: ServerResponse, path: string): void {
  const object = objects.get(path)
  if (object === undefined) response.statusCode = 404
  else response.writeHead(200, { ...object.headers, etag, 'content-length': object.bytes })
  response.end()
}

const metadataOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith('x-amz-meta-') && typeof value === 'string' ? [[name, value]] : [],
    ),
  )

const server = createServer((request, response) => void answer(request, response))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.stdin.resume().once('end', () => process.exit(0))
console.log((server.address() as AddressInfo).port)
