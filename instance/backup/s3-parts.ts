// Cuts a stream into parts of one size with a fixed number of buffers: the memory that an upload takes.
import type { Readable } from 'node:stream'

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const maximumParts = 10_000
const mebibyte = 2 ** 20
const usualPartBytes = 8 * mebibyte
const memoryBytes = 32 * mebibyte
/** One is filled while two are on their way. */
const usualBuffers = 3

export interface PartPlan {
  readonly partBytes: number
  readonly buffers: number
}

/** Parts are just large enough that 10,000 suffice: within 32 MiB of memory up to 300 GB. */
export function partPlan(totalBytes: number): PartPlan {
  const needed = Math.ceil(totalBytes / maximumParts / mebibyte) * mebibyte
  const partBytes = Math.max(usualPartBytes, needed)
  const buffers = Math.max(1, Math.min(usualBuffers, Math.floor(memoryBytes / partBytes)))
  return { partBytes, buffers }
}

export interface Part {
  /** From 1. */
  readonly number: number
  readonly bytes: Buffer
  readonly last: boolean
  /** Its memory may be written over. */
  release(): void
}

/** At least one part, which is empty when the stream is. Waits for a release when all buffers are out. */
export async function* partsOf(body: Readable, { partBytes, buffers }: PartPlan): AsyncGenerator<Part, void> {
  const pool = bufferPool(partBytes, buffers)
  let number = 1
  let buffer = await pool.take()
  let filled = 0
  const part = (last: boolean): Part => {
    const full = buffer
    return { number, bytes: full.subarray(0, filled), last, release: () => pool.give(full) }
  }
  for await (const chunk of body) {
    let rest = bytesOf(chunk)
    while (rest.length > 0) {
      if (filled === partBytes) {
        yield part(false)
        number += 1
        buffer = await pool.take()
        filled = 0
      }
      const copied = rest.copy(buffer, filled)
      filled += copied
      rest = rest.subarray(copied)
    }
  }
  yield part(true)
}

function bytesOf(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (typeof chunk === 'string') return Buffer.from(chunk)
  throw new TypeError('a stream of bytes was expected, not one of objects')
}

interface BufferPool {
  take(): Promise<Buffer>
  give(buffer: Buffer): void
}

function bufferPool(bytes: number, count: number): BufferPool {
  const free: Buffer[] = []
  const waiting: ((buffer: Buffer) => void)[] = []
  let made = 0
  return {
    take() {
      const buffer = free.pop()
      if (buffer !== undefined) return Promise.resolve(buffer)
      if (made === count) return new Promise((resolve) => waiting.push(resolve))
      made += 1
      return Promise.resolve(Buffer.allocUnsafeSlow(bytes))
    },
    give(buffer) {
      const next = waiting.shift()
      if (next === undefined) free.push(buffer)
      else next(buffer)
    },
  }
}
