// The right as arithmetic: whose grants count, from when, and in how many terms.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Term } from '../../../instance/ballot.ts'
import {
  granted,
  mayLetGo,
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

describe('a term is let go', () => {
  const letsGo = (
    from: string,
    to: string,
    told: string,
    { gone = '', asked = '' }: { gone?: string; asked?: string } = {},
  ): boolean =>
    mayLetGo(grantedBy(told, 7000), term(from), [term(to)], 'a', {
      sinceMs: 7000,
      gone: gone.split(''),
      asked: new Set(asked.split('').filter((uid) => uid !== '')),
    })

  it('once so many of its members were told of the next that the others could not count the primary out', () => {
    assert.equal(letsGo('abc', 'abcde', ''), false)
    assert.equal(letsGo('abc', 'abcde', 'de'), false)
    assert.equal(letsGo('abc', 'abcde', 'b'), true)
    assert.equal(letsGo('abcde', 'abc', 'b'), false)
    assert.equal(letsGo('abcde', 'abc', 'be'), true)
    const later = { sinceMs: 7001, gone: [], asked: new Set<string>() }
    assert.equal(mayLetGo(grantedBy('b', 7000), term('abc'), [term('ab')], 'a', later), false)
  })

  it('at once by whoever is alone in it', () => {
    assert.equal(letsGo('a', 'abc', ''), true)
  })

  it('also when newcomers were told who may stand for those that left, each for one', () => {
    assert.equal(letsGo('abc', 'axc', 'x'), true)
    assert.equal(letsGo('abc', 'axyc', 'x'), false)
    assert.equal(letsGo('abc', 'axyc', 'xy'), true)
  })

  it('and by a primary that came itself for one that left: it tells nobody by that', () => {
    assert.equal(letsGo('bc', 'ax', ''), false)
    assert.equal(letsGo('bc', 'ax', 'x'), true)
    assert.equal(letsGo('bcd', 'axyz', 'x'), false)
    assert.equal(letsGo('bcd', 'axyz', 'xy'), true)
  })

  it('also when those are gone for whom nobody stands', () => {
    assert.equal(letsGo('abc', 'a', ''), false)
    assert.equal(letsGo('abc', 'a', '', { gone: 'b' }), true)
    assert.equal(letsGo('abcde', 'ad', '', { gone: 'b' }), false)
    assert.equal(letsGo('abcde', 'ad', 'd', { gone: 'b' }), true)
  })

  it('but nobody is counted twice, as gone and by a newcomer', () => {
    assert.equal(letsGo('abcde', 'axcde', 'x', { gone: 'b' }), false)
    assert.equal(letsGo('abcde', 'axde', 'x', { gone: 'b' }), true)
  })

  it('and nobody is gone while a stranger who was not told may stand for it', () => {
    assert.equal(letsGo('abc', 'a', '', { gone: 'bc', asked: 'bcx' }), false)
    assert.equal(letsGo('abc', 'a', 'x', { gone: 'bc', asked: 'bcx' }), true)
    assert.equal(letsGo('abc', 'a', '', { gone: 'bc', asked: 'bc' }), true)
  })
})
