// Bodies for an object store that are made as they are read, and the options of a put.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { PutOptions } from '../../instance/backup/store.ts'
import type { Patience } from '../../instance/backup/s3-client.ts'

export const mebibyte = 2 ** 20

/** For tests of failing stores: gives up soon. */
export const impatience: Patience = {
  connectMs: 1500,
  silentMs: 1500,
  completingMs: 1500,
  attempts: 2,
  partAttempts: 3,
}

/** Each chunk differs, so that a part out of place is seen. */
export function* pattern(totalBytes: number, chunkBytes = 65_536): Generator<Buffer, void> {
  for (let left = totalBytes, index = 0; left > 0; index += 1) {
    const chunk = Buffer.alloc(Math.min(left, chunkBytes), `${index}|`)
    left -= chunk.length
    yield chunk
  }
}

export const stream = (totalBytes: number): Readable =>
  Readable.from(pattern(totalBytes), { objectMode: false })

/** A stream that gives `totalBytes`, and then waits for ever. */
export function endless(totalBytes: number): Readable {
  const chunks = pattern(totalBytes)
  return new Readable({
    read() {
      const { value, done } = chunks.next()
      if (done !== true) this.push(value)
    },
  })
}

export function sha256(chunks: Iterable<Buffer>): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

export async function read(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export const options = (totalBytes: number, changes: Partial<PutOptions> = {}): PutOptions => ({
  totalBytes,
  metadata: { 'backup-uid': 'u-1' },
  contentType: 'application/octet-stream',
  signal: new AbortController().signal,
  onProgress: () => undefined,
  ...changes,
})
