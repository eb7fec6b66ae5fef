// The proof Expired, counted by the hooks: who must have been silent, for how long, and in which terms.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../../hooks/rediscluster/facts.ts'
import { proofsAgainst } from '../../../hooks/rediscluster/proofs.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import { instanceAnnotations, type InstanceStatus } from '../../../instance/api.ts'
import { outlives, type Term } from '../../../instance/ballot.ts'
import { fenced, now, pod, reports, request, succession, term, uidOf } from '../../support/builders.ts'

const { apiServerTimeoutSeconds, peerTimeoutSeconds } = term()
const shunned = outlives(apiServerTimeoutSeconds)
const silence = outlives(peerTimeoutSeconds)
const shownFor = (seconds: number): InstanceStatus['shownPromises'] => [
  { epoch: 2, target: uidOf(1), seconds },
]
/** u1 is named for 2, and has shown it for long enough; u2 has promised it too, and granted nothing for long enough. */
const target = fenced(1, 2, 1, { shownPromises: shownFor(shunned), grant: { seconds: silence } })
const witness = fenced(2, 2, 1, { grant: { seconds: silence } })

/** The kinds of proof against u0, who does not answer. */
function kinds(
  statuses: readonly InstanceStatus[],
  status: RedisClusterStatus = {},
  pods: readonly Pod[] = [pod(0), pod(1), pod(2)],
): readonly string[] {
  const facts = gatherFacts(request({ status: succession(1, status), pods }), reports(...statuses), now)
  return proofsAgainst(facts, 2, uidOf(1)).map(({ uid, kind }) => `${uid} ${kind}`)
}

function podWithTerms(...terms: readonly Term[]): readonly Pod[] {
  const own = pod(0)
  const annotations = { [instanceAnnotations.terms]: JSON.stringify(terms) }
  return [{ ...own, metadata: { ...own.metadata, annotations } }, pod(1), pod(2)]
}

describe('Expired', () => {
  it('holds when enough others are frozen and silent, and the target has been shown for long enough', () => {
    assert.deepEqual(kinds([target, witness]), ['u0 Expired'])
  })

  it('waits until the target has been shown for apiServerTimeout and margin', () => {
    const short = { ...target, shownPromises: shownFor(outlives(apiServerTimeoutSeconds) - 0.1) }
    assert.deepEqual(kinds([short, witness]), [])
  })

  it('waits until the last grant is older than peerTimeout and margin', () => {
    const recent = { ...witness, grant: { seconds: outlives(peerTimeoutSeconds) - 0.1 } }
    assert.deepEqual(kinds([target, recent]), [])
  })

  it('the margin covers the kill, the tick and the drift of clocks', () => {
    for (const timeout of [apiServerTimeoutSeconds, peerTimeoutSeconds, 60])
      assert.ok(outlives(timeout) * 0.99 >= timeout * 1.01 + 0.25 + 1.2)
  })

  it('needs n − q + 1 others', () => {
    assert.deepEqual(kinds([target]), [])
  })

  it('needs others: what the contender says of itself is no witness', () => {
    const hung = fenced(0, 2, 1, {
      redis: { state: 'hung', loading: false, silentSeconds: 9 },
      grant: { seconds: silence },
    })
    assert.deepEqual(kinds([hung, target]), [])
  })

  it('needs others that have promised', () => {
    assert.deepEqual(kinds([target, { ...witness, seen: 1, seenTarget: uidOf(0) }]), [])
  })

  it('does not count the contender, nor who is no member', () => {
    const two = term({ members: [uidOf(0), uidOf(1)] })
    assert.deepEqual(kinds([target], { terms: [two] }), ['u0 Expired'])
    const others = term({ members: [uidOf(0), uidOf(1), 'u7'] })
    assert.deepEqual(kinds([target, witness], { terms: [others] }), [])
  })

  it('counts for a member that is gone whoever holds its volume now', () => {
    const others = term({ members: [uidOf(0), uidOf(1), 'u7'] })
    const heir = { ...witness, volume: { locked: true, predecessors: ['u7'] } }
    assert.deepEqual(kinds([target, heir], { terms: [others] }), ['u0 Expired'])
  })

  it('must hold in both terms while they change', () => {
    const larger = term({ members: [0, 1, 2, 3, 4].map(uidOf) })
    assert.deepEqual(kinds([target, witness], { terms: [term(), larger] }), [])
  })

  it('must hold in the terms on the Pod of the contender too, and in none that cannot be read', () => {
    const larger = term({ members: [0, 1, 2, 3, 4].map(uidOf) })
    assert.deepEqual(kinds([target, witness], {}, podWithTerms(term())), ['u0 Expired'])
    assert.deepEqual(kinds([target, witness], {}, podWithTerms(term(), larger)), [])
    assert.deepEqual(kinds([target, witness], {}, podWithTerms({} as Term)), [])
  })

  it('never holds where isolation is off', () => {
    assert.deepEqual(kinds([target, witness], { terms: [term({ isolation: false })] }), [])
  })
})
