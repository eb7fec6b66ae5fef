// Values for a bench, as applications have them: large and small, of several kinds, half of the bytes text and half noise.
import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'

const megabyte = 1_000_000
const batchBytes = 2 * 32_000 + 8 * 4000 + 120 * 250 + 2 * 40 * 100
const batchesAtOnce = 8
const sources = ['bench:noise', 'bench:text']

/**
 * Resolves with how many megabytes redis-server was given: this many, or what it took within the time. It cuts the values
 * itself: to send them would cost more than to store them.
 */
export async function fillMixed(redis: Redis, megabytes: number, withinSeconds = Infinity): Promise<number> {
  const deadlineMs = performance.now() + withinSeconds * 1000
  await redis.mset(sources[0] ?? '', randomBytes(megabyte), sources[1] ?? '', JSON.stringify(customers()))
  const batches = Math.ceil((megabytes * megabyte) / batchBytes)
  let done = 0
  while (done < batches && performance.now() < deadlineMs) {
    const next = Math.min(done + batchesAtOnce, batches)
    await redis.eval(fillBatches, sources.length, ...sources, done, next - 1)
    done = next
  }
  await redis.unlink(sources)
  return (done * batchBytes) / megabyte
}

const customers = (): readonly object[] =>
  Array.from({ length: 20_000 }, (_, id) => ({ id, name: `customer ${id * 7919}`, paid: id % 3 === 0 }))

const fillBatches = `
local noise, text = unpack(redis.call('MGET', unpack(KEYS)))
-- A piece that differs from index to index.
local function cut(from, bytes, index)
  local start = (index * 40993) % (#from - bytes)
  return from:sub(start + 1, start + bytes)
end
for batch = ARGV[1], ARGV[2] do
  local function many(count, each)
    for index = batch * count, batch * count + count - 1 do each(index) end
  end
  redis.call('SET', 'picture:' .. batch, cut(noise, 32000, batch))
  redis.call('SET', 'page:' .. batch, cut(text, 32000, batch))
  many(8, function(index) redis.call('SET', 'session:' .. index, cut(noise, 4000, index)) end)
  many(120, function(index) redis.call('SET', 'customer:' .. index, cut(text, 250, index)) end)
  local cart, queue, scores = {}, {}, {}
  many(40, function(index)
    cart[#cart + 1] = 'field ' .. index
    cart[#cart + 1] = cut(text, 100, index)
    queue[#queue + 1] = cut(noise, 100, index)
  end)
  many(100, function(index)
    scores[#scores + 1] = index
    scores[#scores + 1] = 'player ' .. index
  end)
  redis.call('HSET', 'cart:' .. batch, unpack(cart))
  redis.call('RPUSH', 'queue:' .. batch, unpack(queue))
  redis.call('ZADD', 'scores:' .. batch, unpack(scores))
end`
