// What a status must not forget between syncs, and what must not move by itself.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Pod } from '../../../hooks/kubernetes.ts'
import type { Request } from '../../../hooks/rediscluster/observed.ts'
import type { InstanceReports } from '../../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import { sync } from '../../../hooks/rediscluster/sync.ts'
import * as build from '../../support/builders.ts'

const {
  entropy,
  fenced,
  image,
  ipOf,
  now,
  pod,
  primary,
  reigning,
  replica,
  reports,
  request,
  secondsAgo,
  succession,
  uidOf,
} = build

const statusAfter = (observed: Request, reported: InstanceReports, at = now): RedisClusterStatus =>
  sync(observed, reported, at, entropy, { image }).status
const remembered = ({ contenders = [] }: RedisClusterStatus): readonly string[] =>
  contenders.map(({ uid, ip, epoch }) => `${uid} ${ip ?? ''} ${epoch}`)
const stopped = primary(0, 1, {
  writable: false,
  redis: { state: 'stopped', loading: false, silentSeconds: 0 },
})
const healthy = reports(primary(0), replica(1), replica(2))

describe('contenders in status', () => {
  it('a reign remembers its primary with its address: the Pod may go while the process lives on', () => {
    assert.deepEqual(remembered(statusAfter(request({ status: reigning() }), healthy)), [`u0 ${ipOf(0)} 1`])
  })

  it('naming adds the target and forgets nobody', () => {
    const status = statusAfter(request({ status: reigning() }), reports(stopped, replica(1), replica(2)))
    assert.deepEqual(remembered(status), [`u0 ${ipOf(0)} 1`, `u1 ${ipOf(1)} 2`])
  })

  it('a claim is remembered, for its Pod object may go', () => {
    const pods = [pod(0), pod(1), pod(2, { claim: 2 })]
    const before = statusAfter(request({ status: succession(1), pods }), {})
    assert.ok(remembered(before).includes(`u2 ${ipOf(2)} 2`))
    const after = statusAfter(request({ status: before, pods: [pod(0), pod(1)] }), {})
    assert.ok(remembered(after).includes(`u2 ${ipOf(2)} 2`))
  })

  it('an Install forgets those whose epoch it has overtaken', () => {
    const contenders = [{ uid: 'u9', name: 'cache-0', epoch: 1 }]
    const status = statusAfter(
      request({ status: succession(1, { contenders, ended: ['u9'] }) }),
      reports(primary(1, 2)),
    )
    assert.deepEqual([remembered(status), status.ended], [[`u1 ${ipOf(1)} 2`], undefined])
  })
})

describe('the word of kubelet', () => {
  const ending = [pod(0, { terminating: true, ended: true }), pod(1), pod(2)]

  it('is remembered after the Pod object is gone, until the next Install', () => {
    const status = statusAfter(request({ status: succession(1), pods: ending }), {})
    assert.deepEqual(status.ended, [uidOf(0)])
    assert.deepEqual(statusAfter(request({ status, pods: [pod(1), pod(2)] }), {}).ended, [uidOf(0)])
  })

  it('is as good as the last word of its instance, which others remember', () => {
    const told = reports(fenced(1, 2, 1, { ended: [uidOf(0), 'u-nobody'] }))
    const after = (pods: readonly Pod[]): readonly string[] | undefined =>
      statusAfter(request({ status: succession(1), pods }), told).ended
    assert.deepEqual(after([pod(1), pod(2)]), [uidOf(0)])
    assert.deepEqual(after([pod(0, { terminating: true }), pod(1), pod(2)]), [uidOf(0)])
    assert.equal(after([pod(0), pod(1), pod(2)]), undefined)
  })

  it('counts only for a Pod that is being deleted: any other container starts again', () => {
    const pods = [pod(0, { ended: true }), pod(1), pod(2)]
    assert.equal(statusAfter(request({ status: succession(1), pods }), {}).ended, undefined)
  })

  it('proves nothing while the Pod is there', () => {
    const status = succession(1, { ended: [uidOf(0)] })
    const { commands } = sync(request({ status }), reports(fenced(1, 2, 1), fenced(2, 2, 1)), now, entropy, {
      image,
    })
    assert.deepEqual(
      commands.map(({ kind }) => kind),
      ['Fence'],
    )
  })
})

describe('times in status', () => {
  const later = new Date(now.getTime() + 1000)

  it('the start of a silence is kept while it lasts, and goes with it', () => {
    const silence = reports(replica(1, { masterLinkStatus: 'down' }))
    const trouble = { uid: uidOf(0), kind: 'Blinking', since: secondsAgo(1) }
    assert.deepEqual(statusAfter(request({ status: reigning({ trouble }) }), silence).trouble, trouble)
    assert.equal(statusAfter(request({ status: reigning({ trouble }) }), healthy).trouble, undefined)
  })

  it('nothing moves with the clock, nor with the offset', () => {
    const first = statusAfter(request({ status: reigning() }), healthy)
    const moved = reports(
      primary(0, 1, { replicationOffset: 999 }),
      replica(1, { replicationOffset: 999 }),
      replica(2),
    )
    assert.deepEqual(statusAfter(request({ status: first }), moved, later), first)
  })

  it('the transition time of a condition moves with its status', () => {
    const first = statusAfter(request({ status: reigning() }), healthy)
    const second = statusAfter(request({ status: first }), reports(stopped, replica(1), replica(2)), later)
    const timeOf = ({ conditions = [] }: RedisClusterStatus, type: string): string | undefined =>
      conditions.find((condition) => condition.type === type)?.lastTransitionTime
    assert.equal(timeOf(second, 'PrimaryAvailable'), later.toISOString())
    assert.equal(timeOf(second, 'SpecValid'), now.toISOString())
  })
})

describe('a status that is behind', () => {
  it('is not advanced by a promise of its own epoch', () => {
    const status = succession(1)
    const astray = fenced(2, 2, 2)
    const { targetPrimary, primaryEpoch } = statusAfter(request({ status }), reports(astray))
    assert.deepEqual(
      [targetPrimary, primaryEpoch],
      ['cache-2', 3],
      'another epoch, never a second target of the same',
    )
  })
})
