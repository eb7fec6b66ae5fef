// What is decided is on disk before anybody is answered.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keeperOf } from '../../instance/keeper.ts'
import { promise } from '../../instance/reign/rules.ts'
import { emptyState, type ReignState } from '../../instance/reign/state.ts'

describe('a decision', () => {
  it('resolves, and shows, only once it is on disk', async () => {
    const writes: { state: ReignState; done: () => void }[] = []
    const keeper = keeperOf({
      read: () => Promise.resolve(emptyState),
      write: (state) => new Promise((resolve) => writes.push({ state, done: resolve })),
    })
    let answered = false
    const decided = keeper.decide((state) => promise(state, 3, 'b')).then(() => (answered = true))
    await new Promise(setImmediate)
    assert.deepEqual([writes[0]?.state.seen, keeper.state().seen, answered], [3, 0, false])
    writes[0]?.done()
    await decided
    assert.equal(keeper.state().seen, 3)
  })

  it('that the disk refuses rejects, and changes nothing', async () => {
    const keeper = keeperOf({
      read: () => Promise.resolve(emptyState),
      write: () => Promise.reject(new Error('no space left')),
    })
    await assert.rejects(keeper.decide((state) => promise(state, 3, 'b')))
    assert.equal(keeper.state().seen, 0)
  })
})
