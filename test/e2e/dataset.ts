// The data of a scenario: written through the leader, and looked for on every instance itself.
import assert from 'node:assert/strict'
import type { Redis } from 'ioredis'
import type { ClusterView } from './cluster-view.ts'
import { eventually } from './eventually.ts'
import type { Stage } from './stage.ts'
import { directClient } from './traffic.ts'

export const keys = 10_000

export async function fill(cluster: ClusterView): Promise<void> {
  const leader = await cluster.client('leader')
  await eventually('-leader answers', () => leader.ping())
  for (let start = 0; start < keys; start += 1000) {
    await Promise.all(Array.from({ length: 1000 }, (_, index) => leader.set(`key ${start + index}`, 'value')))
  }
  leader.disconnect()
}

/** Each one is asked itself, and until it agrees: replication takes a moment. */
export async function onEveryInstance(
  stage: Stage,
  cluster: ClusterView,
  count: number,
  check: (redis: Redis) => Promise<void>,
): Promise<void> {
  const pods = podsOf(stage, cluster)
  assert.equal(pods.length, count)
  for (const { ip, name } of pods) {
    const redis = directClient({ host: ip, password: await cluster.password() })
    await eventually(`${name} has the keys`, async () => {
      await check(redis)
      return true
    })
    redis.disconnect()
  }
}

export async function holdsKeys(redis: Redis): Promise<void> {
  const names = Array.from({ length: keys }, (_, index) => `key ${index}`)
  assert.equal(await redis.exists(...names), keys, 'a key is lost')
}

export function podsOf({ kubelet }: Stage, { name }: ClusterView): ReturnType<Stage['kubelet']['pods']> {
  return kubelet.pods().filter((pod) => new RegExp(`^${name}-[0-9]+$`).test(pod.name))
}
