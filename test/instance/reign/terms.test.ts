// How a primary moves from one term to the next.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { grantsNeeded, mayAttach, witnessesNeeded, type Term } from '../../../instance/ballot.ts'
import { acknowledgementsNeeded, tenureOf, termsToWrite } from '../../../instance/reign/terms.ts'

const term = (members: string, minSyncReplicas = 1): Term => ({
  members: members.split(''),
  minSyncReplicas,
  isolation: true,
  apiServerTimeoutSeconds: 2,
  peerTimeoutSeconds: 5,
})
const used = term('abc')
const next = term('abcd')

describe('a term', () => {
  it('is taken over only from a list that also contains the one in use', () => {
    assert.deepEqual(termsToWrite(tenureOf(used), [used, next]), [used, next])
    assert.deepEqual(termsToWrite(tenureOf(used), [next]), [used])
    assert.equal(termsToWrite({ ...tenureOf(used), written: [used, next] }, [next]), undefined)
  })

  it('counts once k of those who stay have acknowledged, or all of them when they are fewer', () => {
    assert.equal(acknowledgementsNeeded(tenureOf(used), next, 'a'), 1)
    assert.equal(acknowledgementsNeeded(tenureOf(used), term('abc', 2), 'a'), 2)
    assert.equal(acknowledgementsNeeded(tenureOf(term('abc', 2)), term('ab', 1), 'a'), 1)
    assert.equal(acknowledgementsNeeded(tenureOf(used), term('ade'), 'a'), 0)
  })

  it('needs grants and witnesses that cannot both come together', () => {
    for (const members of ['ab', 'abc', 'abcd', 'abcde', 'abcdef']) {
      const of = term(members)
      assert.equal(1 + grantsNeeded(of), Math.floor(members.length / 2) + 1, 'a majority with oneself')
      assert.ok(witnessesNeeded(of) + grantsNeeded(of) > members.length - 1)
    }
  })

  it('lets a Pod attach once every term has it as a member', () => {
    assert.equal(mayAttach([used, next], 'b'), true)
    assert.equal(mayAttach([used, next], 'd'), false)
    assert.equal(mayAttach([], 'b'), false)
    assert.equal(mayAttach(undefined, 'b'), false)
  })
})
