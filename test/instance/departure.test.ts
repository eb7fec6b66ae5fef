// How long a primary that is told to stop goes on serving, by a clock of the test's own.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { depart } from '../../instance/departure.ts'
import type { ClusterView } from '../../instance/kubernetes/api.ts'
import type { Life } from '../../instance/life.ts'
import type { Clock } from '../../instance/parts.ts'
import type { Promises } from '../../instance/promises.ts'

type View = Pick<ClusterView, 'deleted' | 'reign'>

interface Departure {
  readonly told: readonly string[]
  readonly servedMs: number
}

/** A primary of epoch 3 with a replica; `view` is what it knows of its cluster at each moment. */
async function departure(view: (nowMs: number) => View): Promise<Departure> {
  let nowMs = 0
  let servedMs = 0
  const told: string[] = []
  const clock = {
    nowMs: () => nowMs,
    pause: (ms: number) => Promise.resolve(void (nowMs += ms)),
  } as Clock
  const life = {
    engine: { seen: () => ({ writableEpoch: 3, info: { connectedReplicas: 1 } }) },
    stop: () => Promise.resolve(void (servedMs = nowMs)),
  } as unknown as Life
  const promises = {
    untilAbove: (epoch: number) => Promise.resolve(void told.push(`waits for a promise above ${epoch}`)),
  } as unknown as Promises
  await depart(
    life,
    promises,
    clock,
    () => view(nowMs),
    (what) => told.push(what),
  )
  return { told, servedMs }
}

describe('a primary that is told to stop', () => {
  it('serves as long as a successor may come, and shows its end until one is promised', async () => {
    const { told, servedMs } = await departure(() => ({ deleted: false, reign: { currentEpoch: 3 } }))
    assert.equal(servedMs, 15_000)
    assert.deepEqual(told, ['terminating', 'stopped', 'waits for a promise above 3'])
  })

  it('waits for nobody once its RedisCluster is deleted', async () => {
    const { told, servedMs } = await departure((nowMs) => ({
      deleted: nowMs >= 100,
      reign: { currentEpoch: 3 },
    }))
    assert.equal(servedMs, 100)
    assert.deepEqual(told, ['terminating', 'stopped'])
  })
})
