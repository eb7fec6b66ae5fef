// The work queue of the stand-in for Metacontroller.
import assert from 'node:assert/strict'
import { once, EventEmitter } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import { startQueue, type WorkQueue } from './metacontroller/queue.ts'

interface Bench {
  readonly queue: WorkQueue
  readonly worked: readonly string[]
  /** Resolves when work on this key begins next; the returned function ends it. */
  readonly begun: (key: string) => Promise<() => void>
}

function bench(t: TestContext, workers: number): Bench {
  const events = new EventEmitter()
  const worked: string[] = []
  const running = new Set<() => void>()
  const queue = startQueue(workers, async (key) => {
    worked.push(key)
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const end = (): void => resolve(undefined)
    running.add(end)
    events.emit(key, end)
    await promise
  })
  t.after(async () => {
    const closed = queue.close()
    running.forEach((end) => end())
    await closed
  })
  const begun = async (key: string): Promise<() => void> => {
    const [end] = (await once(events, key, { signal: t.signal })) as [() => void]
    return end
  }
  return { queue, worked, begun }
}

describe('startQueue', () => {
  it('works on one key once however often it is added, and once more for what came meanwhile', async (t) => {
    const { queue, worked, begun } = bench(t, 5)
    for (let i = 0; i < 20; i++) queue.add('a')
    const end = await begun('a')
    for (let i = 0; i < 20; i++) queue.add('a')
    const again = begun('a')
    end()
    ;(await again)()
    assert.deepEqual(worked, ['a', 'a'])
  })

  it('works on as many keys at once as it has workers', async (t) => {
    const { queue, worked, begun } = bench(t, 2)
    const [a, b] = [begun('a'), begun('b')]
    for (const key of ['a', 'b', 'c']) queue.add(key)
    await b
    assert.deepEqual(worked, ['a', 'b'])
    const c = begun('c')
    ;(await a)()
    await c
    assert.deepEqual(worked, ['a', 'b', 'c'])
  })

  it('keeps one timer per key: the earliest wins', async (t) => {
    const { queue, worked, begun } = bench(t, 1)
    queue.addAfter('a', 60_000)
    queue.addAfter('a', 20)
    queue.addAfter('a', 40)
    ;(await begun('a'))()
    queue.addAfter('b', 100)
    ;(await begun('b'))()
    assert.deepEqual(worked, ['a', 'b'])
  })

  it('is not kept from its timer by work in between', async (t) => {
    const { queue, worked, begun } = bench(t, 1)
    queue.addAfter('a', 50)
    queue.add('a')
    ;(await begun('a'))()
    ;(await begun('a'))()
    assert.deepEqual(worked, ['a', 'a'])
  })

  it('waits twice as long after each failure, until one success', async (t) => {
    const { queue, begun } = bench(t, 1)
    const wait = async (): Promise<number> => {
      const since = performance.now()
      queue.addRateLimited('a')
      ;(await begun('a'))()
      return performance.now() - since
    }
    const waits = []
    for (let failures = 0; failures < 6; failures++) waits.push(await wait())
    waits.forEach((milliseconds, failures) => assert.ok(milliseconds > 5 * 2 ** failures - 1))
    queue.forget('a')
    assert.ok((await wait()) < Math.max(...waits))
  })

  it('takes nothing after it was closed', async (t) => {
    const { queue, worked, begun } = bench(t, 1)
    queue.add('a')
    const end = await begun('a')
    queue.addAfter('b', 1)
    const closed = queue.close()
    queue.add('c')
    end()
    await closed
    assert.deepEqual(worked, ['a'])
  })
})
