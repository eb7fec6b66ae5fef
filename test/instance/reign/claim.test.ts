// The live read before opening, rule by rule: everything is there, then one thing is missing.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { outlives, termKey, type Proof, type Term } from '../../../instance/ballot.ts'
import { checkLiveRead, type LiveRead } from '../../../instance/reign/claim.ts'

const term: Term = {
  members: ['a', 'b', 'c'],
  minSyncReplicas: 1,
  isolation: true,
  apiServerTimeoutSeconds: 2,
  peerTimeoutSeconds: 5,
}
const newer: Term = { ...term, members: ['a', 'b', 'd'] }
const enough = outlives(term.apiServerTimeoutSeconds)
const claimOf = (uid: string, epoch: number): LiveRead['pods'][number] => ({
  uid,
  name: `pod-${uid}`,
  epoch,
  terms: [],
})

/** b is named for 2, after a was primary of 1. */
const read: LiveRead = {
  reign: {
    currentPrimary: 'pod-a',
    currentPrimaryUID: 'a',
    currentEpoch: 1,
    targetPrimary: 'pod-b',
    targetPrimaryUID: 'b',
    primaryEpoch: 2,
    terms: [term],
  },
  pods: [claimOf('a', 1), claimOf('b', 2)],
  shown: [{ epoch: 2, target: 'b', seconds: enough }],
}
const demoted: Proof = { uid: 'a', epoch: 1, kind: 'Demoted' }
const gone: Proof = { ...demoted, kind: 'Gone' }
const expired: Proof = { ...demoted, kind: 'Expired', terms: [termKey(term)] }

function codeOf(change: Partial<LiveRead>, proofs: readonly Proof[] = [demoted]): string | undefined {
  return checkLiveRead({ ...read, ...change }, 'b', 2, proofs)?.code
}

describe('the live read', () => {
  it('lets the target open when every contender is covered', () => {
    assert.equal(codeOf({}), undefined)
  })

  it('refuses when the API names another, or another epoch', () => {
    assert.equal(codeOf({ reign: { ...read.reign, targetPrimaryUID: 'c' } }), 'not-target')
    assert.equal(codeOf({ reign: { ...read.reign, primaryEpoch: 3 } }), 'not-target')
  })

  it('refuses when another Pod claims this epoch or a higher one', () => {
    assert.equal(codeOf({ pods: [...read.pods, claimOf('c', 2)] }), 'claim-refused')
    assert.equal(codeOf({ pods: [...read.pods, claimOf('c', 3)] }), 'claim-refused')
  })

  it('refuses a contender without a proof, also one that only a claim shows', () => {
    assert.equal(codeOf({}, []), 'missing-proof')
    assert.equal(codeOf({ pods: [...read.pods, claimOf('c', 1)] }), 'missing-proof')
  })

  it('refuses a contender that only a remembered naming shows', () => {
    const contenders = [{ uid: 'c', name: 'pod-c', epoch: 1 }]
    assert.equal(codeOf({ reign: { ...read.reign, contenders } }), 'missing-proof')
  })

  it('refuses a proof for an earlier epoch than that of the contender', () => {
    assert.equal(codeOf({}, [{ ...demoted, epoch: 0 }]), 'missing-proof')
  })

  it('Gone holds only while the Pod is absent', () => {
    assert.equal(codeOf({}, [gone]), 'missing-proof')
    assert.equal(codeOf({ pods: [claimOf('b', 2)] }, [gone]), undefined)
  })

  it('Expired holds only once the own promise has been shown for apiServerTimeout and margin', () => {
    assert.equal(codeOf({}, [expired]), undefined)
    const short = [{ epoch: 2, target: 'b', seconds: enough - 0.1 }]
    assert.equal(codeOf({ shown: short }, [expired]), 'missing-proof')
  })

  it('a promise of no higher epoch, or to the contender itself, shuns nobody', () => {
    assert.equal(codeOf({ shown: [{ epoch: 1, target: 'c', seconds: 60 }] }, [expired]), 'missing-proof')
    assert.equal(codeOf({ shown: [{ epoch: 2, target: 'a', seconds: 60 }] }, [expired]), 'missing-proof')
  })

  it('Expired must have been counted in every term of the status and of the contender’s Pod', () => {
    const onPod = (terms: readonly Term[] | undefined): LiveRead['pods'] => [
      { ...claimOf('a', 1), terms },
      claimOf('b', 2),
    ]
    assert.equal(codeOf({ reign: { ...read.reign, terms: [term, newer] } }, [expired]), 'missing-proof')
    assert.equal(codeOf({ pods: onPod([newer]) }, [expired]), 'missing-proof')
    assert.equal(codeOf({ pods: onPod(undefined) }, [expired]), 'missing-proof')
    const both = { ...expired, terms: [termKey(term), termKey(newer)] }
    assert.equal(codeOf({ pods: onPod([newer]) }, [both]), undefined)
  })

  it('nobody has expired where isolation is off', () => {
    const off = { ...term, isolation: false }
    assert.equal(
      codeOf({ reign: { ...read.reign, terms: [off] } }, [{ ...expired, terms: [termKey(off)] }]),
      'missing-proof',
    )
  })
})
