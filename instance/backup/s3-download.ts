// Reads an object as one stream: where a connection breaks, the next one goes on from the same byte of the same object.
import { Readable } from 'node:stream'
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import type { S3Session } from './s3-client.ts'
import { notS3 } from './s3-errors.ts'
import { StoreError } from './store.ts'

export interface Download {
  readonly body: Readable
  readonly bytes: number
}

/** In a row, without a byte between. */
const resumptions = 3

export async function download(session: S3Session, key: string, signal: AbortSignal): Promise<Download> {
  const left = new AbortController()
  const reading: Reading = { session, key, signal: AbortSignal.any([signal, left.signal]) }
  const { bytes, etag, body: first } = await open(reading)
  const body = Readable.from(bytesOf(reading, first, { bytes, etag }), { objectMode: false })
  const abort = (): void => void body.destroy(session.explain(aborted(), key, 'read'))
  signal.addEventListener('abort', abort)
  body.once('close', () => {
    signal.removeEventListener('abort', abort)
    left.abort()
  })
  if (signal.aborted) abort()
  return { body, bytes }
}

interface Reading {
  readonly session: S3Session
  readonly key: string
  readonly signal: AbortSignal
}

interface Opened {
  readonly body: Readable
  readonly bytes: number
  readonly etag: string
}

async function* bytesOf(
  reading: Reading,
  first: Readable,
  { bytes, etag }: Pick<Opened, 'bytes' | 'etag'>,
): AsyncGenerator<Buffer, void> {
  let chunks = chunksOf(first)
  let offset = 0
  let failures = 0
  for (;;) {
    const step = await next(chunks)
    if (step.kind === 'Chunk') {
      offset += step.chunk.length
      failures = 0
      yield step.chunk
      continue
    }
    if (offset === bytes) return
    failures += 1
    const failure = reading.session.explain(
      step.error ?? shortAnswer(reading, offset, bytes),
      reading.key,
      'read',
    )
    if (!failure.retriable || failures > resumptions) throw failure
    chunks = chunksOf(await resume(reading, { offset, bytes, etag }))
  }
}

type Chunks = AsyncIterator<Buffer, undefined>
const chunksOf = (body: Readable): Chunks => body[Symbol.asyncIterator]() as Chunks

type Step =
  { readonly kind: 'Chunk'; readonly chunk: Buffer } | { readonly kind: 'End'; readonly error?: unknown }

async function next(chunks: Chunks): Promise<Step> {
  try {
    const { done, value } = await chunks.next()
    return done === true ? { kind: 'End' } : { kind: 'Chunk', chunk: value }
  } catch (error) {
    return { kind: 'End', error }
  }
}

interface Rest {
  readonly offset: number
  readonly bytes: number
  readonly etag: string
}

async function resume(reading: Reading, { offset, bytes, etag }: Rest): Promise<Readable> {
  const { session, key } = reading
  try {
    const rest = await open(reading, { Range: `bytes=${offset}-`, IfMatch: etag })
    if (rest.etag === etag && rest.bytes === bytes - offset) return rest.body
    rest.body.destroy()
  } catch (error) {
    const failure = session.explain(error, key, 'read')
    if (failure.reason !== 'Taken') throw failure
  }
  const message = `s3://${session.location.bucket}/${key} changed while it was read. Read it again from its start.`
  throw new StoreError('StoreFailed', true, message)
}

async function open(
  { session, key, signal }: Reading,
  part: { readonly Range?: string; readonly IfMatch?: string } = {},
): Promise<Opened> {
  const { sdk, location, quick, patient } = session
  try {
    const client = part.Range === undefined ? quick : patient
    const question = new sdk.GetObjectCommand({ Bucket: location.bucket, Key: key, ...part })
    return openedFrom(session, key, await client.send(question, { abortSignal: signal }))
  } catch (error) {
    throw session.explain(error, key, 'read')
  }
}

function openedFrom(
  session: S3Session,
  key: string,
  { Body, ContentLength: bytes, ETag: etag }: GetObjectCommandOutput,
): Opened {
  if (!(Body instanceof Readable) || bytes === undefined || etag === undefined)
    throw notS3({ ...session.location, key }, 'tells no size or no ETag')
  // It may fail before somebody reads it; who reads it then is told.
  Body.on('error', () => undefined)
  return { body: Body, bytes, etag }
}

function shortAnswer({ session, key }: Reading, offset: number, bytes: number): StoreError {
  const uri = `s3://${session.location.bucket}/${key}`
  return new StoreError('StoreFailed', true, `The answer ended after ${offset} of ${bytes} bytes of ${uri}.`)
}

const aborted = (): Error => Object.assign(new Error('aborted'), { name: 'AbortError' })
