// redis.io/accept-loss: a person decides to lose what others may hold, for one copy and one failover.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { annotations } from '../../../hooks/rediscluster/names.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import * as build from '../../support/builders.ts'
import { look, named } from '../../support/look.ts'

const { fenced, reports, request, succession, uidOf } = build

const restarted = { restarted: true }
const copies = [fenced(0, 2, 1, { ...restarted, openedEpoch: 1 }), fenced(1, 2, 1, restarted)]

/** Ordinal 1 is named for epoch 2. */
function looked(
  order: string,
  statuses: readonly InstanceStatus[],
  status: RedisClusterStatus = {},
): ReturnType<typeof look> {
  const given = { [annotations.acceptLoss]: order }
  return look(request({ status: succession(1, status), annotations: given }), reports(...statuses))
}

describe('accept-loss', () => {
  it('promotes the copy that it names, although others may hold more', () => {
    assert.equal(look(request({ status: succession(1) }), reports(...copies)).situation.kind, 'Stuck')
    const { situation, decision } = looked('u1/2', copies)
    assert.equal(situation.kind, 'HandingOver')
    assert.equal(decision.kind === 'Promote' && decision.successor.name, 'cache-1')
  })

  it('promotes it over a copy that is known to hold more', () => {
    const ahead = fenced(2, 2, 1, { position: { offsetBytes: 900, exact: true } })
    assert.equal(looked('u1/2', [...copies, ahead]).situation.kind, 'HandingOver')
    assert.equal(looked('u2/2', [...copies, ahead]).situation.kind, 'Choosing')
  })

  it('names the copy first when it is not the target', () => {
    const { situation, decision } = looked('u0/2', copies)
    assert.equal(situation.kind, 'Choosing')
    assert.equal(named(decision), 'cache-0 for 3')
  })

  it('holds for the higher epochs of the same failover', () => {
    const later = [fenced(0, 3, 1, { ...restarted, openedEpoch: 1 }), fenced(1, 3, 1, restarted)]
    assert.equal(looked('u1/2', later, { primaryEpoch: 3 }).situation.kind, 'HandingOver')
  })

  it('is void once its epoch, or a higher one, is installed', () => {
    const later = [fenced(0, 3, 1, { ...restarted, openedEpoch: 2 }), fenced(1, 3, 1, restarted)]
    for (const order of ['u1/2', 'u1/1'])
      assert.equal(looked(order, later, { currentEpoch: 2, primaryEpoch: 3 }).situation.kind, 'Stuck', order)
  })

  it('replaces no promise and no proof', () => {
    assert.equal(looked('u1/2', [copies[1] ?? fenced(1, 2, 1)]).situation.kind, 'Fencing')
    const unpromised = fenced(2, 1, 0, restarted)
    assert.equal(looked('u1/2', [...copies, unpromised]).situation.kind, 'Fencing')
  })

  it('is nothing for a copy that is unknown, or cannot serve', () => {
    assert.equal(looked('u9/2', copies).situation.kind, 'Stuck')
    const loading = { redis: { state: 'running', loading: true, silentSeconds: 0 } } as const
    const best = fenced(2, 2, 1, { ...loading, position: { offsetBytes: 900, exact: true } })
    assert.equal(looked('u2/2', [...copies, best]).situation.kind, 'Stuck')
  })

  it('is nothing when it cannot be read', () => {
    assert.equal(looked(uidOf(1), copies).situation.kind, 'Stuck')
  })
})
