// Streams a body into an object with bounded memory, and takes everything back when that does not succeed.
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { S3Session } from './s3-client.ts'
import { maximumParts, partPlan, partsOf, type Part } from './s3-parts.ts'
import { publishParts, publishWhole, refuseTaken, type Publication } from './s3-publish.ts'
import { createUpload, sendPart, type ObjectRequest } from './s3-requests.ts'
import { settle } from './s3-settle.ts'
import { StoreError, type PutOptions } from './store.ts'

export async function upload(
  session: S3Session,
  key: string,
  body: Readable,
  options: PutOptions,
): Promise<void> {
  // It may fail before it is read; the error then comes up when it is.
  body.on('error', () => undefined)
  const transfer = transferOf(session, key, body, options)
  try {
    transfer.signal.throwIfAborted()
    await refuseTaken(transfer.publication.object, transfer.signal).catch(unlessDenied)
    await send(transfer)
  } catch (error) {
    transfer.fail(error)
    await Promise.all(transfer.inFlight)
    await settle(transfer.publication, transfer.failure(), options.signal.aborted)
  } finally {
    transfer.close()
  }
}

interface Transfer {
  readonly body: Readable
  readonly options: PutOptions
  readonly publication: Publication
  /** Ends with the caller's signal, and with the first failure. */
  readonly signal: AbortSignal
  readonly inFlight: Set<Promise<void>>
  /** Bytes. */
  acknowledged: number
  /** The first failure counts: what follow are its consequences. */
  readonly fail: (error: unknown) => void
  failure(): unknown
  close(): void
}

function transferOf(session: S3Session, key: string, body: Readable, options: PutOptions): Transfer {
  const stop = new AbortController()
  const failures: unknown[] = []
  const fail = (error: unknown): void => {
    failures.push(error)
    stop.abort()
    body.destroy()
  }
  const { signal, metadata, contentType } = options
  const abort = (): void => fail(session.explain(new DOMException('called off', 'AbortError'), key, 'write'))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  const object: ObjectRequest = { session, key, metadata, contentType, mark: randomUUID() }
  return {
    body,
    options,
    publication: { object, bytes: 0, etags: [], tried: false },
    signal: stop.signal,
    inFlight: new Set(),
    acknowledged: 0,
    fail,
    failure: () => failures[0],
    close: () => signal.removeEventListener('abort', abort),
  }
}

/** Who may write but not look learns it from the request that publishes. */
function unlessDenied(error: unknown): void {
  if (!(error instanceof StoreError && error.reason === 'AccessDenied')) throw error
}

async function send(transfer: Transfer): Promise<void> {
  const { body, options, publication, signal, inFlight } = transfer
  for await (const part of partsOf(body, partPlan(options.totalBytes))) {
    publication.bytes += part.bytes.length
    if (part.last && part.number === 1) {
      await publishWhole(publication, part.bytes, signal)
      options.onProgress(publication.bytes)
      return
    }
    publication.uploadId ??= await createUpload(publication.object, signal)
    const sending = sendOne(transfer, publication.uploadId, part).catch(transfer.fail)
    inFlight.add(sending)
    void sending.then(() => inFlight.delete(sending))
  }
  await Promise.all(inFlight)
  signal.throwIfAborted()
  if (publication.uploadId !== undefined) await publishParts(publication, publication.uploadId, signal)
}

async function sendOne(transfer: Transfer, uploadId: string, part: Part): Promise<void> {
  const { publication, options, signal } = transfer
  try {
    if (part.number > maximumParts) throw tooLarge(publication.object, options.totalBytes)
    publication.etags[part.number - 1] = await sendPart(publication.object, { ...part, uploadId }, signal)
    transfer.acknowledged += part.bytes.length
    options.onProgress(transfer.acknowledged)
  } finally {
    part.release()
  }
}

function tooLarge({ session, key }: ObjectRequest, totalBytes: number): StoreError {
  const message =
    `What goes to s3://${session.location.bucket}/${key} is far larger than the ${totalBytes} bytes it was announced with, ` +
    `and does not fit into ${maximumParts} parts. Start the backup again.`
  return new StoreError('StoreFailed', true, message)
}
