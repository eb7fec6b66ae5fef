// Values for a bench, as applications have them: large and small, of several kinds, half of the bytes text and half noise.
import { randomBytes } from 'node:crypto'
import type { ChainableCommander, Redis } from 'ioredis'

const megabyte = 1_000_000

/** Resolves when redis-server was given this much. */
export async function fillMixed(redis: Redis, megabytes: number): Promise<void> {
  const noise = cutter(randomBytes(megabyte))
  const text = cutter(Buffer.from(JSON.stringify(customers())))
  for (let batch = 0, bytes = 0; bytes < megabytes * megabyte; batch++) {
    const pipeline = redis.pipeline()
    const failures: unknown[] = []
    bytes += fillBatch(pipeline, batch, noise, text)
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) failures.push(error)
    if (failures.length > 0) throw failures[0]
  }
}

type Cutter = (bytes: number, index: number) => Buffer

/** A piece that differs from call to call. */
const cutter =
  (from: Buffer): Cutter =>
  (bytes, index) => {
    const start = (index * 40_993) % (from.length - bytes)
    return from.subarray(start, start + bytes)
  }

const customers = (): readonly object[] =>
  Array.from({ length: 20_000 }, (_, id) => ({ id, name: `customer ${id * 7919}`, paid: id % 3 === 0 }))

/** Returns how many bytes of values it holds. */
function fillBatch(pipeline: ChainableCommander, batch: number, noise: Cutter, text: Cutter): number {
  const many = <T>(count: number, value: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, index) => value(batch * count + index))
  pipeline.set(`picture:${batch}`, noise(32_000, batch))
  pipeline.set(`page:${batch}`, text(32_000, batch))
  for (const index of many(8, (count) => count)) pipeline.set(`session:${index}`, noise(4000, index))
  for (const index of many(120, (count) => count)) pipeline.set(`customer:${index}`, text(250, index))
  pipeline.hset(
    `cart:${batch}`,
    Object.fromEntries(many(40, (index) => [`field ${index}`, text(100, index)])),
  )
  pipeline.rpush(`queue:${batch}`, ...many(40, (index) => noise(100, index)))
  pipeline.zadd(`scores:${batch}`, ...many(100, (index) => [index, `player ${index}`]).flat())
  return 2 * 32_000 + 8 * 4000 + 120 * 250 + 2 * 40 * 100
}
