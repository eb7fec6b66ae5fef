// A planned move of a primary that serves: whose wish it is, why it waits, and that a request is carried out once.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { annotations } from '../../../hooks/rediscluster/names.ts'
import type { PrimaryDecision } from '../../../hooks/rediscluster/primary.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import type { Wish } from '../../../hooks/rediscluster/wish.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import * as build from '../../support/builders.ts'
import { look } from '../../support/look.ts'

const { ipOf, pod, primary, reigning, replica, reports, request } = build

interface Seen {
  readonly to?: string
  readonly status?: RedisClusterStatus
  readonly pods?: readonly Pod[]
  readonly statuses?: readonly InstanceStatus[]
}

const healthy = [primary(0), replica(1), replica(2)]
const leaving = primary(0, 1, { terminating: true })

/** While ordinal 0 serves epoch 1; `to` is asked for. */
function wish({ to, status = {}, pods, statuses = healthy }: Seen): {
  wish: Wish
  decision: PrimaryDecision
} {
  const observed = request({
    status: reigning(status),
    ...(pods === undefined ? {} : { pods }),
    ...(to === undefined ? {} : { annotations: { [annotations.switchover]: to } }),
  })
  const { situation, decision } = look(observed, reports(...statuses))
  assert.equal(situation.kind, 'Serving')
  return { wish: situation.wish, decision }
}

function moves(seen: Seen): string {
  const { wish: wished, decision } = wish(seen)
  assert.equal(wished.kind, 'Move')
  assert.ok(decision.kind === 'Name' && decision.planned === wished.reason)
  return `${wished.reason} to ${decision.successor.name} for ${decision.epoch}`
}

function waits(seen: Seen): string {
  const { wish: wished, decision } = wish(seen)
  assert.deepEqual([wished.kind, decision.kind], ['Waiting', 'Keep'])
  return wished.kind === 'Waiting' ? wished.reason : ''
}

const isNone = (seen: Seen): void => {
  const { wish: wished, decision } = wish(seen)
  assert.deepEqual([wished, decision], [{ kind: 'None' }, { kind: 'Keep' }])
}

describe('a primary that is leaving', () => {
  it('moves to the best copy in sync, whether its Pod is deleted or its process was told to stop', () => {
    assert.equal(moves({ statuses: [leaving, replica(1), replica(2)] }), 'Leaving to cache-1 for 2')
    const pods = [pod(0, { terminating: true }), pod(1), pod(2)]
    assert.equal(moves({ pods }), 'Leaving to cache-1 for 2')
  })

  it('moves past copies that are further behind, leave too or are not in sync', () => {
    const ahead = replica(2, { position: { offsetBytes: 101, exact: true } })
    assert.equal(moves({ statuses: [leaving, replica(1), ahead] }), 'Leaving to cache-2 for 2')
    const not: readonly Partial<InstanceStatus>[] = [
      { terminating: true },
      { masterLinkStatus: 'down' },
      { restarted: true },
      { follows: { host: ipOf(2), port: 6379 } },
      { redis: { state: 'hung', loading: false, silentSeconds: 4 } },
    ]
    for (const overrides of not) {
      const statuses = [leaving, replica(1, overrides), replica(2)]
      assert.equal(moves({ statuses }), 'Leaving to cache-2 for 2', JSON.stringify(overrides))
    }
  })

  it('waits while no replica is in sync', () => {
    const down = { masterLinkStatus: 'down' } as const
    const statuses = [leaving, replica(1, down), replica(2, down)]
    assert.equal(waits({ statuses }), 'cache-0 is leaving, and no replica is in sync with it')
  })

  it('goes before a request, for the request may have to wait', () => {
    const statuses = [leaving, replica(1), replica(2, { masterLinkStatus: 'down' })]
    assert.equal(moves({ statuses, to: 'cache-2' }), 'Leaving to cache-1 for 2')
  })
})

describe('a switchover that is asked for', () => {
  it('moves to the Pod that is named, also when another copy would rank first', () => {
    const ahead = replica(1, { position: { offsetBytes: 101, exact: true } })
    assert.equal(
      moves({ to: 'cache-2', statuses: [primary(0), ahead, replica(2)] }),
      'Switchover to cache-2 for 2',
    )
  })

  it('is nothing to do without a request, or when that Pod is primary', () => {
    isNone({})
    isNone({ to: 'cache-0' })
  })

  it('is carried out once: a failover later on is not undone by it', () => {
    isNone({ to: 'cache-1', status: { switchover: 'cache-1' } })
    assert.equal(moves({ to: 'cache-2', status: { switchover: 'cache-1' } }), 'Switchover to cache-2 for 2')
  })

  const reasons: readonly (readonly [string, Seen, RegExp])[] = [
    ['there is no such Pod', { to: 'cache-7' }, /there is no such Pod in this cluster/],
    ['it is silent', { statuses: [primary(0), replica(2)] }, /it does not answer/],
    [
      'it is loading',
      {
        statuses: [primary(0), replica(1, { redis: { state: 'running', loading: true, silentSeconds: 0 } })],
      },
      /it is loading its data/,
    ],
    ['its Pod is deleted', { pods: [pod(0), pod(1, { terminating: true }), pod(2)] }, /it is terminating/],
    ['it is in a full sync', { statuses: [primary(0), replica(1, { syncInProgress: true })] }, /full sync/],
    [
      'its link is down',
      { statuses: [primary(0), replica(1, { masterLinkStatus: 'down' })] },
      /it is not in sync with cache-0/,
    ],
    [
      'it follows somebody else',
      { statuses: [primary(0), replica(1, { follows: { host: ipOf(2), port: 6379 } })] },
      /it is not in sync with cache-0/,
    ],
    [
      'it restarted and has not been in sync since',
      { statuses: [primary(0), replica(1, { restarted: true })] },
      /it is not in sync with cache-0/,
    ],
  ]
  for (const [what, seen, why] of reasons) {
    it(`waits and says why while ${what}`, () => {
      const { to = 'cache-1' } = seen
      const reason = waits({ ...seen, to })
      assert.match(reason, why)
      assert.ok(reason.startsWith(`the switchover to ${to} waits: `), reason)
    })
  }
})
