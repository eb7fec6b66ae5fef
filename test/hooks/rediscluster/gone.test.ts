// For whom the primary need not wait: only who has ended, and only when nobody may speak for it.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { instanceAnnotations, type InstanceStatus } from '../../../instance/api.ts'
import type { Term } from '../../../instance/ballot.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import { gatherFacts } from '../../../hooks/rediscluster/facts.ts'
import { goneMembers } from '../../../hooks/rediscluster/gone.ts'
import { assess } from '../../../hooks/rediscluster/primary.ts'
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

const used = term({ members: [0, 1, 7].map(uidOf) })
const next = term({ members: [0, 1].map(uidOf) })
const both = [used, next]

interface Seen {
  readonly ended?: readonly string[]
  readonly shown?: readonly Term[]
  readonly claimedEpoch?: number
  readonly listed?: readonly Term[]
  readonly replicas?: readonly InstanceStatus[]
  readonly other?: Pod
}

function gone(seen: Seen = {}): readonly string[] {
  const { ended = [uidOf(7)], shown = both, claimedEpoch = 1, listed = both } = seen
  const { replicas = [replica(1)], other = pod(1) } = seen
  const serving = pod(0, { claim: claimedEpoch })
  const { annotations = {}, ...metadata } = serving.metadata
  const shows = { ...annotations, [instanceAnnotations.terms]: JSON.stringify(shown) }
  const status = reigning({ terms: [...listed], ended: [...ended] })
  const observed = request({
    status,
    spec: { instances: 2 },
    pods: [{ ...serving, metadata: { ...metadata, annotations: shows } }, other],
  })
  const facts = gatherFacts(observed, reports(primary(0, 1, { term: used }), ...replicas), now)
  const situation = assess(facts)
  assert.equal(situation.kind, 'Serving')
  return goneMembers(facts, situation, listed).gone ?? []
}

describe('a member is gone', () => {
  it('when it has ended, and the next term does not have it', () => {
    assert.deepEqual(gone(), [uidOf(7)])
    assert.deepEqual(gone({ ended: [] }), [])
    assert.deepEqual(gone({ listed: [used, { ...used, minSyncReplicas: 1 }] }), [])
    assert.deepEqual(gone({ listed: [used] }), [])
  })

  it('when the Pod of the primary shows both terms, in this reign: who comes later is told of both', () => {
    assert.deepEqual(gone({ shown: [used] }), [])
    assert.deepEqual(gone({ shown: [] }), [])
    assert.deepEqual(gone({ claimedEpoch: 0 }), [])
  })

  it('not while another holds its volume: that one is told instead', () => {
    const successor = replica(1, { volume: { locked: true, predecessors: [uidOf(7)] } })
    assert.deepEqual(gone({ replicas: [successor] }), [])
  })

  it('not while some Pod does not say whose volume it has', () => {
    assert.deepEqual(gone({ replicas: [] }), [])
    assert.deepEqual(gone({ replicas: [replica(1, { volume: { locked: false, predecessors: [] } })] }), [])
  })

  it('whatever becomes of a Pod that has not started yet: nobody has told it anything', () => {
    assert.deepEqual(gone({ replicas: [], other: { ...pod(1), status: { phase: 'Pending' } } }), [uidOf(7)])
  })
})
