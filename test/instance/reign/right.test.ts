// The right as arithmetic: whose grants count, from when, and in how many terms.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Term } from '../../../instance/ballot.ts'
import {
  granted,
  renewed,
  rightFrom,
  rightUntilMs,
  roundIsGranted,
  type Right,
} from '../../../instance/reign/right.ts'

const term = (members: string): Term => ({
  members: members.split(''),
  minSyncReplicas: 0,
  isolation: true,
  apiServerTimeoutSeconds: 2,
  peerTimeoutSeconds: 5,
})

const grantedBy = (members: string, sentAtMs: number, right: Right = rightFrom(0)): Right =>
  members.split('').reduce((held, uid) => granted(held, uid, sentAtMs), right)

describe('the right', () => {
  it('lasts from the start of a read for apiServerTimeout', () => {
    assert.equal(rightUntilMs(rightFrom(1000), [term('abc')], 'a'), 3000)
    assert.equal(rightUntilMs(renewed(rightFrom(1000), 4000), [term('abc')], 'a'), 6000)
  })

  it('lasts from the sending of the heartbeats that q − 1 others granted for peerTimeout', () => {
    assert.equal(rightUntilMs(grantedBy('b', 7000), [term('abc')], 'a'), 12_000)
    assert.equal(rightUntilMs(grantedBy('b', 7000), [term('abcde')], 'a'), 2000)
    assert.equal(rightUntilMs(grantedBy('b', 9000, grantedBy('bc', 7000)), [term('abcde')], 'a'), 12_000)
  })

  it('counts grants of members only', () => {
    assert.equal(rightUntilMs(grantedBy('xyz', 7000), [term('abc')], 'a'), 2000)
  })

  it('needs every term that is held', () => {
    const held = [term('abc'), term('ade')]
    assert.equal(rightUntilMs(grantedBy('b', 7000), held, 'a'), 2000)
    assert.equal(rightUntilMs(grantedBy('bd', 7000), held, 'a'), 12_000)
    assert.equal(roundIsGranted(grantedBy('b', 7000), held, 'a', 7000), false)
    assert.equal(roundIsGranted(grantedBy('bd', 7000), held, 'a', 7000), true)
  })

  it('is not kept by grants of an earlier round', () => {
    assert.equal(roundIsGranted(grantedBy('b', 6999), [term('abc')], 'a', 7000), false)
  })

  it('is never shortened by an answer that comes late', () => {
    assert.deepEqual(granted(grantedBy('b', 7000), 'b', 6000), grantedBy('b', 7000))
    assert.equal(renewed(rightFrom(4000), 1000).readAtMs, 4000)
  })
})
