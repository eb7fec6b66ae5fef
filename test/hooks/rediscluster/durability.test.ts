// The condition Durable: what a failover could lose right now, and until when WAIT can be relied on.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { durableCondition } from '../../../hooks/rediscluster/durability.ts'
import { gatherFacts } from '../../../hooks/rediscluster/facts.ts'
import type { RedisClusterSpec } from '../../../hooks/rediscluster/spec.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import { ipOf, now, primary, reigning, replica, reports, request, term } from '../../support/builders.ts'

const healthy = [primary(0), replica(1), replica(2)]

function durable(spec: Partial<RedisClusterSpec>, ...statuses: readonly InstanceStatus[]): string {
  const terms = [term({ minSyncReplicas: spec.minSyncReplicas ?? 0 })]
  const facts = gatherFacts(request({ spec, status: reigning({ terms }) }), reports(...statuses), now)
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

  it('is false until the primary has taken over a higher k, and says what can be relied on meanwhile', () => {
    const terms = [term({ minSyncReplicas: 1 }), term({ minSyncReplicas: 2 })]
    const observed = request({ spec: { minSyncReplicas: 2 }, status: reigning({ terms }) })
    const { status, reason, message } = durableCondition(gatherFacts(observed, reports(...healthy), now))
    assert.equal(`${status} ${reason}`, 'False NotYetInForce')
    assert.match(message, /count on the loss of 1 instances only/)
  })

  it('names who is still counted although its Pod is gone, and what to say of a dead machine', () => {
    const terms = [term({ members: ['u0', 'u1', 'u2', 'u-lost'], minSyncReplicas: 1 })]
    const said = (ended: string[]): string => {
      const status = reigning({ terms, ended })
      const facts = gatherFacts(request({ spec: { minSyncReplicas: 1 }, status }), reports(...healthy), now)
      return durableCondition(facts).message
    }
    assert.match(said([]), /over u-lost, whose Pods are gone: .* kubectl annotate .*confirm-gone=u-lost$/)
    assert.doesNotMatch(said(['u-lost']), /u-lost/)
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
