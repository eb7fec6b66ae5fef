// Every message of a move, one after the other, is lost, not answered, late or repeated.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Mishap } from '../network.ts'
import { askFor } from './people.ts'
import {
  cast,
  change,
  endsWell,
  loseNode,
  pass,
  play,
  statusOf,
  until,
  untilConverged,
  wake,
  type Stage,
} from './stage.ts'

const mishaps: readonly Mishap[] = ['lost', 'unanswered', 'late', 'repeated']

/** From now on, the request of this number meets with a mishap. Returns how many there were. */
function meddle({ simulation: { network, world } }: Stage, at: number, mishap: Mishap): () => number {
  let count = -1
  network.mishapOf = (from, to, port) => {
    count += 1
    if (count !== at) return undefined
    world.tell(`${from} > ${to}:${port} is ${mishap}`)
    return mishap
  }
  return () => count
}

type Move = (stage: Stage) => Promise<void>

/** Perhaps the same one again. */
const untilInstalled = (stage: Stage): Promise<void> =>
  until(stage, 'somebody is installed', () => (statusOf(stage).currentEpoch ?? 0) > 1, 60)

const moves: Readonly<Record<string, Move>> = {
  'a planned move': async (stage) => {
    askFor(stage, cast(stage).replicas.at(-1)?.name ?? '')
    await untilInstalled(stage)
  },
  'a failover after a crash': async (stage) => {
    cast(stage).primary.crashEngine()
    await untilInstalled(stage)
  },
  'a failover over a lost node': async (stage) => {
    loseNode(stage, cast(stage).primary)
    wake(stage)
    await untilInstalled(stage)
  },
  'a change of members': async (stage) => {
    change(stage, { instances: 4 })
    await untilConverged(stage, 60)
  },
}

/** So many messages of each move, spread over it. */
const most = 8

for (const [what, move] of Object.entries(moves))
  test(`any message may be lost, late or repeated during ${what}`, async () => {
    let total = 0
    const setting = { seed: 3, instances: 3, k: 1 }
    await play(setting, async (stage) => {
      const count = meddle(stage, -1, 'lost')
      await move(stage)
      total = count()
    })
    assert.ok(total > 20, `only ${total} messages`)
    const step = Math.max(1, Math.ceil(total / most))
    for (const [offset, mishap] of mishaps.entries())
      for (let at = offset % step; at < total; at += step)
        await play(setting, async (stage) => {
          const count = meddle(stage, at, mishap)
          await move(stage)
          await pass(stage, 4)
          assert.ok(count() >= at, 'it never came to that message')
          await endsWell(stage)
        })
  })
