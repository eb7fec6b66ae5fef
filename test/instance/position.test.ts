// What is recorded of a copy beside its data: only what is surely on disk, and only of its own stream.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Engine, Sight } from '../../instance/engine.ts'
import { keeperOf, type Keeper } from '../../instance/keeper.ts'
import type { Clock } from '../../instance/parts.ts'
import { positionRecorder } from '../../instance/position.ts'
import { emptyState } from '../../instance/reign/state.ts'

interface Copy {
  syncedEpoch: number
  offsetBytes: number
  aofSettled: boolean
}

function recorderOf(copy: Copy): { keeper: Keeper; at: (nowMs: number) => Promise<boolean> } {
  const keeper = keeperOf({ read: () => Promise.resolve(emptyState), write: () => Promise.resolve() })
  const seen = (): Pick<Sight, 'fresh' | 'syncedEpoch'> & { info: Partial<Sight['info']> } => ({
    fresh: true,
    syncedEpoch: copy.syncedEpoch,
    info: { offsetBytes: copy.offsetBytes, aofSettled: copy.aofSettled },
  })
  let nowMs = 0
  const clock: Clock = { nowMs: () => nowMs, pause: () => Promise.resolve(), chance: () => 0 }
  const recorder = positionRecorder(keeper, { seen } as unknown as Engine, clock)
  return {
    keeper,
    at: (ms) => {
      nowMs = ms
      return recorder.record()
    },
  }
}

const recorded = ({ keeper }: { keeper: Keeper }): readonly number[] => [
  keeper.state().dataEpoch,
  keeper.state().offsetBytes,
]

describe('what is recorded of a copy', () => {
  it('is nothing new while the files may hold the data from before the sync', async () => {
    const copy = { syncedEpoch: 3, offsetBytes: 100, aofSettled: false }
    const recorder = recorderOf(copy)
    assert.equal(await recorder.at(0), false)
    assert.deepEqual(recorded(recorder), [0, 0])
    copy.aofSettled = true
    assert.equal(await recorder.at(1), true)
    assert.deepEqual(recorded(recorder), [3, 0])
  })

  it('is an offset only once it is old enough to be on disk', async () => {
    const copy = { syncedEpoch: 3, offsetBytes: 100, aofSettled: true }
    const recorder = recorderOf(copy)
    await recorder.at(0)
    copy.offsetBytes = 200
    await recorder.at(1900)
    assert.deepEqual(recorded(recorder), [3, 0])
    await recorder.at(2000)
    assert.deepEqual(recorded(recorder), [3, 100])
  })

  it('is no offset of the stream before', async () => {
    const copy = { syncedEpoch: 3, offsetBytes: 900, aofSettled: true }
    const recorder = recorderOf(copy)
    await recorder.at(0)
    await recorder.at(2000)
    assert.deepEqual(recorded(recorder), [3, 900])
    copy.syncedEpoch = 4
    copy.offsetBytes = 50
    await recorder.at(2100)
    assert.deepEqual(recorded(recorder), [4, 0])
  })
})
