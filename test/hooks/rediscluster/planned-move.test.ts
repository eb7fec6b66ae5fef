// What a status says of a planned move, and who is labelled primary meanwhile.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decide, type Verdict } from '../../../hooks/rediscluster/decide.ts'
import { annotations } from '../../../hooks/rediscluster/names.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import * as build from '../../support/builders.ts'

const { fenced, now, primary, reigning, replica, reports, request, succession, uidOf } = build

const healthy = [primary(0), replica(1), replica(2)]
const leaving = [primary(0, 1, { terminating: true }), replica(1), replica(2)]
const stopped = primary(0, 1, {
  writable: false,
  redis: { state: 'stopped', loading: false, silentSeconds: 0 },
})

function verdict(status: RedisClusterStatus, statuses: readonly InstanceStatus[], to?: string): Verdict {
  const asked = to === undefined ? {} : { annotations: { [annotations.switchover]: to } }
  return decide(request({ status, ...asked }), reports(...statuses), now)
}

describe('status.planned', () => {
  const planned = (...given: Parameters<typeof verdict>): string | undefined =>
    verdict(...given).status.planned

  it('says why the primary is to move, from the naming for as long as it serves', () => {
    assert.equal(planned(reigning(), leaving), 'Leaving')
    assert.equal(planned(reigning(), healthy, 'cache-2'), 'Switchover')
    assert.equal(planned(succession(2, { planned: 'Switchover' }), healthy, 'cache-2'), 'Switchover')
  })

  it('is absent from a failover', () => {
    assert.equal(planned(reigning(), [stopped, replica(1), replica(2)]), undefined)
  })

  it('goes with the old reign, however the move ends', () => {
    const status = succession(1, { planned: 'Leaving' })
    const handedOver = fenced(0, 2, 1, { openedEpoch: 1 })
    assert.equal(planned(status, [handedOver, fenced(1, 2, 1), fenced(2, 2, 1)]), undefined)
    assert.equal(planned(status, [stopped, replica(1), replica(2)]), undefined)
    assert.equal(planned(status, [handedOver, primary(1, 2), fenced(2, 2, 1)]), undefined)
  })
})

describe('status.switchover', () => {
  const begun = (...given: Parameters<typeof verdict>): string | undefined =>
    verdict(...given).status.switchover

  it('remembers a request from when it begins for as long as it is there', () => {
    assert.equal(begun(reigning(), healthy, 'cache-2'), 'cache-2')
    const moving = succession(2, { planned: 'Switchover', switchover: 'cache-2' })
    assert.equal(begun(moving, healthy, 'cache-2'), 'cache-2')
    assert.equal(begun(reigning({ switchover: 'cache-2' }), healthy, 'cache-2'), 'cache-2')
  })

  it('does not remember a request that waits', () => {
    const down = [primary(0), replica(1), replica(2, { masterLinkStatus: 'down' })]
    assert.equal(begun(reigning(), down, 'cache-2'), undefined)
  })

  it('does not take a move because of leaving for the request', () => {
    assert.equal(begun(reigning(), leaving, 'cache-2'), undefined)
  })

  it('is forgotten when the request is taken back, or another is made', () => {
    assert.equal(begun(reigning({ switchover: 'cache-2' }), healthy), undefined)
    assert.equal(begun(reigning({ switchover: 'cache-2' }), healthy, 'cache-1'), 'cache-1')
  })
})

describe('the label of the primary', () => {
  it('stays with the old primary during a planned move, from its naming on', () => {
    assert.equal(verdict(reigning(), leaving).labelled, uidOf(0))
    assert.equal(verdict(succession(1, { planned: 'Leaving' }), leaving).labelled, uidOf(0))
  })

  it('is on nobody once the old primary has handed over, or its move is given up', () => {
    const { status } = verdict(succession(1, { planned: 'Leaving' }), [
      fenced(0, 2, 1, { openedEpoch: 1 }),
      replica(1),
      replica(2),
    ])
    const handedOver = [fenced(0, 2, 1, { openedEpoch: 1 }), fenced(1, 2, 1), fenced(2, 2, 1)]
    assert.equal(verdict(status, handedOver).labelled, undefined)
    const unfit = [primary(0), replica(1, { terminating: true }), replica(2)]
    assert.equal(verdict(succession(1, { planned: 'Leaving' }), unfit).labelled, undefined)
  })

  it('is on nobody during a failover', () => {
    assert.equal(verdict(reigning(), [stopped, replica(1), replica(2)]).labelled, undefined)
    assert.equal(verdict(succession(1), [stopped, replica(1), replica(2)]).labelled, undefined)
  })

  it('is on the successor from its Install on', () => {
    const opened = [fenced(0, 2, 1, { openedEpoch: 1 }), primary(1, 2), fenced(2, 2, 1)]
    assert.equal(verdict(succession(1), opened).labelled, uidOf(1))
  })
})
