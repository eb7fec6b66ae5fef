// Whom a redis-server follows when it starts.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Term } from '../../../instance/ballot.ts'
import { nobody, planBoot } from '../../../instance/reign/boot.ts'
import { emptyState, type ReignState } from '../../../instance/reign/state.ts'

const term: Term = {
  members: ['a', 'b'],
  minSyncReplicas: 0,
  isolation: true,
  apiServerTimeoutSeconds: 2,
  peerTimeoutSeconds: 5,
}
const reign = {
  currentPrimary: 'pod-a',
  currentPrimaryUID: 'a',
  currentEpoch: 3,
  targetPrimary: 'pod-a',
  targetPrimaryUID: 'a',
  primaryEpoch: 3,
  terms: [term],
}
const addresses = { a: '10.0.0.1' }
const knowing = (state: Partial<ReignState>, changed = {}, own = 'b') =>
  planBoot({ ...emptyState, ...state }, { reign: { ...reign, ...changed }, addresses }, own, 6379)

describe('a redis-server that starts', () => {
  it('follows the installed primary', () => {
    assert.deepEqual(knowing({ seen: 3, dataEpoch: 3 }), { host: '10.0.0.1', port: 6379, epoch: 3 })
  })

  it('follows nobody of a lower reign than its promise or its data', () => {
    assert.equal(knowing({ seen: 4 }), nobody)
    assert.equal(knowing({ dataEpoch: 4 }), nobody)
  })

  it('follows nobody while a successor is named, nor itself', () => {
    assert.equal(knowing({}, { targetPrimaryUID: 'b', primaryEpoch: 4 }), nobody)
    assert.equal(knowing({}, {}, 'a'), nobody)
  })

  it('follows nobody before it is a member', () => {
    assert.equal(knowing({}, {}, 'c'), nobody)
    assert.equal(planBoot(emptyState, undefined, 'b', 6379), nobody)
  })
})
