// A change made while a client writes all the time: what the client noticed, and that nothing it was acknowledged is lost.
import assert from 'node:assert/strict'
import type { ClusterView } from './cluster-view.ts'
import { fill, holdsKeys, onEveryInstance, podsOf } from './dataset.ts'
import { eventually } from './eventually.ts'
import { watchFullSyncs } from './full-syncs.ts'
import type { Stage } from './stage.ts'
import { writes } from './writer.ts'

/** The most that is promised. */
export interface AtMost {
  readonly fullSyncs?: number
  /** Attempts to write that failed; the client tries each again. */
  readonly failures?: number
}

/**
 * The cluster is ready before; `change` resolves when it is again. Then every instance holds every acknowledged write.
 * Resolves with the figures, as a sentence.
 */
export async function underLoad(
  stage: Stage,
  cluster: ClusterView,
  change: () => Promise<void>,
  atMost: AtMost = {},
): Promise<string> {
  await fill(cluster)
  const syncs = await watchFullSyncs(stage, cluster)
  const leader = await cluster.client('leader')
  const writer = writes(leader)
  const goesOn = async (): Promise<void> => {
    const written = writer.acknowledged.length
    await eventually('the client writes', () => (writer.acknowledged.length > written ? true : undefined))
  }
  try {
    await goesOn()
    await change()
    await goesOn()
  } finally {
    await writer.stop()
    leader.disconnect()
    await syncs.count()
  }
  const fullSyncs = await syncs.count()
  await holdWrites(stage, cluster, writer.acknowledged)
  assert.ok(fullSyncs <= (atMost.fullSyncs ?? Infinity), `${fullSyncs} full resyncs`)
  assert.ok(writer.failures() <= (atMost.failures ?? Infinity), `${writer.failures()} writes failed`)
  return `${writer.acknowledged.length} acknowledged writes, none lost, at most ${writer.longestGapMs()} ms between two, ${counted(fullSyncs)}`
}

async function holdWrites(
  stage: Stage,
  cluster: ClusterView,
  acknowledged: readonly string[],
): Promise<void> {
  await onEveryInstance(stage, cluster, podsOf(stage, cluster).length, async (redis) => {
    await holdsKeys(redis)
    assert.equal(await redis.exists(...acknowledged), acknowledged.length, 'a write is lost')
  })
}

const counted = (fullSyncs: number): string => `${fullSyncs} full resync${fullSyncs === 1 ? '' : 's'}`
