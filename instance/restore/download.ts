// Reads an artifact from the store into a sink, sums it up on the way, and knows only at the end whether it was the right one.
import { createHash } from 'node:crypto'
import { PassThrough, type Readable } from 'node:stream'
import { StoreError, type Store } from '../backup/store.ts'
import { RestoreFailure } from './failure.ts'

export interface Wanted {
  readonly store: Store
  readonly objectKey: string
  readonly checksumSHA256: string
  readonly signal: AbortSignal
  readonly onBytes: (bytes: number, totalBytes: number) => void
}

/** Takes all it wants of the source; what it makes of it is worth nothing before `download` resolves. */
export type Sink = (source: Readable) => Promise<void>

const silentMs = 60_000

/** Resolves when the sink has taken the artifact, and its checksum is the one that was wanted. */
export async function download(wanted: Wanted, sink: Sink): Promise<void> {
  const silence = new AbortController()
  const signal = AbortSignal.any([wanted.signal, silence.signal])
  const { body, bytes: totalBytes } = await wanted.store.get(wanted.objectKey, signal)
  const timer = setTimeout(() => silence.abort(), silentMs)
  const stop = (): void => void body.destroy(stopped(wanted))
  signal.addEventListener('abort', stop, { once: true })
  try {
    const { bytes, checksum } = await pour(body, sink, (count) => {
      timer.refresh()
      wanted.onBytes(count, totalBytes)
    })
    compare(wanted, { bytes, totalBytes, checksum })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    body.destroy()
  }
}

const stopped = ({ signal, objectKey }: Wanted): Error =>
  signal.aborted
    ? new RestoreFailure('Aborted', 'it was given up')
    : new StoreError('Unreachable', true, `the store sends nothing of ${objectKey} any more`)

/** The sink may have enough, or fail, before the end. */
async function pour(
  body: Readable,
  sink: Sink,
  onBytes: (bytes: number) => void,
): Promise<{ readonly bytes: number; readonly checksum: string }> {
  const hash = createHash('sha256')
  const source = new PassThrough()
  source.on('error', () => undefined)
  const sunk = settled(sink(source))
  let bytes = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      hash.update(chunk)
      bytes += chunk.length
      onBytes(bytes)
      if (sunk.failure !== undefined) throw sunk.failure
      if (source.writable && !source.write(chunk)) await Promise.race([drained(source), sunk.done])
    }
  } catch (error) {
    source.destroy()
    await sunk.done
    throw sunk.failure ?? error
  }
  source.end()
  await sunk.done
  if (sunk.failure !== undefined) throw sunk.failure
  return { bytes, checksum: hash.digest('hex') }
}

function settled(work: Promise<void>): { readonly done: Promise<void>; failure?: Error } {
  const outcome: { done: Promise<void>; failure?: Error } = { done: Promise.resolve() }
  outcome.done = work.catch((error: unknown) => {
    outcome.failure = error instanceof Error ? error : new Error(String(error))
  })
  return outcome
}

const drained = (source: PassThrough): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      source.off('drain', done)
      source.off('close', done)
      resolve()
    }
    source.on('drain', done)
    source.on('close', done)
  })

function compare(
  { objectKey, checksumSHA256 }: Wanted,
  { bytes, totalBytes, checksum }: { bytes: number; totalBytes: number; checksum: string },
): void {
  if (bytes !== totalBytes)
    throw new StoreError('Unreachable', true, `${objectKey} broke off after ${bytes} of ${totalBytes} bytes`)
  if (checksum !== checksumSHA256)
    throw new RestoreFailure(
      'Mismatch',
      `the SHA-256 of ${objectKey} is ${checksum}, not ${checksumSHA256}: it was damaged or replaced, restore another backup`,
    )
}
