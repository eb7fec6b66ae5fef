// Grants: a promise ends them for good, and the last one is remembered.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hear, nothingHeard } from '../../../instance/reign/heard.ts'
import { emptyState } from '../../../instance/reign/state.ts'

const state = { ...emptyState, seen: 5, seenTarget: 'b' }
const from = (uid: string, epoch: number) => ({
  cluster: 'c',
  pod: 'x',
  from: uid,
  epoch,
  target: uid,
  writable: true,
  beat: 1,
  terms: [],
})
const superseded = { kind: 'superseded', epoch: 5, target: 'b' }

describe('a heartbeat of a primary', () => {
  it('is granted by whoever has promised nothing above, and remembered', () => {
    const { answer, heard } = hear(nothingHeard, state, from('b', 5), 1000)
    assert.deepEqual(answer, { kind: 'granted' })
    assert.deepEqual(heard.granted, { uid: 'b', epoch: 5, beat: 1, atMs: 1000, terms: [] })
  })

  it('that comes late does not bring back the terms of an earlier one', () => {
    const { heard } = hear(nothingHeard, state, { ...from('b', 5), beat: 2 }, 1000)
    const late = hear(heard, state, { ...from('b', 5), beat: 1 }, 2000)
    assert.deepEqual(late.answer, { kind: 'granted' })
    assert.deepEqual(late.heard, heard)
    const next = hear(heard, state, { ...from('b', 6), beat: 1 }, 2000)
    assert.equal(next.heard.granted?.atMs, 2000)
  })

  it('below the promise is superseded, and no grant', () => {
    const { answer, heard } = hear(nothingHeard, state, from('a', 4), 1000)
    assert.deepEqual(answer, superseded)
    assert.equal(heard.granted, undefined)
  })

  it('of the promised epoch by another than its target is superseded', () => {
    assert.deepEqual(hear(nothingHeard, state, from('a', 5), 1000).answer, superseded)
  })
})

describe('a last heartbeat', () => {
  const last = (uid: string) => ({ ...from(uid, 4), writable: false, ended: true as const })

  it('is remembered until its sender is heard again', () => {
    const { heard } = hear(nothingHeard, state, last('a'), 1000)
    assert.deepEqual(heard.ended, ['a'])
    const other = hear(heard, state, from('b', 5), 2000)
    assert.deepEqual(other.heard.ended, ['a'])
    assert.deepEqual(hear(other.heard, state, from('a', 4), 3000).heard.ended, [])
  })

  it('is remembered of the latest 64', () => {
    let heard = nothingHeard
    for (let index = 0; index < 70; index++) heard = hear(heard, state, last(`u${index}`), index).heard
    assert.deepEqual([heard.ended.length, heard.ended[0], heard.ended.at(-1)], [64, 'u6', 'u69'])
  })
})
