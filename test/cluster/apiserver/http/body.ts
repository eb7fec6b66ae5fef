// Reads the bodies of requests.
import type { IncomingMessage } from 'node:http'
import { badRequest, unsupportedMediaType } from '../failure.ts'
import { parse } from 'yaml'
import { decodeProtobuf } from './protobuf.ts'

const largest = 4 * 1024 * 1024
const protobuf = 'application/vnd.kubernetes.protobuf'
const accepted = ['application/json', 'application/yaml', protobuf]

export interface Body {
  readonly value: unknown
  readonly mediaType: string
}

/** The value is undefined when there is none. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const mediaType = (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? ''
  const bytes = await bytesOf(request)
  if (bytes.length === 0) return { value: undefined, mediaType }
  if (mediaType === protobuf) return { value: decodeProtobuf(bytes), mediaType }
  const text = bytes.toString('utf8')
  try {
    if (mediaType.endsWith('yaml')) return { value: parse(text), mediaType }
    if (mediaType.endsWith('json')) return { value: JSON.parse(text), mediaType }
  } catch (cause) {
    throw badRequest(`the body of the request cannot be read: ${(cause as Error).message}`)
  }
  throw unsupportedMediaType(mediaType, accepted)
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    chunks.push(chunk as Buffer)
    size += (chunk as Buffer).length
    if (size > largest) throw badRequest(`the body of the request is longer than ${largest} bytes`)
  }
  return Buffer.concat(chunks)
}
