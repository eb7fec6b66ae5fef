// The terms of the next status: one change at a time, and what the primary says outranks what is recorded.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Term } from '../../../instance/ballot.ts'
import { gatherFacts } from '../../../hooks/rediscluster/facts.ts'
import { assess, decidePrimary } from '../../../hooks/rediscluster/primary.ts'
import { nextTerms } from '../../../hooks/rediscluster/terms.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import {
  now,
  pod,
  primary,
  reigning,
  replica,
  reports,
  request,
  term,
  uidOf,
} from '../../support/builders.ts'

interface Seen {
  readonly used?: Term
  readonly listed?: readonly Term[]
  readonly pods?: readonly Pod[]
  readonly minSyncReplicas?: number
  readonly ended?: string[]
}

/** While ordinal 0 is primary, and uses this term. */
function next({ used = term(), listed = [used], pods, minSyncReplicas = 0, ended }: Seen): readonly Term[] {
  const status = reigning({ terms: [...listed], ...(ended === undefined ? {} : { ended }) })
  const observed = request({
    status,
    spec: { minSyncReplicas },
    pods: pods ?? [pod(0), pod(1), pod(2)],
  })
  const facts = gatherFacts(observed, reports(primary(0, 1, { term: used }), replica(1), replica(2)), now)
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

  it('that do not know the one the primary uses are replaced by it', () => {
    const used = term({ minSyncReplicas: 1 })
    assert.deepEqual(next({ used, listed: [term()], minSyncReplicas: 1 }), [used])
  })

  it('keep a member that is absent, until it is gone for good', () => {
    const used = term({ members: [0, 1, 2, 7].map(uidOf) })
    assert.deepEqual(next({ used }), [used])
    assert.deepEqual(next({ used, ended: [uidOf(7)] }), [used, term()])
  })
})
