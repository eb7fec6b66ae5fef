// A planned move under way: the old primary serves until it has handed over, or goes on when that comes to nothing.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decide, type Verdict } from '../../../hooks/rediscluster/decide.ts'
import { annotations } from '../../../hooks/rediscluster/names.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import { drainSeconds } from '../../../hooks/rediscluster/timings.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import * as build from '../../support/builders.ts'
import { named } from '../../support/look.ts'

const { clusterUID, fenced, ipOf, now, primary, reigning, replica, reports, request, secondsAgo, uidOf } =
  build

const healthy = [primary(0), replica(1), replica(2)]
const handedOver = fenced(0, 2, 1, { openedEpoch: 1 })

/** ordinal 1 was named for epoch 2 while ordinal 0 serves epoch 1. */
const moving = (status: RedisClusterStatus = {}): RedisClusterStatus =>
  build.succession(1, { planned: 'Switchover', ...status })

function verdict(status: RedisClusterStatus, statuses: readonly InstanceStatus[], to?: string): Verdict {
  const asked = to === undefined ? {} : { annotations: { [annotations.switchover]: to } }
  return decide(request({ status, ...asked }), reports(...statuses), now)
}

const kinds = ({ situation, decision }: Verdict): readonly string[] => [situation.kind, decision.kind]
const abort = ({ situation }: Verdict): string =>
  (situation.kind === 'Draining' ? situation.abort : undefined) ?? situation.kind

describe('Draining', () => {
  it('waits while the old primary serves, and tells it alone to hand over; nobody is fenced', () => {
    const seen = verdict(moving(), healthy)
    assert.deepEqual(kinds(seen), ['Draining', 'Wait'])
    assert.deepEqual(seen.commands, [
      {
        kind: 'Handover',
        to: { uid: uidOf(0), name: 'cache-0', ip: ipOf(0) },
        cluster: clusterUID,
        epoch: 2,
        target: { uid: uidOf(1), name: 'cache-1', ip: ipOf(1) },
      },
    ])
  })

  it('commands nothing for a naming that is not read back yet', () => {
    const seen = verdict(reigning(), [primary(0, 1, { terminating: true }), replica(1), replica(2)])
    assert.deepEqual([seen.status.planned, seen.commands], ['Leaving', []])
    const promised = verdict(reigning(), [primary(0), fenced(1, 2, 1), replica(2)])
    assert.deepEqual([promised.status.targetPrimary, promised.commands], ['cache-1', []])
  })

  it('ends with the promise of the old primary: the rest is a succession like any other', () => {
    const seen = verdict(moving(), [handedOver, replica(1), replica(2)])
    assert.equal(seen.situation.kind, 'Fencing')
    assert.equal(seen.status.planned, undefined)
    assert.deepEqual(
      seen.commands.map(({ kind, to }) => `${kind} ${to.name}`),
      ['Fence cache-1', 'Fence cache-2'],
    )
  })

  it('ends with the silence of the old primary', () => {
    const seen = verdict(moving(), [replica(1), replica(2)])
    assert.equal(seen.situation.kind, 'Fencing')
    assert.equal(seen.status.planned, undefined)
  })

  it('is none for a succession that was not planned, although the old primary serves', () => {
    const { planned: _none, ...unplanned } = moving()
    assert.equal(verdict(unplanned, healthy).situation.kind, 'Fencing')
  })
})

describe('Draining is given up', () => {
  const unfit: readonly (readonly [string, Partial<InstanceStatus>, RegExp])[] = [
    ['leaves', { terminating: true }, /terminating/],
    ['loads its data', { redis: { state: 'running', loading: true, silentSeconds: 0 } }, /loading/],
    ['has a dead redis-server', { redis: { state: 'stopped', loading: false, silentSeconds: 0 } }, /stopped/],
    ['is in a full sync', { syncInProgress: true }, /full sync/],
  ]
  for (const [what, overrides, why] of unfit) {
    it(`when the successor ${what}`, () => {
      const seen = verdict(moving(), [primary(0), replica(1, overrides), replica(2)])
      assert.match(abort(seen), why)
      assert.equal(named(seen.decision), 'cache-0 for 3')
      assert.deepEqual(seen.commands, [])
    })
  }

  it('when the successor is silent', () => {
    const silent = [primary(0), replica(2)]
    assert.deepEqual(kinds(verdict(moving(), silent)), ['SuccessorBlinking', 'Wait'])
    const since = { uid: uidOf(1), kind: 'SuccessorBlinking', since: secondsAgo(2) }
    const seen = verdict(moving({ trouble: since }), silent)
    assert.match(abort(seen), /cache-1 is silent/)
    assert.equal(named(seen.decision), 'cache-0 for 3')
    assert.deepEqual(seen.commands, [])
  })

  it('when it takes too long', () => {
    const early = verdict(moving({ namedAt: secondsAgo(drainSeconds - 0.1) }), healthy)
    assert.deepEqual(kinds(early), ['Draining', 'Wait'])
    const ahead = replica(2, { position: { offsetBytes: 101, exact: true } })
    const late = verdict(moving({ namedAt: secondsAgo(drainSeconds) }), [primary(0), replica(1), ahead])
    assert.match(abort(late), /not done after 20 s/)
    assert.equal(named(late.decision), 'cache-0 for 3', 'it still serves, whoever seems to hold more')
    assert.deepEqual(late.commands, [])
  })

  it('by a naming that is not planned, and that does not begin the request again', () => {
    const late = { namedAt: secondsAgo(drainSeconds), switchover: 'cache-1' }
    const { status } = verdict(moving(late), healthy, 'cache-1')
    assert.deepEqual(
      [status.planned, status.targetPrimary, status.switchover],
      [undefined, 'cache-0', 'cache-1'],
    )
    const settled = reigning({ switchover: 'cache-1' })
    assert.deepEqual(kinds(verdict(settled, healthy, 'cache-1')), ['Serving', 'Keep'])
  })
})
