// Over which terms a contender is counted: those of the status, and those by which it holds its right as far as anybody knows.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../../hooks/rediscluster/facts.ts'
import { termsInForce } from '../../../hooks/rediscluster/terms-in-force.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import { instanceAnnotations, type InstanceStatus } from '../../../instance/api.ts'
import { termKey, type Term } from '../../../instance/ballot.ts'
import { fenced, now, pod, reports, request, succession, term, uidOf } from '../../support/builders.ts'

interface Seen {
  readonly listed?: readonly Term[]
  readonly pods?: readonly Pod[]
  readonly statuses?: readonly InstanceStatus[]
}

/** Of the old primary at ordinal 0, when ordinal 1 is named for epoch 2. */
function inForce({ listed = [term()], pods, statuses = [] }: Seen): readonly string[] | undefined {
  const status = succession(1, { terms: [...listed] })
  const observed = request({ status, pods: pods ?? [pod(0), pod(1), pod(2)] })
  const facts = gatherFacts(observed, reports(...statuses), now)
  const [contender] = facts.contenders.filter(({ uid }) => uid === uidOf(0))
  assert.ok(contender)
  return termsInForce(contender, facts)?.map(termKey)
}

const keys = (...terms: readonly Term[]): readonly string[] => terms.map(termKey)
const without0 = [pod(1), pod(2)]
const newer = term({ minSyncReplicas: 1 })

function podShowing(text: string): readonly Pod[] {
  const own = pod(0)
  const metadata = { ...own.metadata, annotations: { [instanceAnnotations.terms]: text } }
  return [{ ...own, metadata }, ...without0]
}

/** It granted the contender last, and heard these terms. */
const heard = (ordinal: number, ...terms: readonly Term[]): InstanceStatus =>
  fenced(ordinal, 2, 1, { grant: { seconds: 60, uid: uidOf(0), terms: [...terms] } })

describe('the terms in force while the Pod is there', () => {
  it('are those of the status when the Pod shows none', () => {
    assert.deepEqual(inForce({}), keys(term()))
    assert.deepEqual(inForce({ listed: [term(), newer] }), keys(term(), newer))
  })

  it('are those that the Pod shows, too, each once', () => {
    assert.deepEqual(inForce({ pods: podShowing(JSON.stringify([term(), newer])) }), keys(term(), newer))
    const turned = term({ members: [uidOf(2), uidOf(1), uidOf(0)] })
    assert.deepEqual(inForce({ pods: podShowing(JSON.stringify([turned])) }), keys(term()))
  })

  it('are not known when those on the Pod cannot be read', () => {
    for (const text of ['', '{}', '[{}]', JSON.stringify([term(), term(), term()])])
      assert.equal(inForce({ pods: podShowing(text) }), undefined, text)
  })

  it('are not known when the status lists none', () => {
    assert.equal(inForce({ listed: [], pods: podShowing(JSON.stringify([term()])) }), undefined)
  })
})

describe('the terms in force when the Pod is absent', () => {
  it('are those of the status, and those that enough members heard last', () => {
    const statuses = [heard(1, term()), heard(2, term(), newer)]
    assert.deepEqual(inForce({ pods: without0, statuses }), keys(term(), newer))
  })

  it('are not known while too few members have heard', () => {
    assert.equal(inForce({ pods: without0 }), undefined)
    assert.equal(inForce({ pods: without0, statuses: [heard(1, term())] }), undefined)
    const other = fenced(2, 2, 1, { grant: { seconds: 1, uid: 'u7', terms: [term()] } })
    assert.equal(inForce({ pods: without0, statuses: [heard(1, term()), other] }), undefined)
  })

  it('need witnesses in every term of the status', () => {
    const larger = term({ members: [0, 1, 2, 3, 4].map(uidOf) })
    const statuses = [heard(1, term()), heard(2, term())]
    assert.equal(inForce({ listed: [term(), larger], pods: without0, statuses }), undefined)
  })

  it('need members: what others heard counts only in the place of one whose volume they hold', () => {
    const members = [uidOf(0), uidOf(1), 'u7']
    const heir = { ...heard(2, term({ members })), volume: { locked: true, predecessors: ['u7'] } }
    const seen = (last: InstanceStatus): readonly string[] | undefined =>
      inForce({
        listed: [term({ members })],
        pods: without0,
        statuses: [heard(1, term({ members })), last],
      })
    assert.equal(seen(heard(2, term({ members }))), undefined)
    assert.deepEqual(seen(heir), keys(term({ members })))
  })
})
