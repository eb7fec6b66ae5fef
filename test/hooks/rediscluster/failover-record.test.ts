// What the status remembers of a move of the primary: whence, where to, why, with which proofs.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decide } from '../../../hooks/rediscluster/decide.ts'
import { gatherFacts } from '../../../hooks/rediscluster/facts.ts'
import { failoverRecord } from '../../../hooks/rediscluster/failover-record.ts'
import type { Failover, RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import * as build from '../../support/builders.ts'

const { fenced, newborn, now, primary, reigning, replica, reports, request, secondsAgo, succession } = build

const stopped = primary(0, 1, {
  writable: false,
  redis: { state: 'stopped', loading: false, silentSeconds: 0 },
})
const demoted = fenced(0, 2, 1, { openedEpoch: 1 })
const whole = [demoted, fenced(1, 2, 1), fenced(2, 2, 1)]
const opened = [demoted, primary(1, 2), fenced(2, 2, 1)]

const next = (status: RedisClusterStatus, ...statuses: readonly InstanceStatus[]): RedisClusterStatus =>
  decide(request({ status }), reports(...statuses), now).status

const lost = 'Lost: cache-0 reports that its redis-server is stopped'
const older = (epoch: number): Failover => ({
  from: 'cache-1',
  to: 'cache-0',
  epoch,
  reason: 'Lost: long ago',
  proofs: [],
  installedAt: secondsAgo(3600),
})

describe('the reason of a naming', () => {
  it('is the situation that led to it', () => {
    assert.deepEqual(next(reigning(), stopped, replica(1), replica(2)).naming, { reason: lost })
  })

  const reasonOf = (options: Parameters<typeof request>[0], first = primary(0)): string | undefined =>
    decide(request({ status: reigning(), ...options }), reports(first, replica(1), replica(2)), now).status
      .naming?.reason

  it('of a planned move is who wished it, and why', () => {
    const told = primary(0, 1, { terminating: true })
    assert.equal(
      reasonOf({}, told),
      'Leaving: cache-0 serves as primary; its instance was told to stop (SIGTERM)',
    )
    const pods = [build.pod(0, { terminating: true }), build.pod(1), build.pod(2)]
    assert.equal(reasonOf({ pods }), 'Leaving: cache-0 serves as primary; its Pod is being deleted')
    const annotations = { 'redis.io/switchover': 'cache-2' }
    assert.equal(
      reasonOf({ annotations }),
      'Switchover: cache-0 serves as primary; redis.io/switchover asks for cache-2',
    )
  })

  it('tells a redis-server that a person stopped, or that leaves, from one that crashed', () => {
    assert.equal(
      reasonOf({}, { ...stopped, fencedByUser: true }),
      `${lost}, by the annotation redis.io/fencedInstances`,
    )
    assert.equal(reasonOf({}, { ...stopped, terminating: true }), `${lost}, for it is leaving`)
  })

  it('of a planned move that is given up is why: the old primary did not succeed itself', () => {
    const naming = { reason: 'Switchover: cache-0 serves as primary; redis.io/switchover asks for cache-1' }
    const status = succession(1, { planned: 'Switchover', naming })
    const unfit = replica(1, { syncInProgress: true })
    assert.equal(
      next(status, primary(0), unfit, replica(2)).naming?.reason,
      'Draining: the planned move away from cache-0 is given up: cache-1: it is in a full sync',
    )
  })

  it('is kept over its consequences', () => {
    const status = succession(1, { naming: { reason: lost } })
    const ahead = fenced(2, 2, 1, { position: { offsetBytes: 101, exact: true } })
    const again = next(status, demoted, fenced(1, 2, 1), ahead)
    assert.deepEqual([again.targetPrimary, again.naming], ['cache-2', { reason: lost }])
    assert.deepEqual(next(status, replica(1), replica(2)).naming, { reason: lost }, 'while it waits')
  })

  it('has the proofs beside it from the promotion on', () => {
    const naming = { reason: lost, proofs: ['cache-0 Demoted'] }
    const promoted = next(succession(1, { naming: { reason: lost } }), ...whole)
    assert.deepEqual(promoted.naming, naming)
    const silent = next({ ...promoted, terms: [build.term()] }, demoted, fenced(2, 2, 1))
    assert.deepEqual(silent.naming, naming, 'its answer may be lost')
  })

  it('is cut when it is long', () => {
    const reason = `its address is ${'x'.repeat(600)}`
    const facts = gatherFacts(request({ status: reigning() }), reports(replica(1)), now)
    const [successor] = facts.instances
    assert.ok(successor)
    const { naming } = failoverRecord(facts, { kind: 'Lost', reason }, { kind: 'Name', successor, epoch: 2 })
    assert.equal(naming?.reason.length, 512)
  })

  it('goes with the Install, and is not there while all is well', () => {
    assert.equal(next(succession(1, { naming: { reason: lost } }), ...opened).naming, undefined)
    const healthy = [primary(0), replica(1), replica(2)]
    assert.equal(next(reigning({ naming: { reason: lost } }), ...healthy).naming, undefined)
  })
})

describe('lastFailover', () => {
  const naming = { reason: lost, proofs: ['cache-0 Demoted'] }

  it('says from whom to whom, for which epoch, why, with which proofs and when', () => {
    const namedAt = secondsAgo(3)
    const { lastFailover, failovers } = next(succession(1, { naming, namedAt }), ...opened)
    const failover = {
      from: 'cache-0',
      to: 'cache-1',
      epoch: 2,
      reason: lost,
      proofs: ['cache-0 Demoted'],
      namedAt,
      installedAt: now.toISOString(),
    }
    assert.deepEqual([lastFailover, failovers], [failover, [failover]])
  })

  it('is kept, and heads a history of ten, the newest first', () => {
    const failovers = Array.from({ length: 10 }, (_, index) => older(1 - index))
    const before = { lastFailover: older(1), failovers }
    const calm = next(reigning(before), primary(0), replica(1), replica(2))
    assert.deepEqual([calm.lastFailover, calm.failovers], [older(1), failovers])
    const after = next(succession(1, { ...before, naming }), ...opened)
    assert.equal(after.failovers?.length, 10)
    assert.deepEqual(
      after.failovers.slice(0, 2).map(({ epoch }) => epoch),
      [2, 1],
    )
    assert.deepEqual(after.failovers[0], after.lastFailover)
  })

  it('the birth of a cluster is none', () => {
    const born = next({}, newborn(0), newborn(1), newborn(2))
    assert.match(born.naming?.reason ?? '', /^Unborn: /)
    const first = next(born, primary(0), newborn(1), newborn(2))
    assert.equal(first.currentPrimary, 'cache-0')
    assert.deepEqual([first.lastFailover, first.failovers, first.naming], [undefined, undefined, undefined])
  })

  it('another Install of the same epoch adds nothing', () => {
    const installed = reigning({
      currentPrimary: 'cache-1',
      currentPrimaryUID: build.uidOf(1),
      currentEpoch: 2,
      lastFailover: older(2),
      failovers: [older(2)],
    })
    const facts = gatherFacts(request({ status: installed }), reports(...opened), now)
    const primary = facts.instances.find(({ ordinal }) => ordinal === 1)
    assert.ok(primary)
    const again = failoverRecord(
      facts,
      { kind: 'Succeeded', successor: primary },
      { kind: 'Install', primary, epoch: 2 },
    )
    assert.deepEqual(again, { lastFailover: older(2), failovers: [older(2)] })
  })

  it('says so when the status of the naming was lost', () => {
    const { lastFailover } = next(reigning(), ...opened)
    assert.deepEqual(
      [lastFailover?.to, lastFailover?.reason],
      ['cache-1', 'unknown: the status had been lost'],
    )
  })
})

describe('a primary that is named again', () => {
  const restarted = fenced(0, 1, 0, { openedEpoch: 1 })
  const held = fenced(0, 2, 0, { openedEpoch: 1 })
  const behind = { position: { offsetBytes: 90, exact: true } }

  it('keeps the reason, too', () => {
    const displaced = next(reigning(), restarted, replica(1, behind), replica(2, behind))
    assert.equal(displaced.targetPrimary, 'cache-0')
    const { reason } = displaced.naming ?? {}
    assert.match(reason ?? '', /^Displaced: /)
    const promoted = next(displaced, held, fenced(1, 2, 0, behind), fenced(2, 2, 0, behind))
    const installed = next(promoted, primary(0, 2), fenced(1, 2, 0), fenced(2, 2, 0))
    assert.equal(installed.lastFailover?.reason, reason)
  })
})
