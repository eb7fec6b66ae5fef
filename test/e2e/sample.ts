// The dataset of a backup: many keys, and one of each thing that a copy could lose: a stream with its group, an expiry, a function.
import assert from 'node:assert/strict'
import type { Redis } from 'ioredis'
import type { RedisClusterStatus } from '../../hooks/rediscluster/recorded.ts'
import type { ClusterView } from './cluster-view.ts'
import { fill, holdsKeys, keys } from './dataset.ts'
import { eventually } from './eventually.ts'
import type { ObjectStore } from './object-store.ts'

const library =
  "#!lua name=sample\nredis.register_function{function_name='six', callback=function() return 6 end, flags={'no-writes'}}"
const lifeSeconds = 3600

/** Beside `keys`. */
export const sampleKeys = 4

/** A new cluster that holds it. */
export async function filled(
  cluster: ClusterView,
  instances: number,
  { access }: ObjectStore,
): Promise<RedisClusterStatus> {
  await cluster.apply(instances, access)
  const status = await cluster.ready(instances)
  await fill(cluster)
  const leader = await cluster.client('leader')
  await fillSample(leader)
  leader.disconnect()
  return status
}

export async function holdsAll(redis: Redis): Promise<void> {
  await holdsKeys(redis)
  await holdsSample(redis)
  const values = await redis.mget(...Array.from({ length: keys }, (_, index) => `key ${index}`))
  assert.ok(values.every((value) => value === 'value'))
}

/** A cluster that was to be born from a backup. */
export function isRestored({ conditions = [] }: RedisClusterStatus): void {
  assert.equal(conditions.find(({ type }) => type === 'BootstrapRestored')?.status, 'True')
}

async function fillSample(leader: Redis): Promise<void> {
  await eventually('-leader answers', () => leader.ping())
  await leader.hset('a hash', { one: '1', two: '2' })
  await leader.zadd('scores', 1.5, 'low', 2.5, 'high')
  for (const id of ['1-1', '2-1', '3-1']) await leader.xadd('a stream', id, 'field', id)
  await leader.xgroup('CREATE', 'a stream', 'readers', '0')
  await leader.xreadgroup('GROUP', 'readers', 'reader', 'COUNT', 2, 'STREAMS', 'a stream', '>')
  await leader.set('expires', 'later', 'EX', lifeSeconds)
  await leader.call('FUNCTION', 'LOAD', 'REPLACE', library)
}

async function holdsSample(redis: Redis): Promise<void> {
  assert.deepEqual(await redis.hgetall('a hash'), { one: '1', two: '2' })
  assert.deepEqual(await redis.zrange('scores', 0, -1, 'WITHSCORES'), ['low', '1.5', 'high', '2.5'])
  assert.deepEqual(
    (await redis.xrange('a stream', '-', '+')).map(([id]) => id),
    ['1-1', '2-1', '3-1'],
  )
  assert.deepEqual(await redis.xpending('a stream', 'readers'), [2, '1-1', '2-1', [['reader', '2']]])
  const ttl = await redis.ttl('expires')
  assert.ok(ttl > 0 && ttl <= lifeSeconds, `expires in ${ttl} s`)
  assert.equal(await redis.call('FCALL_RO', 'six', '0'), 6)
}
