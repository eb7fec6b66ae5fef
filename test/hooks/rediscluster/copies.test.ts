// Which copy may be promoted, rule by rule: asked after the promises for epoch 2.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answering, candidates, doubtAbout } from '../../../hooks/rediscluster/copies.ts'
import { gatherFacts, type Facts } from '../../../hooks/rediscluster/facts.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import { fenced, now, reports, request, succession, term, uidOf } from '../../support/builders.ts'

const at = (offsetBytes: number): Partial<InstanceStatus> => ({ position: { offsetBytes, exact: true } })
const copy = (ordinal: number, overrides: Partial<InstanceStatus> = {}): InstanceStatus =>
  fenced(ordinal, 2, 1, overrides)

function factsOf(statuses: readonly InstanceStatus[], status: RedisClusterStatus = {}): Facts {
  const terms = [term({ minSyncReplicas: 1 })]
  const observed = request({ status: succession(1, { terms, ...status }) })
  return gatherFacts(observed, reports(...statuses), now)
}

/** Why the copy of ordinal 1 may not be promoted. */
function doubt(statuses: readonly InstanceStatus[], status: RedisClusterStatus = {}): string | undefined {
  const facts = factsOf(statuses, status)
  const [chosen] = answering(facts).filter(({ instance }) => instance.ordinal === 1)
  assert.ok(chosen)
  return doubtAbout(chosen, facts, 2)
}

const order = (...statuses: readonly InstanceStatus[]): readonly number[] =>
  candidates(factsOf(statuses)).map(({ instance }) => instance.ordinal)

describe('the rank', () => {
  it('goes by data epoch, then by offset, then unrestarted before restarted, then by ordinal', () => {
    assert.deepEqual(order(copy(0, at(900)), copy(1, { dataEpoch: 2 }), copy(2, at(950))), [1, 2, 0])
    assert.deepEqual(order(copy(0, { restarted: true }), copy(1), copy(2)), [1, 2, 0])
  })
})

describe('a copy is confirmed', () => {
  it('by n − k frozen copies that are not ahead, itself included', () => {
    assert.equal(doubt([copy(1), copy(2)]), undefined)
    assert.match(doubt([copy(1)]) ?? '', /only 1 of 2/)
    assert.match(doubt([copy(1), copy(2, at(101))]) ?? '', /only 1 of 2/)
  })

  it('not by copies that have not promised', () => {
    assert.match(doubt([copy(1), copy(2, { seen: 1, seenTarget: uidOf(0) })]) ?? '', /only 1 of 2/)
  })

  it('not by copies that restarted, or are in a full sync', () => {
    assert.match(doubt([copy(1), copy(2, { restarted: true })]) ?? '', /only 1 of 2/)
    assert.match(doubt([copy(1), copy(2, { syncInProgress: true })]) ?? '', /only 1 of 2/)
  })

  it('not by copies that are no members', () => {
    const terms = [term({ minSyncReplicas: 1, members: [uidOf(0), uidOf(1), 'u7'] })]
    assert.match(doubt([copy(1), copy(2)], { terms }) ?? '', /only 1 of 2/)
  })

  it('in every term while they change', () => {
    const larger = term({ minSyncReplicas: 1, members: [0, 1, 2, 3, 4].map(uidOf) })
    assert.match(doubt([copy(1), copy(2)], { terms: [term(), larger] }) ?? '', /only 2 of 4/)
  })

  it('not when it restarted, nor with data of an earlier reign than the newest', () => {
    assert.match(doubt([copy(1, { restarted: true }), copy(2)]) ?? '', /restarted/)
    assert.match(doubt([copy(1), copy(2, { dataEpoch: 2 })]) ?? '', /reign 1, not 2/)
    assert.match(doubt([copy(1), copy(2)], { currentEpoch: 2, primaryEpoch: 3 }) ?? '', /reign 1, not 2/)
  })
})

describe('a copy that cannot be confirmed by count', () => {
  const all = [0, 1, 2].map((ordinal) => copy(ordinal, { restarted: true }))
  const replaced = (status: InstanceStatus): readonly InstanceStatus[] => [
    ...all.filter(({ podUID }) => podUID !== status.podUID),
    status,
  ]

  it('is promoted when every desired Pod answers frozen and none is ahead', () => {
    assert.equal(doubt(all), undefined)
  })

  it('waits for every desired Pod', () => {
    assert.match(doubt(all.slice(1)) ?? '', /cache-0 cannot be asked/)
    assert.match(doubt(replaced(copy(0, { restarted: true, seen: 1 }))) ?? '', /cache-0 cannot be asked/)
  })

  it('gives way to one that is ahead', () => {
    assert.match(doubt(replaced(copy(0, { restarted: true, ...at(101) }))) ?? '', /cache-0 holds more/)
  })

  it('is never promoted when all are empty, although the cluster had data', () => {
    const empty = { restarted: true, empty: true, dataEpoch: 0, ...at(0) }
    assert.match(doubt([0, 1, 2].map((ordinal) => copy(ordinal, empty))) ?? '', /every copy is empty/)
  })
})
