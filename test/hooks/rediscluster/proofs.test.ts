// Proofs: what shows that a contender can take no writes any more, and what shows nothing.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../../hooks/rediscluster/facts.ts'
import { missingProofs, proofsAgainst } from '../../../hooks/rediscluster/proofs.ts'
import type { InstanceReports } from '../../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import { instanceAnnotations, type InstanceStatus } from '../../../instance/api.ts'
import {
  fenced,
  ipOf,
  now,
  pod,
  primary,
  replica,
  reports,
  request,
  succession,
  uidOf,
} from '../../support/builders.ts'

interface Seen {
  readonly reported?: InstanceReports
  readonly status?: RedisClusterStatus
  readonly pods?: readonly Pod[]
}

/** The kinds of proof against the old primary at ordinal 0, when ordinal 1 is named for epoch 2. */
function proofs({ reported = {}, status = {}, pods = [pod(0), pod(1), pod(2)] }: Seen): readonly string[] {
  const facts = gatherFacts(request({ status: succession(1, status), pods }), reported, now)
  return proofsAgainst(facts, 2, uidOf(1)).map(({ uid, kind }) => `${uid} ${kind}`)
}

const running = { state: 'running', loading: false, silentSeconds: 0 } as const
const redis = (state: InstanceStatus['redis']['state']): InstanceStatus['redis'] => ({ ...running, state })
const without0 = [pod(1), pod(2)]

describe('proofFor', () => {
  it('Demoted: promised, follows nobody, refuses writes', () => {
    assert.deepEqual(proofs({ reported: reports(fenced(0, 2, 1)) }), ['u0 Demoted'])
  })

  it('Stopped: promised, and its redis-server is reaped', () => {
    assert.deepEqual(proofs({ reported: reports(fenced(0, 2, 1, { redis: redis('stopped') })) }), [
      'u0 Stopped',
    ])
  })

  it('Demoted: a redis-server that was only started loads as a read-only replica, however long', () => {
    const { role: _role, ...starting } = fenced(0, 2, 1, { redis: redis('starting') })
    assert.deepEqual(proofs({ reported: reports(starting) }), ['u0 Demoted'])
  })

  const nothing: readonly (readonly [string, Seen])[] = [
    ['no answer', {}],
    ['a demoted primary that has not promised this epoch', { reported: reports(fenced(0, 1, 0)) }],
    [
      'a stopped redis-server without the promise',
      { reported: reports(fenced(0, 1, 0, { redis: redis('stopped') })) },
    ],
    [
      'a promise while it still accepts writes',
      { reported: reports(primary(0, 1, { seen: 2, seenTarget: uidOf(1) })) },
    ],
    ['a hung redis-server', { reported: reports(fenced(0, 2, 1, { redis: redis('hung') })) }],
    [
      'no redis-server of its own while another process holds the volume',
      {
        reported: reports(
          fenced(0, 2, 1, { redis: redis('waiting'), volume: { locked: false, predecessors: [] } }),
        ),
      },
    ],
    ['a Terminating Pod', { pods: [pod(0, { terminating: true }), pod(1), pod(2)] }],
    [
      'ended containers of a Pod that still exists',
      { pods: [pod(0, { terminating: true, ended: true }), pod(1), pod(2)] },
    ],
    ['an absent Pod', { pods: without0 }],
    ['a new Pod of the same name', { pods: [pod(0, { uid: 'other' }), pod(1), pod(2)] }],
    [
      'a new Pod that waits for the lock',
      {
        pods: [pod(0, { uid: 'other' }), pod(1), pod(2)],
        reported: reports(
          replica(0, { podUID: 'other', volume: { locked: false, predecessors: [uidOf(0)] } }),
        ),
      },
    ],
  ]
  for (const [what, seen] of nothing) {
    it(`${what} proves nothing`, () => assert.deepEqual(proofs(seen), []))
  }

  it('Gone: absent, and kubelet had reported its containers ended', () => {
    assert.deepEqual(proofs({ pods: without0, status: { ended: [uidOf(0)] } }), ['u0 Gone'])
  })

  it('Gone: absent, and it told another that it has ended for good', () => {
    const told = reports(fenced(2, 2, 1, { ended: [uidOf(0)] }))
    assert.deepEqual(proofs({ pods: without0, reported: told }), ['u0 Gone'])
    assert.deepEqual(proofs({ reported: told }), [])
  })

  it('Gone: absent, and its successor holds the lock on its volume', () => {
    const successor = replica(0, {
      podUID: 'other',
      volume: { locked: true, predecessors: ['older', uidOf(0)] },
    })
    const pods = [pod(0, { uid: 'other' }), pod(1), pod(2)]
    assert.deepEqual(proofs({ pods, reported: reports(successor) }), ['u0 Gone'])
  })

  it('Demoted: the process of a force-deleted Pod is heard at its remembered address', () => {
    const status = { contenders: [{ uid: uidOf(0), name: 'cache-0', ip: ipOf(0), epoch: 1 }] }
    assert.deepEqual(proofs({ pods: without0, status, reported: reports(fenced(0, 2, 1)) }), ['u0 Demoted'])
  })

  const showing = (promised: string): readonly Pod[] => {
    const own = pod(0)
    const annotations = { [instanceAnnotations.promised]: promised }
    return [{ ...own, metadata: { ...own.metadata, annotations } }, pod(1), pod(2)]
  }

  it('Demoted: its own Pod shows the promise, or a member was told of it, although it is not reached', () => {
    assert.deepEqual(proofs({ pods: showing('2/u1') }), ['u0 Demoted'])
    assert.deepEqual(proofs({ pods: showing('3/u0') }), ['u0 Demoted'])
    const told = (epoch: number, target: string): InstanceReports =>
      reports(fenced(2, 2, 1, { relayed: [{ uid: uidOf(0), epoch, target }] }))
    assert.deepEqual(proofs({ reported: told(2, uidOf(1)) }), ['u0 Demoted'])
    assert.deepEqual(proofs({ reported: told(1, uidOf(1)) }), [])
  })

  it('a shown promise of a lower epoch, or to another target, proves nothing', () => {
    assert.deepEqual(proofs({ pods: showing('1/u1') }), [])
    assert.deepEqual(proofs({ pods: showing('2/u0') }), [])
  })

  it('every earlier naming of this or a later epoch needs its own proof', () => {
    const status = { primaryEpoch: 3, contenders: [{ uid: uidOf(2), name: 'cache-2', epoch: 2 }] }
    const facts = gatherFacts(request({ status: succession(1, status) }), reports(fenced(0, 3, 1)), now)
    assert.deepEqual(
      proofsAgainst(facts, 3, uidOf(1)).map(({ uid }) => uid),
      [uidOf(0)],
    )
    assert.match(missingProofs(facts, 3, uidOf(1)).join(), /cache-2 \(u2\)/)
  })

  it('a claim makes a contender, also one that no status remembers', () => {
    const pods = [pod(0), pod(1), pod(2, { claim: 5 })]
    const facts = gatherFacts(request({ status: succession(1), pods }), {}, now)
    assert.deepEqual(
      facts.contenders.map(({ uid, epoch }) => [uid, epoch]),
      [
        [uidOf(0), 1],
        [uidOf(1), 2],
        [uidOf(2), 5],
      ],
    )
  })
})
