// How many copies must hold still before one is promoted: for k = 0, 1 and 2, over every term that may be in force.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answering, doubtAbout } from '../../../hooks/rediscluster/copies.ts'
import { gatherFacts } from '../../../hooks/rediscluster/facts.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import { instanceAnnotations, type InstanceStatus } from '../../../instance/api.ts'
import type { Term } from '../../../instance/ballot.ts'
import { fenced, now, pod, reports, request, succession, term, uidOf } from '../../support/builders.ts'

interface Seen {
  readonly statuses: readonly InstanceStatus[]
  readonly k?: number
  readonly terms?: readonly Term[]
  readonly pods?: readonly Pod[]
  readonly instances?: number
}

/** Why the copy of ordinal 1 may not be promoted for epoch 2, after ordinal 0 was primary of epoch 1. */
function doubt({
  statuses,
  k = 1,
  terms = [term({ minSyncReplicas: k })],
  pods,
  instances = 3,
}: Seen): string {
  const observed = request({
    status: succession(1, { terms: [...terms] }),
    spec: { instances, minSyncReplicas: k },
    pods: pods ?? Array.from({ length: instances }, (_, ordinal) => pod(ordinal)),
  })
  const facts = gatherFacts(observed, reports(...statuses), now)
  const [copy] = answering(facts).filter(({ instance }) => instance.ordinal === 1)
  assert.ok(copy)
  return doubtAbout(copy, facts, 2) ?? 'none'
}

const copy = (ordinal: number, overrides: Partial<InstanceStatus> = {}): InstanceStatus =>
  fenced(ordinal, 2, 1, overrides)
const ahead = { position: { offsetBytes: 101, exact: true } }
const behind = { position: { offsetBytes: 99, exact: true } }
const without0 = [pod(1), pod(2)]
const five = [0, 1, 2, 3, 4].map(uidOf)

function podShowing(...terms: readonly Term[]): readonly Pod[] {
  const own = pod(0)
  const annotations = { [instanceAnnotations.terms]: JSON.stringify(terms) }
  return [{ ...own, metadata: { ...own.metadata, annotations } }, ...without0]
}

describe('a count', () => {
  it('of k = 0 needs nobody: nothing was promised', () => {
    assert.equal(doubt({ k: 0, statuses: [copy(1)] }), 'none')
    assert.equal(doubt({ k: 0, statuses: [copy(1)], pods: without0 }), 'none')
  })

  it('of k = 1 needs one of the two others', () => {
    assert.match(doubt({ statuses: [copy(1)] }), /only 1 of 2 copies show that cache-1 lacks nothing/)
    assert.equal(doubt({ statuses: [copy(1), copy(2, behind)] }), 'none')
    assert.match(doubt({ statuses: [copy(1), copy(2, ahead)] }), /only 1 of 2/)
  })

  it('of k = 2 of three needs itself only: whatever was acknowledged is everywhere', () => {
    assert.equal(doubt({ k: 2, statuses: [copy(1)] }), 'none')
  })

  it('of k = 2 of five needs three', () => {
    const terms = [term({ minSyncReplicas: 2, members: five })]
    const seen = { k: 2, terms, instances: 5 }
    assert.match(doubt({ ...seen, statuses: [copy(1), copy(2)] }), /only 2 of 3/)
    assert.equal(doubt({ ...seen, statuses: [copy(1), copy(2), copy(3)] }), 'none')
  })

  it('hears the last primary also when its process outlived its Pod', () => {
    const seen = { terms: [term({ minSyncReplicas: 2, members: five })], k: 2, instances: 5 }
    const pods = [1, 2, 3, 4].map((ordinal) => pod(ordinal))
    const ghost = copy(0, { openedEpoch: 1 })
    assert.equal(doubt({ ...seen, pods, statuses: [ghost, copy(1)] }), 'none')
    const refused = /^only 1 of 3 copies show|^it is not known over whom/
    assert.match(doubt({ ...seen, pods, statuses: [copy(1)] }), refused)
    for (const other of [{ seen: 1 }, ahead, { restarted: true }, { foreign: true }])
      assert.match(doubt({ ...seen, pods, statuses: [{ ...ghost, ...other }, copy(1)] }), refused)
  })

  it('is not needed when the last primary itself holds still, and holds no more', () => {
    const last = copy(0, { openedEpoch: 1 })
    const seen = { terms: [term({ minSyncReplicas: 2, members: five })], k: 2, instances: 5 }
    assert.equal(doubt({ ...seen, statuses: [last, copy(1)] }), 'none')
    assert.match(doubt({ ...seen, statuses: [{ ...last, ...ahead }, copy(1)] }), /only 1 of 3/)
    assert.match(doubt({ ...seen, statuses: [{ ...last, restarted: true }, copy(1)] }), /only 1 of 3/)
  })
})

describe('a count over terms', () => {
  it('holds in those on the Pod of the last primary, too', () => {
    const statuses = [copy(1), copy(2)]
    const larger = term({ minSyncReplicas: 1, members: five })
    assert.equal(doubt({ statuses, pods: podShowing(term({ minSyncReplicas: 1 })) }), 'none')
    assert.match(doubt({ statuses, pods: podShowing(larger) }), /only 2 of 4/)
  })

  it('holds for the k of a term that is not in the status yet', () => {
    const statuses = [copy(1)]
    const terms = [term()]
    assert.equal(doubt({ statuses, terms }), 'none')
    assert.match(doubt({ statuses, terms, pods: podShowing(term({ minSyncReplicas: 1 })) }), /only 1 of 2/)
  })

  it('holds for the k of the terms while the spec already asks for none', () => {
    const terms = [term({ minSyncReplicas: 1 }), term()]
    assert.match(doubt({ k: 0, statuses: [copy(1)], terms }), /only 1 of 2/)
  })

  it('is made over what the members heard last when the Pod of the last primary is absent', () => {
    const larger = term({ minSyncReplicas: 1, members: five })
    const heard = (ordinal: number, ...terms: readonly Term[]): InstanceStatus =>
      copy(ordinal, { grant: { seconds: 60, uid: uidOf(0), terms: [...terms] } })
    const own = term({ minSyncReplicas: 1 })
    assert.equal(doubt({ pods: without0, statuses: [heard(1, own), heard(2, own)] }), 'none')
    assert.match(doubt({ pods: without0, statuses: [heard(1, own), heard(2, own, larger)] }), /only 2 of 4/)
  })

  it('is not made when the terms are not known: every desired Pod must then be asked', () => {
    const unknown = /it is not known over whom a write was acknowledged, and cache-0 cannot be asked/
    assert.match(doubt({ pods: without0, statuses: [copy(1), copy(2)] }), unknown)
    const unreadable = podShowing({} as Term)
    assert.match(doubt({ pods: unreadable, statuses: [copy(1), copy(2)] }), unknown)
    assert.match(
      doubt({ pods: unreadable, statuses: [copy(0, ahead), copy(1), copy(2)] }),
      /cache-0 holds more data than cache-1/,
    )
  })
})
