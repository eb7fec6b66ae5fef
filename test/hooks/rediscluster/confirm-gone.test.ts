// redis.io/confirm-gone: a person has seen a machine dead. It counts for what is absent, and for nothing else.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../../hooks/rediscluster/facts.ts'
import { annotations } from '../../../hooks/rediscluster/names.ts'
import { missingProofs, proofsAgainst } from '../../../hooks/rediscluster/proofs.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import * as build from '../../support/builders.ts'
import { plan } from '../../support/look.ts'

const { fenced, now, pod, primary, reigning, replica, reports, request, succession, term, uidOf } = build

const confirmed = (uids: string): Readonly<Record<string, string>> => ({ [annotations.confirmGone]: uids })

/** Against the old primary at ordinal 0, when ordinal 1 is named for epoch 2. */
function proofs(
  uids: string,
  pods: readonly Pod[],
  ...statuses: readonly InstanceStatus[]
): readonly string[] {
  const observed = request({ status: succession(1), pods, annotations: confirmed(uids) })
  const facts = gatherFacts(observed, reports(...statuses), now)
  const found = proofsAgainst(facts, 2, uidOf(1)).map(({ uid, kind }) => `${uid} ${kind}`)
  assert.equal(missingProofs(facts, 2, uidOf(1)).length, 1 - found.length)
  return found
}

const without0 = [pod(1), pod(2)]

describe('confirm-gone', () => {
  it('is the proof Gone for a contender whose Pod is absent', () => {
    assert.deepEqual(proofs('u0', without0), ['u0 Gone'])
    assert.deepEqual(proofs('u7, u0', without0), ['u0 Gone'])
  })

  it('proves nothing while the Pod is there, in whatever state', () => {
    assert.deepEqual(proofs('u0', [pod(0), ...without0]), [])
    assert.deepEqual(proofs('u0', [pod(0, { terminating: true }), ...without0]), [])
    assert.deepEqual(proofs('u0', [pod(0, { phase: 'Failed', ready: false }), ...without0]), [])
  })

  it('counts for the UID that is named: not for another, nor for a Pod by its name', () => {
    assert.deepEqual(proofs('u7', without0), [])
    assert.deepEqual(proofs('cache-0', without0), [])
    assert.deepEqual(proofs('u00', without0), [])
  })

  it('counts although the Pod was made again under its name', () => {
    assert.deepEqual(proofs('u0', [pod(0, { uid: 'other' }), ...without0]), ['u0 Gone'])
  })

  it('gives way to what the contender itself shows', () => {
    assert.deepEqual(proofs('u0', [pod(0), ...without0], fenced(0, 2, 1)), ['u0 Demoted'])
  })

  it('lets an absent member leave the terms, and keeps one that is there', () => {
    const used = term({ members: [0, 1, 2, 7].map(uidOf) })
    const healthy = reports(primary(0, 1, { term: used }), replica(1))
    const terms = (uids: string): unknown =>
      plan(request({ status: reigning({ terms: [used] }), annotations: confirmed(uids) }), healthy).status
        .terms
    assert.deepEqual(terms('u7'), [used, term()])
    assert.deepEqual(terms('u2'), [used])
  })
})
