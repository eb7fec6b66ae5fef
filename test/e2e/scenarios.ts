// The scenarios of the first promise: it runs, replicates, and survives its primary, whatever happens to it.
import assert from 'node:assert/strict'
import type { Redis } from 'ioredis'
import { clusterView, namespace, type ClusterView } from './cluster-view.ts'
import { eventually } from './eventually.ts'
import type { Stage } from './stage.ts'
import { watchWriters } from './traffic.ts'

export interface Scenario {
  readonly name: string
  /** Resolves with what is worth telling; rejects when it failed. */
  readonly run: (stage: Stage) => Promise<string>
}

type Fault = (stage: Stage, cluster: ClusterView, primary: string) => Promise<void>

const keys = 10_000
const idleMs = 60_000

export const scenarios: readonly Scenario[] = [
  { name: 'create 3 instances', run: creates },
  failover('a kill -9 of redis-server', 'fa', (stage, cluster, primary) =>
    killProcess(stage, cluster, primary, /redis-server/),
  ),
  failover('b kill -9 of PID 1', 'fb', (stage, cluster, primary) =>
    killProcess(stage, cluster, primary, 'pid1'),
  ),
  failover('c kubectl delete pod', 'fc', (stage, _cluster, primary) => deletePod(stage, primary, {})),
  failover('d forced delete while the process lives on', 'fd', (stage, _cluster, primary) =>
    deletePod(stage, primary, { gracePeriodSeconds: 0 }),
  ),
  { name: 'scale 1 to 3', run: scales },
  { name: '60 s idle', run: idles },
  { name: 'delete keeps the volumes, create again names them', run: deletes },
]

async function creates(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'create')
  const startedMs = performance.now()
  await cluster.apply(3)
  await cluster.ready(3)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  await fill(cluster)
  await onEveryInstance(stage, cluster, 3, async (redis) => assert.equal(await redis.dbsize(), keys))
  await cluster.remove()
  return `Ready after ${seconds} s, ${keys} keys on all three`
}

function failover(name: string, clusterName: string, fault: Fault): Scenario {
  return {
    name: `failover: ${name}, hooks killed in the middle`,
    async run(stage) {
      const cluster = clusterView(stage, clusterName)
      await cluster.apply(3)
      const { currentPrimary: primary = '' } = await cluster.ready(3)
      await fill(cluster)
      await onEveryInstance(stage, cluster, 3, async (redis) => assert.equal(await redis.dbsize(), keys))
      const watch = watchWriters()
      const addAll = async (): Promise<void> => {
        const password = await cluster.password()
        for (const { ip } of podsOf(stage, cluster)) watch.add({ host: ip, password })
      }
      await addAll()
      await eventually('the watch writes', () => (watch.writes() > 0 ? true : undefined))
      const startedMs = performance.now()
      await fault(stage, cluster, primary)
      await stage.hooks.kill()
      await stage.hooks.start()
      const leader = await cluster.client('leader')
      await eventually('a replica takes writes through -leader', async () =>
        (await cluster.status()).currentPrimary !== primary ? await leader.set('after', '1') : undefined,
      )
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
      for (const ghost of stage.kubelet.ghosts()) ghost.kill()
      await cluster.ready(3, primary)
      await addAll()
      // The keys of before, the watch's own, and the one from after.
      await onEveryInstance(stage, cluster, 3, async (redis) =>
        assert.ok((await redis.dbsize()) >= keys, 'no replicated key is lost'),
      )
      await watch.close()
      leader.disconnect()
      assert.deepEqual(watch.violations(), [])
      await cluster.remove()
      return `writes again after ${seconds} s, ${watch.writes()} writes watched, never two writable`
    },
  }
}

async function scales(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'scale')
  await cluster.apply(1)
  await cluster.ready(1)
  await fill(cluster)
  await cluster.apply(3)
  await cluster.ready(3)
  await onEveryInstance(stage, cluster, 3, async (redis) => assert.equal(await redis.dbsize(), keys))
  await cluster.remove()
  return `${keys} keys on all three`
}

async function idles(stage: Stage): Promise<string> {
  if (stage.writes === undefined) return 'not counted: the API server here does not tell its requests'
  const cluster = clusterView(stage, 'idle')
  await cluster.apply(3)
  await cluster.ready(3)
  await settled(stage.writes)
  const before = stage.writes()
  // Idleness is what is measured: it has to last.
  await new Promise((resolve) => setTimeout(resolve, idleMs))
  assert.equal(stage.writes() - before, 0)
  await cluster.remove()
  return '0 requests other than reads'
}

async function deletes(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'gone')
  await cluster.apply(1)
  await cluster.ready(1)
  await cluster.remove()
  const claim = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/gone-data-0`
  await eventually('the Pod is gone', () => (podsOf(stage, cluster).length === 0 ? true : undefined))
  await eventually('the claim has lost its owner', async () => {
    const { metadata } = await stage.client.request('GET', claim)
    return (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'RedisCluster') ? undefined : true
  })
  await cluster.apply(1)
  const message = await eventually('a condition names the claim', async () => {
    const conditions = (await cluster.status()).conditions ?? []
    return conditions.find(({ type, reason }) => type === 'NameConflict' && reason === 'VolumeRetained')
      ?.message
  })
  assert.match(message, /kubectl label pvc -n default gone-data-0 controller-uid=/)
  await cluster.remove()
  return 'claim kept, condition names it and the command that adopts it'
}

async function fill(cluster: ClusterView): Promise<void> {
  const leader = await cluster.client('leader')
  await eventually('-leader answers', () => leader.ping())
  for (let start = 0; start < keys; start += 1000) {
    await Promise.all(Array.from({ length: 1000 }, (_, index) => leader.set(`key ${start + index}`, 'value')))
  }
  leader.disconnect()
}

/** Each one is asked itself, and until it agrees: replication takes a moment. */
async function onEveryInstance(
  stage: Stage,
  cluster: ClusterView,
  count: number,
  check: (redis: Redis) => Promise<void>,
): Promise<void> {
  const { directClient } = await import('./traffic.ts')
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

function podsOf({ kubelet }: Stage, { name }: ClusterView): ReturnType<Stage['kubelet']['pods']> {
  return kubelet.pods().filter((pod) => new RegExp(`^${name}-[0-9]+$`).test(pod.name))
}

async function killProcess(
  stage: Stage,
  cluster: ClusterView,
  primary: string,
  which: 'pid1' | RegExp,
): Promise<void> {
  const { metadata } = await cluster.pod(primary)
  stage.kubelet.kill(metadata.uid ?? '', which, 'SIGKILL')
}

async function deletePod({ client }: Stage, name: string, options: object): Promise<void> {
  await client.request('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, options)
}

/** Nothing but reads for a while. */
async function settled(writes: () => number): Promise<void> {
  let last = -1
  let sinceMs = 0
  await eventually('the cluster is quiet', () => {
    if (writes() !== last) {
      last = writes()
      sinceMs = performance.now()
    }
    return performance.now() - sinceMs > 3000 ? true : undefined
  })
}
