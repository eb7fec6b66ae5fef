// Rows of the situation table for a cluster that nobody rules yet, and for a reign.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { patienceOf } from '../../../hooks/rediscluster/timings.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import type { InstanceReports } from '../../../hooks/rediscluster/plan.ts'
import type { Request } from '../../../hooks/rediscluster/observed.ts'
import {
  fenced,
  newborn,
  pod,
  primary,
  reigning,
  replica,
  reports,
  request,
  secondsAgo,
  uidOf,
} from '../../support/builders.ts'
import { look, named } from '../../support/look.ts'

const blinking = (seconds: number): RedisClusterStatus => ({
  trouble: { uid: uidOf(0), kind: 'Blinking', since: secondsAgo(seconds) },
})

describe('a cluster whose status knows nobody', () => {
  it('Unborn: waits until every desired Pod answers', () => {
    const { situation, decision } = look(request(), reports(newborn(0), newborn(1)))
    assert.deepEqual(situation, { kind: 'Unborn', missing: ['cache-2'] })
    assert.equal(decision.kind, 'Wait')
  })

  it('Unborn: names the lowest ordinal when all answer empty', () => {
    const { situation, decision } = look(request(), reports(newborn(0), newborn(1), newborn(2)))
    assert.equal(situation.kind, 'Unborn')
    assert.equal(named(decision), 'cache-0 for 1')
  })

  it('Orphaned: waits for the silent one, because it may hold the data', () => {
    const { situation, decision } = look(
      request(),
      reports(newborn(0), replica(1, { seen: 0, restarted: true })),
    )
    assert.deepEqual(situation, { kind: 'Orphaned', missing: ['cache-2'] })
    assert.equal(decision.kind, 'Wait')
  })

  it('Orphaned: names the best copy above every epoch that anybody knows', () => {
    const old = { seen: 0, restarted: true, seenTarget: 'unknown' }
    const { decision } = look(
      request(),
      reports(newborn(0), replica(1, { ...old, dataEpoch: 6 }), replica(2, { ...old, dataEpoch: 7 })),
    )
    assert.equal(named(decision), 'cache-2 for 8')
  })

  it('a lost status is rebuilt from the primary that still serves, without another election', () => {
    const { situation, decision } = look(
      request(),
      reports(primary(1, 7), replica(0, { seen: 7, seenTarget: uidOf(1) }), replica(2)),
    )
    assert.equal(situation.kind, 'Succeeded')
    assert.equal(decision.kind === 'Install' && `${decision.primary.name} ${decision.epoch}`, 'cache-1 7')
  })
})

