// What a person reads of a switchover: that it waits, moves, is done or was given up, and how to ask again.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { annotations } from '../../../hooks/rediscluster/names.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import { drainSeconds } from '../../../hooks/rediscluster/timings.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import * as build from '../../support/builders.ts'
import { plan } from '../../support/look.ts'

const { fenced, primary, reigning, replica, reports, request, secondsAgo, succession } = build

const healthy = [primary(0), replica(1), replica(2)]
const late = { namedAt: secondsAgo(drainSeconds) }
const stopped = { redis: { state: 'stopped', loading: false, silentSeconds: 0 } } as const
const moving = (more: RedisClusterStatus = {}): RedisClusterStatus =>
  succession(1, { planned: 'Switchover', switchover: 'cache-1', ...more })

function next(
  status: RedisClusterStatus,
  statuses: readonly InstanceStatus[],
  asked?: string,
): RedisClusterStatus {
  const annotated = asked === undefined ? {} : { annotations: { [annotations.switchover]: asked } }
  return plan(request({ status, ...annotated }), reports(...statuses)).status
}

function told(status: RedisClusterStatus): string {
  const found = status.conditions?.find(({ type }) => type === 'SwitchoverDone')
  return found === undefined ? 'nothing' : `${found.status} ${found.reason}: ${found.message}`
}

const tells = (...given: Parameters<typeof next>): string => told(next(...given))

/** cache-0 serves again under epoch 3, after the move was given up in epoch 2. */
const again: RedisClusterStatus = { currentEpoch: 3, primaryEpoch: 3 }

describe('SwitchoverDone', () => {
  it('is not there without a request, nor for one that cannot be read', () => {
    assert.equal(tells(reigning(), healthy), 'nothing')
    assert.equal(tells(reigning(), healthy, 'other-1'), 'nothing')
    assert.equal(tells(reigning({ switchover: 'cache-1' }), healthy), 'nothing')
  })

  it('says why a request waits', () => {
    const down = [primary(0), replica(1, { masterLinkStatus: 'down' }), replica(2)]
    assert.match(tells(reigning(), down, 'cache-1'), /^False Waiting: .*it is not in sync with cache-0$/)
    assert.match(tells(reigning(), healthy, 'cache-7'), /^False Waiting: .*there is no such Pod/)
    const dead = [primary(0, 1, stopped), replica(1), replica(2)]
    assert.match(tells(reigning(), dead, 'cache-1'), /^False Waiting: .*no primary serves$/)
    const leaving = [primary(0, 1, { terminating: true }), replica(1), replica(2)]
    assert.match(tells(reigning(), leaving, 'cache-2'), /^False Waiting: .*another move comes first$/)
  })

  it('says that it moves, from the naming on', () => {
    assert.match(tells(reigning(), healthy, 'cache-1'), /^False Moving: cache-1 is named/)
    assert.match(tells(moving(), healthy, 'cache-1'), /^False Moving: cache-1 is named/)
    const handedOver = [fenced(0, 2, 1, { openedEpoch: 1 }), replica(1), replica(2)]
    assert.match(tells(moving(), handedOver, 'cache-1'), /^False Moving: cache-1 is named/)
  })

  it('is True once that Pod is primary, also when it was before, and stays so after a failover', () => {
    const moved = reigning({
      currentPrimary: 'cache-1',
      currentPrimaryUID: 'u1',
      targetPrimary: 'cache-1',
      targetPrimaryUID: 'u1',
    })
    const follower = (ordinal: number): InstanceStatus => replica(ordinal, { seenTarget: 'u1' })
    const done = next({ ...moved, switchover: 'cache-1' }, [follower(0), primary(1), follower(2)], 'cache-1')
    assert.match(told(done), /^True Done: cache-1 was made primary/)
    assert.match(tells(reigning(), healthy, 'cache-0'), /^True Done: cache-0 /)
    const { switchover, switchoverEnd } = done
    assert.ok(switchover !== undefined && switchoverEnd !== undefined)
    assert.match(tells(reigning({ switchover, switchoverEnd }), healthy, 'cache-1'), /^True Done: cache-1 /)
  })

  const givenUp: readonly (readonly [string, readonly InstanceStatus[], RedisClusterStatus, RegExp])[] = [
    ['lags', healthy, late, /not done after 20 s: cache-1 may lag/],
    [
      'cannot serve',
      [primary(0), replica(1, stopped), replica(2)],
      {},
      /cache-1: its redis-server is stopped/,
    ],
    [
      'is silent',
      [primary(0), replica(2)],
      { trouble: { uid: 'u1', kind: 'SuccessorBlinking', since: secondsAgo(2) } },
      /cache-1 is silent/,
    ],
  ]
  for (const [what, statuses, more, why] of givenUp)
    it(`says that it was given up when the successor ${what}, and how to ask again`, () => {
      const abandoned = next(moving(more), statuses, 'cache-1')
      assert.equal(abandoned.targetPrimary, 'cache-0')
      const said = told(abandoned)
      assert.match(said, /^False GivenUp: the switchover was given up: /)
      assert.match(said, why)
      assert.match(
        said,
        /It is not tried again by itself\. To ask again: kubectl annotate rediscluster -n shop cache --overwrite redis\.io\/switchover-, and once this condition is gone: kubectl annotate rediscluster -n shop cache --overwrite redis\.io\/switchover=cache-1$/,
      )
    })

  it('says so until the request changes, word for word, and nothing begins it again', () => {
    const { switchover, switchoverEnd, conditions } = next(moving(late), healthy, 'cache-1')
    assert.ok(switchover !== undefined && switchoverEnd !== undefined && conditions !== undefined)
    const status = reigning({ ...again, switchover, switchoverEnd, conditions })
    const serving = [primary(0, 3), ...[1, 2].map((ordinal) => replica(ordinal, { seen: 3 }))]
    const later = next(status, serving, 'cache-1')
    const conditionIn = ({ conditions: all }: RedisClusterStatus): unknown =>
      all?.find(({ type }) => type === 'SwitchoverDone')
    assert.deepEqual(conditionIn(later), conditionIn(status))
    assert.deepEqual([later.targetPrimary, later.planned], ['cache-0', undefined])
    assert.equal(tells(later, serving), 'nothing')
    assert.match(tells(later, serving, 'cache-2'), /^False Moving: cache-2/)
    const takenBack = next(later, serving)
    assert.match(tells(takenBack, serving, 'cache-1'), /^False Moving: cache-1/)
  })

  it('says when a failover came first', () => {
    const status = reigning({ switchover: 'cache-1' })
    assert.match(
      tells(status, healthy, 'cache-1'),
      /^False Overtaken: .*cache-0 is primary\. It is not tried again/,
    )
  })

  it('is True when that Pod becomes primary after all', () => {
    const end = { reason: 'GivenUp', message: 'it lagged' } as const
    const status = { switchover: 'cache-0', switchoverEnd: end }
    assert.match(tells(reigning(status), healthy, 'cache-0'), /^True Done: /)
  })

  it('gives the same answer to the same sync', () => {
    assert.deepEqual(next(moving(late), healthy, 'cache-1'), next(moving(late), healthy, 'cache-1'))
  })
})
