// The condition Durable: what a failover could lose right now, and until when WAIT can be relied on.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { durableCondition } from '../../../hooks/rediscluster/durability.ts'
import { gatherFacts } from '../../../hooks/rediscluster/facts.ts'
import type { RedisClusterSpec } from '../../../hooks/rediscluster/spec.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import { ipOf, now, primary, reigning, replica, reports, request } from '../../support/builders.ts'

const healthy = [primary(0), replica(1), replica(2)]

function durable(spec: Partial<RedisClusterSpec>, ...statuses: readonly InstanceStatus[]): string {
  const facts = gatherFacts(request({ spec, status: reigning() }), reports(...statuses), now)
  const { type, status, reason, message } = durableCondition(facts)
  assert.equal(type, 'Durable')
  return `${status} ${reason}: ${message}`
}

describe('Durable', () => {
  it('is false without replicas that WAIT could need, and says what that means', () => {
    assert.match(
      durable({}, ...healthy),
      /^False Asynchronous: .* may lose writes that no replica has received yet/,
    )
    assert.match(durable({ minSyncReplicas: 0 }, ...healthy), /^False Asynchronous/)
  })

  it('is false for a single instance, whatever is asked for', () => {
    assert.match(durable({ instances: 1, minSyncReplicas: 1 }, primary(0)), /^False SingleInstance/)
  })

  it('is true while enough replicas are in sync, and says for which WAIT', () => {
    const said = durable({ minSyncReplicas: 2 }, ...healthy)
    assert.match(
      said,
      /^True Acknowledged: a write for which WAIT 2 answers 2 or more survives .* any 2 instances/,
    )
    assert.match(durable({ minSyncReplicas: 1 }, primary(0), replica(2)), /^True Acknowledged/)
  })

  it('is false while too few replicas are in sync, and says how many', () => {
    assert.match(
      durable({ minSyncReplicas: 2 }, primary(0), replica(1)),
      /^False TooFewReplicas: 1 of the 2 replicas that minSyncReplicas asks for/,
    )
  })

  const not: readonly (readonly [string, Partial<InstanceStatus>])[] = [
    ['a broken link', { masterLinkStatus: 'down' }],
    ['data of another reign', { dataEpoch: 0 }],
    ['another primary', { follows: { host: ipOf(2), port: 6379 } }],
  ]
  for (const [what, overrides] of not) {
    it(`does not count a replica with ${what}`, () => {
      const statuses = [primary(0), replica(1, overrides), replica(2)]
      assert.match(durable({ minSyncReplicas: 2 }, ...statuses), /^False TooFewReplicas: 1 of the 2/)
    })
  }

  it('is false while no primary accepts writes', () => {
    assert.match(
      durable({ minSyncReplicas: 1 }, primary(0, 1, { writable: false }), replica(1), replica(2)),
      /^False TooFewReplicas: 0 of the 1/,
    )
    assert.match(durable({ minSyncReplicas: 1 }, replica(1), replica(2)), /^False TooFewReplicas: 0 of the 1/)
  })
})
