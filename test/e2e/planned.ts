// What people ask for by annotation: a switchover that loses nothing, and an instance that is stopped and stays stopped.
import assert from 'node:assert/strict'
import type { Redis } from 'ioredis'
import { setTimeout as pause } from 'node:timers/promises'
import { clusterView, type ClusterView } from './cluster-view.ts'
import { fill, holdsKeys, onEveryInstance } from './dataset.ts'
import { eventually } from './eventually.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'

export const planned: readonly Scenario[] = [
  { name: 'planned: a switchover by annotation, under load', run: switchesOver },
  { name: 'planned: the primary is fenced by annotation, and let go again', run: fences },
]

const writeEveryMs = 5

async function switchesOver(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'so')
  await cluster.apply(3)
  const { currentPrimary: primary = '' } = await cluster.ready(3)
  await fill(cluster)
  const leader = await cluster.client('leader')
  const writer = writes(leader)
  await eventually('the writer writes', () => (writer.acknowledged.length > 0 ? true : undefined))
  const target = primary === 'so-1' ? 'so-2' : 'so-1'
  await cluster.annotate({ 'redis.io/switchover': target })
  const { lastFailover } = await eventually(`${target} is primary`, async () => {
    const status = await cluster.status()
    return status.currentPrimary === target && status.phase === 'Healthy' ? status : undefined
  })
  const before = writer.acknowledged.length
  await eventually('the writer goes on', () => (writer.acknowledged.length > before ? true : undefined))
  await writer.stop()
  await onEveryInstance(stage, cluster, 3, async (redis) => {
    await holdsKeys(redis)
    assert.equal(await redis.exists(...writer.acknowledged), writer.acknowledged.length, 'a write is lost')
  })
  assert.deepEqual(lastFailover?.proofs, [`${primary} Demoted`])
  leader.disconnect()
  await cluster.remove()
  return `${writer.acknowledged.length} acknowledged writes, none lost; at most ${writer.longestGapMs()} ms between two`
}

/** Writes one key after another, each until it is acknowledged. */
export function writes(redis: Redis): {
  readonly acknowledged: string[]
  /** Attempts that came to nothing. */
  failures(): number
  longestGapMs(): number
  stop(): Promise<void>
} {
  const acknowledged: string[] = []
  let longestMs = 0
  let failures = 0
  let running = true
  const loop = async (): Promise<void> => {
    let lastMs = performance.now()
    for (let index = 0; running;) {
      const done = await redis.set(`w ${index}`, '1').catch(() => undefined)
      if (done !== undefined) {
        acknowledged.push(`w ${index}`)
        longestMs = Math.max(longestMs, performance.now() - lastMs)
        lastMs = performance.now()
        index += 1
      } else failures += 1
      await pause(writeEveryMs)
    }
  }
  const ended = loop()
  return {
    acknowledged,
    failures: () => failures,
    longestGapMs: () => Math.round(longestMs),
    async stop() {
      running = false
      await ended
    },
  }
}

async function fences(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'fe')
  await cluster.apply(3)
  const { currentPrimary: primary = '' } = await cluster.ready(3)
  await fill(cluster)
  const restarts = await restartsOf(cluster, primary)
  await cluster.annotate({ 'redis.io/fencedInstances': JSON.stringify([primary]) })
  const { currentPrimary: successor } = await eventually('another serves', async () => {
    const status = await cluster.status()
    return status.currentPrimary !== primary && status.readyInstances === 2 ? status : undefined
  })
  const stopped = (await cluster.status()).instancesStatus?.[primary]
  assert.equal(stopped?.state, 'stopped')
  await cluster.annotate({ 'redis.io/fencedInstances': null })
  await cluster.ready(3, primary)
  assert.equal(await restartsOf(cluster, primary), restarts, 'its container was restarted')
  await onEveryInstance(stage, cluster, 3, holdsKeys)
  await cluster.remove()
  return `${successor ?? ''} took over, ${primary} stayed stopped in a calm Pod and came back as a replica`
}

async function restartsOf(cluster: ClusterView, pod: string): Promise<number> {
  const { status } = (await cluster.pod(pod)) as unknown as {
    status?: { containerStatuses?: { restartCount?: number }[] }
  }
  return status?.containerStatuses?.[0]?.restartCount ?? 0
}