describe('a reign', () => {
  const observed = (status = reigning()): Request => request({ status })

  it('Serving: keeps', () => {
    const { situation, decision } = look(observed(), reports(primary(0), replica(1), replica(2)))
    assert.equal(situation.kind, 'Serving')
    assert.equal(decision.kind, 'Keep')
  })

  it('Serving: a silent replica changes nothing', () => {
    assert.equal(look(observed(), reports(primary(0), replica(1))).situation.kind, 'Serving')
  })

  it('Displaced: a primary that restarted is not primary any more, and a whole replica is named', () => {
    const restarted = fenced(0, 1, 0, { openedEpoch: 1, restarted: true })
    const { situation, decision } = look(observed(), reports(restarted, replica(1), replica(2)))
    assert.equal(situation.kind, 'Displaced')
    assert.equal(named(decision), 'cache-1 for 2')
  })

  it('Displaced: a single instance elects itself again, for a higher epoch', () => {
    const alone = request({ spec: { instances: 1 }, pods: [pod(0)], status: reigning() })
    const { decision } = look(alone, reports(fenced(0, 1, 0, { openedEpoch: 1, restarted: true })))
    assert.equal(named(decision), 'cache-0 for 2')
  })

  const gone = (linked: boolean): InstanceReports =>
    reports(...[1, 2].map((ordinal) => replica(ordinal, linked ? {} : { masterLinkStatus: 'down' })))

  it('Blinking: waits at the first missed poll', () => {
    const { situation, decision } = look(observed(), gone(false))
    assert.equal(situation.kind, 'Blinking')
    assert.equal(decision.kind, 'Wait')
  })

  it('Blinking: waits while the silence is shorter than failoverDelay', () => {
    assert.equal(look(observed(reigning(blinking(1.9))), gone(false)).decision.kind, 'Wait')
  })

  it('Lost: names the best replica after failoverDelay', () => {
    const { situation, decision } = look(observed(reigning(blinking(2))), gone(false))
    assert.equal(situation.kind, 'Lost')
    assert.equal(named(decision), 'cache-1 for 2')
  })

  it('Lost: a record of another kind of trouble does not shorten the wait', () => {
    const other = reigning({ trouble: { uid: uidOf(0), kind: 'SuccessorUnfit', since: secondsAgo(60) } })
    assert.equal(look(observed(other), gone(false)).situation.kind, 'Blinking')
  })

  it('Unreachable: waits while a member still grants the primary, and then shuns it', () => {
    const granting = { grant: { seconds: 0.5, uid: uidOf(0) } }
    const heard = { ...gone(true), ...reports(replica(1, granting), replica(2)) }
    const { situation, decision } = look(observed(reigning(blinking(3600))), heard)
    assert.deepEqual(situation, { kind: 'Unreachable', uid: uidOf(0), witnesses: ['cache-1'] })
    assert.equal(decision.kind, 'Wait')
    const trouble = {
      uid: uidOf(0),
      kind: 'Unreachable',
      since: secondsAgo(patienceOf({}).unreachableSeconds),
    }
    const shunned = look(observed(reigning({ trouble })), heard)
    assert.deepEqual([shunned.situation.kind, shunned.decision.kind], ['Lost', 'Name'])
  })

  it('Lost: a grant from before the silence keeps nobody alive', () => {
    const once = { grant: { seconds: 2, uid: uidOf(0) } }
    const heard = { ...gone(true), ...reports(replica(1, once), replica(2)) }
    assert.equal(look(observed(reigning(blinking(2))), heard).situation.kind, 'Lost')
  })

  it('Lost: a Pod that is gone is lost although its process may still be followed', () => {
    const absent = request({ status: reigning(blinking(2)), pods: [pod(1), pod(2)] })
    assert.equal(look(absent, { ...gone(true), ...reports(primary(0)) }).situation.kind, 'Lost')
  })

  it('Lost: a reaped redis-server is lost at once', () => {
    const dead = primary(0, 1, {
      writable: false,
      redis: { state: 'stopped', loading: false, silentSeconds: 0 },
    })
    assert.equal(look(observed(), reports(dead, replica(1), replica(2))).situation.kind, 'Lost')
  })

  it('Lost: kubelet reported the containers of a terminating Pod ended', () => {
    const pods = [pod(0, { terminating: true, ended: true }), pod(1), pod(2)]
    assert.equal(look(request({ status: reigning(), pods }), gone(true)).situation.kind, 'Lost')
  })

  const hung = (silentSeconds: number): InstanceReports =>
    reports(
      primary(0, 1, { redis: { state: 'hung', loading: false, silentSeconds } }),
      replica(1),
      replica(2),
    )

  it('Hung: waits, then names another', () => {
    assert.equal(look(observed(), hung(9.9)).situation.kind, 'Blinking')
    assert.equal(look(observed(), hung(10)).situation.kind, 'Hung')
    assert.equal(named(look(observed(), hung(10)).decision), 'cache-1 for 2')
  })

  it('Taken: another Pod claims this epoch', () => {
    const pods = [pod(0, { claim: 1 }), pod(1, { claim: 1 }), pod(2)]
    const { situation, decision } = look(
      request({ status: reigning(), pods }),
      reports(primary(0), replica(1), replica(2)),
    )
    assert.equal(situation.kind, 'Taken')
    assert.equal(decision.kind, 'Name')
  })

  it('a status that is one answer old does not disturb the primary that was elected meanwhile', () => {
    const opened = primary(1, 2)
    const others = [fenced(0, 2, 1, { openedEpoch: 1 }), fenced(2, 2, 1)]
    const { situation, decision } = look(observed(), reports(opened, ...others))
    assert.equal(situation.kind, 'Succeeded')
    assert.equal(decision.kind === 'Install' && decision.epoch, 2)
  })
})
