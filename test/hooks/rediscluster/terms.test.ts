// The terms of the next status: one change at a time, and what the primary says outranks what is recorded.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InstanceStatus } from '../../../instance/api.ts'
import type { Term } from '../../../instance/ballot.ts'
import { gatherFacts } from '../../../hooks/rediscluster/facts.ts'
import { assess, decidePrimary } from '../../../hooks/rediscluster/primary.ts'
import type { RedisClusterSpec } from '../../../hooks/rediscluster/spec.ts'
import { nextTerms } from '../../../hooks/rediscluster/terms.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import {
  fenced,
  newborn,
  now,
  pod,
  primary,
  reigning,
  replica,
  reports,
  request,
  succession,
  term,
  uidOf,
} from '../../support/builders.ts'

interface Seen {
  readonly used?: Term
  readonly listed?: readonly Term[]
  readonly pods?: readonly Pod[]
  readonly minSyncReplicas?: number
  readonly primaryIsolation?: RedisClusterSpec['primaryIsolation']
  readonly ended?: string[]
  readonly replicas?: readonly InstanceStatus[]
}

/** While ordinal 0 is primary, and uses this term. */
function next({ used = term(), listed = [used], ...seen }: Seen): readonly Term[] {
  const { pods = [pod(0), pod(1), pod(2)], minSyncReplicas = 0, primaryIsolation, ended, replicas } = seen
  const status = reigning({ terms: [...listed], ...(ended === undefined ? {} : { ended }) })
  const isolation = primaryIsolation === undefined ? {} : { primaryIsolation }
  const observed = request({ status, spec: { minSyncReplicas, ...isolation }, pods })
  const others = replicas ?? [replica(1), replica(2)]
  const facts = gatherFacts(observed, reports(primary(0, 1, { term: used }), ...others), now)
  const situation = assess(facts)
  assert.equal(situation.kind, 'Serving')
  return nextTerms(facts, situation, decidePrimary(situation, facts)) ?? []
}

const two = term({ members: [uidOf(0), uidOf(1)] })

