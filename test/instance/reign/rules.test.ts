// The rules of promising, following and opening, one by one: each holds by itself, whatever else covers it.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  checkIdentity,
  follow,
  mayOpen,
  promise,
  retire,
  type Accepted,
  type Refusal,
} from '../../../instance/reign/rules.ts'
import { emptyState, isRetired } from '../../../instance/reign/state.ts'

/** Promised epoch 5 to b; was primary of 4. */
const state = { ...emptyState, clusterUID: 'c', seen: 5, seenTarget: 'b', openedEpoch: 4 }

const codeOf = (outcome: Refusal | Accepted | undefined): string | undefined =>
  outcome?.kind === 'Refused' ? outcome.code : undefined

describe('a command', () => {
  it('that names another Pod or another cluster is refused', () => {
    const own = { cluster: 'c', pod: 'a' }
    assert.equal(codeOf(checkIdentity(own, own)), undefined)
    assert.equal(codeOf(checkIdentity(own, { cluster: 'c', pod: 'b' })), 'wrong-identity')
    assert.equal(codeOf(checkIdentity(own, { cluster: 'd', pod: 'a' })), 'wrong-identity')
  })
})

describe('promise', () => {
  it('never goes back to a lower epoch', () => {
    assert.equal(codeOf(promise(state, 4, 'b')), 'older-epoch')
  })

  it('holds one target for each epoch, and may be repeated', () => {
    assert.equal(codeOf(promise(state, 5, 'a')), 'conflicting-target')
    assert.deepEqual(promise(state, 5, 'b'), { kind: 'Accepted', state })
  })
})

describe('follow', () => {
  it('is a promise like any other', () => {
    assert.equal(codeOf(follow(state, 4, 'b', false)), 'older-epoch')
    assert.equal(codeOf(follow(state, 5, 'a', false)), 'conflicting-target')
  })

  it('of its own epoch is refused by a primary that is writable', () => {
    const open = { ...state, seenTarget: 'a', openedEpoch: 5 }
    assert.equal(codeOf(follow(open, 5, 'a', true)), 'older-epoch')
    assert.equal(codeOf(follow(open, 6, 'b', true)), undefined)
  })
})

describe('mayOpen', () => {
  it('refuses an epoch below the promise', () => {
    assert.equal(codeOf(mayOpen({ ...state, openedEpoch: 0 }, 4, 'b')), 'older-epoch')
  })

  it('refuses an epoch for which it has been writable before', () => {
    assert.equal(codeOf(mayOpen({ ...state, openedEpoch: 5 }, 5, 'b')), 'spent-epoch')
  })

  it('refuses an epoch that is promised to another', () => {
    assert.equal(codeOf(mayOpen(state, 5, 'a')), 'not-target')
    assert.equal(codeOf(mayOpen(state, 5, 'b')), undefined)
    assert.equal(codeOf(mayOpen(state, 6, 'a')), undefined)
  })
})

describe('retire', () => {
  it('is for the reign that is promised, neither an earlier nor a later one', () => {
    assert.equal(codeOf(retire(state, 4, 'a', false)), 'older-epoch')
    assert.equal(codeOf(retire(state, 6, 'a', false)), 'not-ready')
    assert.equal(codeOf(retire(state, 5, 'a', false)), undefined)
  })

  it('is refused by whoever accepts writes, or is to', () => {
    assert.equal(codeOf(retire(state, 5, 'a', true)), 'conflicting-target')
    assert.equal(codeOf(retire(state, 5, 'b', false)), 'conflicting-target')
  })

  it('holds for this Pod, and until a later reign is promised', () => {
    const outcome = retire(state, 5, 'a', false)
    assert.equal(outcome.kind, 'Accepted')
    assert.ok(isRetired(outcome.state, 'a'))
    assert.ok(!isRetired(outcome.state, 'another on its volume'))
    const later = promise(outcome.state, 6, 'c')
    assert.equal(later.kind, 'Accepted')
    assert.ok(!isRetired(later.state, 'a'))
  })
})