describe('terms', () => {
  it('stay when nothing changes', () => {
    assert.deepEqual(next({}), [term()])
  })

  it('are the old and the new one until the primary uses the new one', () => {
    assert.deepEqual(next({ used: two }), [two, term()])
    assert.deepEqual(next({ used: term(), listed: [two, term()] }), [term()])
  })

  it('change one thing at a time: members before k', () => {
    assert.deepEqual(next({ used: two, minSyncReplicas: 1 }), [two, term()])
    assert.deepEqual(next({ minSyncReplicas: 1 }), [term(), term({ minSyncReplicas: 1 })])
  })

  it('change the timings last', () => {
    const slower = { apiServerTimeoutSeconds: 4, peerTimeoutSeconds: 9 }
    const primaryIsolation = { enabled: true, apiServerTimeout: '4s', peerTimeout: '9s' }
    const used = term({ minSyncReplicas: 1 })
    assert.deepEqual(next({ used: two, minSyncReplicas: 1, primaryIsolation }), [two, term()])
    assert.deepEqual(next({ minSyncReplicas: 1, primaryIsolation }), [term(), used])
    assert.deepEqual(next({ used, minSyncReplicas: 1, primaryIsolation }), [used, { ...used, ...slower }])
    const off = { ...primaryIsolation, enabled: false }
    assert.deepEqual(next({ primaryIsolation: off }), [term(), term({ isolation: false, ...slower })])
  })

  it('wait with the next change until the primary uses the one before, and are then that one alone', () => {
    const wanted = term({ minSyncReplicas: 1 })
    assert.deepEqual(next({ used: two, listed: [two, term()], minSyncReplicas: 1 }), [two, term()])
    assert.deepEqual(next({ used: term(), listed: [two, term()], minSyncReplicas: 1 }), [term()])
    assert.deepEqual(next({ used: term(), listed: [term()], minSyncReplicas: 1 }), [term(), wanted])
  })

  it('need no more replicas than there are other members', () => {
    assert.deepEqual(next({ minSyncReplicas: 9 }), [term(), term({ minSyncReplicas: 2 })])
  })

  it('ask for as many replicas as before when members are gone, and for more only as they come', () => {
    const k1 = { minSyncReplicas: 1 }
    const alone = term({ members: [uidOf(0)], ...k1 })
    const gone = { pods: [pod(0)], replicas: [], ended: [uidOf(1), uidOf(2)] }
    assert.deepEqual(next({ used: term(k1), ...gone, ...k1 }), [term(k1), alone])
    assert.deepEqual(next({ used: alone, listed: [alone], ...gone, ...k1 }), [alone])
    const small = term({ members: [uidOf(0)] })
    const grows = { pods: [pod(0)], replicas: [] }
    assert.deepEqual(next({ used: small, ...grows, minSyncReplicas: 2 }), [small])
    assert.deepEqual(
      next({ used: two, ...grows, pods: [pod(0), pod(1)], replicas: [replica(1)], minSyncReplicas: 2 }),
      [two, { ...two, ...k1 }],
    )
    assert.deepEqual(next({ used: { ...two, ...k1 }, pods: [pod(0), pod(1)], replicas: [replica(1)] }), [
      { ...two, ...k1 },
      two,
    ])
  })

  it('gain whoever answers from a volume of its own, and nobody else', () => {
    const only = term({ members: [uidOf(0)] })
    const waiting = replica(2, { volume: { locked: false, predecessors: [] } })
    const used = { used: only, listed: [only] }
    assert.deepEqual(next({ ...used, replicas: [replica(1), waiting] }), [only, two])
    assert.deepEqual(next({ ...used, replicas: [] }), [only])
  })

  it('stay while the primary does not say which one it uses', () => {
    const listed = [two, term()]
    const { term: _term, ...silent } = primary(0)
    const facts = gatherFacts(request({ status: reigning({ terms: listed }) }), reports(silent), now)
    const situation = assess(facts)
    assert.equal(situation.kind, 'Serving')
    assert.deepEqual(nextTerms(facts, situation, decidePrimary(situation, facts)), listed)
  })

  it('that do not know the one the primary uses are replaced by it', () => {
    const used = term({ minSyncReplicas: 1 })
    assert.deepEqual(next({ used, listed: [term()], minSyncReplicas: 1 }), [used])
  })

  it('that do not know the one a successor uses are replaced by it before it is installed', () => {
    const used = term({ minSyncReplicas: 1 })
    const facts = gatherFacts(
      request({ status: succession(1) }),
      reports(primary(1, 2, { term: used }), fenced(2, 2, 1)),
      now,
    )
    const situation = assess(facts)
    assert.equal(situation.kind, 'Succeeded')
    assert.deepEqual(nextTerms(facts, situation, decidePrimary(situation, facts)), [used])
  })

  it('keep a member that is absent, until it is gone for good', () => {
    const used = term({ members: [0, 1, 2, 7].map(uidOf) })
    assert.deepEqual(next({ used }), [used])
    assert.deepEqual(next({ used, ended: [uidOf(7)] }), [used, term()])
  })
})

describe('the terms of a cluster that shrinks and grows at once', () => {
  const stopped = replica(1, { retired: true })

  it('let nobody join while one that has stopped leaves, for it may still count the primary out', () => {
    assert.deepEqual(next({ used: two, replicas: [stopped, replica(2)] }), [
      two,
      term({ members: [uidOf(0)] }),
    ])
  })

  it('let as many join as are gone', () => {
    const used = term({ members: [0, 1, 7].map(uidOf) })
    const wanted = term({ members: [0, 2].map(uidOf) })
    assert.deepEqual(next({ used, ended: [uidOf(7)], replicas: [stopped, replica(2)] }), [used, wanted])
  })
})

describe('the first terms', () => {
  const first = (terms: readonly Term[] | undefined, ...statuses: readonly InstanceStatus[]): unknown => {
    const status = terms === undefined ? {} : succession(1, { terms: [...terms] })
    const facts = gatherFacts(request({ status, spec: { minSyncReplicas: 1 } }), reports(...statuses), now)
    const situation = assess(facts)
    return nextTerms(facts, situation, decidePrimary(situation, facts))
  }

  it('are made with the first naming, of every instance and of what the spec asks for', () => {
    assert.deepEqual(first(undefined, newborn(0), newborn(1), newborn(2)), [term({ minSyncReplicas: 1 })])
  })

  it('are not made before', () => {
    assert.equal(first(undefined, newborn(0), newborn(1)), undefined)
  })

  it('are not made again: those of the last reign hold until a successor serves', () => {
    assert.deepEqual(first([two, term()], fenced(1, 2, 1), fenced(2, 2, 1)), [two, term()])
    const ahead = fenced(2, 2, 1, { dataEpoch: 2 })
    const named = first([two], fenced(0, 2, 1), fenced(1, 2, 1), ahead)
    assert.deepEqual(named, [two])
  })
})
