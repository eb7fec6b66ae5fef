// Rows of the situation table for a succession: from the naming to the install.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Request } from '../../../hooks/rediscluster/observed.ts'
import {
  fenced,
  ipOf,
  pod,
  primary,
  reigning,
  replica,
  reports,
  request,
  secondsAgo,
  silent,
  succession,
  uidOf,
} from '../../support/builders.ts'
import { look, named } from '../../support/look.ts'

describe('a succession', () => {
  const observed = (to = 1, status = {}): Request => request({ status: succession(to, status) })
  const demoted = fenced(0, 2, 1, { openedEpoch: 1 })

  it('Fencing: waits for promises and says whose are missing', () => {
    const { situation, decision } = look(observed(), reports(demoted, fenced(1, 2, 1), replica(2)))
    assert.deepEqual(situation, { kind: 'Fencing', missing: ['cache-2 has not promised epoch 2 yet'] })
    assert.equal(decision.kind, 'Wait')
  })

  it('Fencing: waits for a proof against the old primary however silent it is', () => {
    const { situation } = look(
      observed(1, { namedAt: secondsAgo(3600) }),
      reports(fenced(1, 2, 1), fenced(2, 2, 1)),
    )
    assert.equal(situation.kind, 'Fencing')
  })

  it('Choosing: names the better copy among those that promised', () => {
    const ahead = fenced(2, 2, 1, { position: { offsetBytes: 101, exact: true } })
    const { situation, decision } = look(observed(), reports(demoted, fenced(1, 2, 1), ahead))
    assert.equal(situation.kind, 'Choosing')
    assert.equal(named(decision), 'cache-2 for 3')
  })

  it('Choosing: a copy of a later reign beats a longer one of an earlier reign', () => {
    const later = fenced(2, 2, 1, { dataEpoch: 2, position: { offsetBytes: 5, exact: true } })
    assert.equal(named(look(observed(), reports(demoted, fenced(1, 2, 1), later)).decision), 'cache-2 for 3')
  })

  it('HandingOver: promotes with a proof for each contender', () => {
    const { situation, decision } = look(observed(), reports(demoted, fenced(1, 2, 1), fenced(2, 2, 1)))
    assert.equal(situation.kind, 'HandingOver')
    assert.deepEqual(decision.kind === 'Promote' && decision.proofs, [
      { uid: uidOf(0), epoch: 1, kind: 'Demoted' },
    ])
  })

  it('HandingOver: does not wait for a replica that is silent', () => {
    assert.equal(look(observed(), reports(demoted, fenced(1, 2, 1))).situation.kind, 'HandingOver')
  })

  it('Stuck: a restarted copy is not promoted while another copy cannot be asked', () => {
    const restarted = fenced(1, 2, 1, { restarted: true })
    const { situation, decision } = look(observed(), reports(demoted, restarted))
    assert.equal(situation.kind, 'Choosing', 'the demoted one is whole')
    const all = look(observed(), reports(fenced(0, 2, 1, { openedEpoch: 1, restarted: true }), restarted))
    assert.match(
      all.situation.kind === 'Stuck' ? all.situation.reason : all.situation.kind,
      /cache-2 cannot be asked/,
    )
    assert.equal(decision.kind, 'Name')
  })

  it('HandingOver: after a power loss of everything the copy that nobody is ahead of is promoted', () => {
    const statuses = [0, 1, 2].map((ordinal) =>
      fenced(ordinal, 2, 1, {
        restarted: true,
        position: { offsetBytes: ordinal === 1 ? 90 : 80, exact: false },
      }),
    )
    assert.equal(look(observed(), reports(...statuses)).situation.kind, 'HandingOver')
  })

  it('Stuck: a cluster that had data never starts from empty copies', () => {
    const empty = { dataEpoch: 0, empty: true, restarted: true, position: { offsetBytes: 0, exact: true } }
    const statuses = [0, 1, 2].map((ordinal) => fenced(ordinal, 2, 1, empty))
    assert.equal(look(observed(), reports(...statuses)).situation.kind, 'Stuck')
  })

  it('Stuck: an earlier reign is not promoted while the only copy of the last one is away', () => {
    const status = succession(1, { currentEpoch: 2, primaryEpoch: 3, ended: [uidOf(0)] })
    const pods = [pod(1), pod(2)]
    const { situation } = look(request({ status, pods }), reports(fenced(1, 3, 1), fenced(2, 3, 1)))
    assert.equal(situation.kind, 'Stuck')
  })

  it('Succeeded: installs what was seen to be open', () => {
    const { situation, decision } = look(observed(), reports(demoted, primary(1, 2), fenced(2, 2, 1)))
    assert.equal(situation.kind, 'Succeeded')
    assert.equal(decision.kind === 'Install' && decision.primary.name, 'cache-1')
  })

  it('SuccessorBlinking: waits, then names another', () => {
    const others = { [uidOf(1)]: silent(), ...reports(demoted, fenced(2, 2, 1)) }
    assert.equal(look(observed(), others).situation.kind, 'SuccessorBlinking')
    const trouble = { trouble: { uid: uidOf(1), kind: 'SuccessorBlinking', since: secondsAgo(2) } }
    assert.equal(named(look(observed(1, trouble), others).decision), 'cache-0 for 3')
  })

  it('SuccessorUnfit: waits a little for a target that is loading, then names another', () => {
    const loading = fenced(1, 2, 1, { redis: { state: 'running', loading: true, silentSeconds: 0 } })
    const reported = reports(demoted, loading, fenced(2, 2, 1))
    assert.equal(look(observed(), reported).decision.kind, 'Wait')
    const trouble = { trouble: { uid: uidOf(1), kind: 'SuccessorUnfit', since: secondsAgo(2) } }
    assert.equal(named(look(observed(1, trouble), reported).decision), 'cache-0 for 3')
  })

  it('SuccessorUnfit: a target that was writable for this epoch never opens it again', () => {
    const spent = fenced(1, 2, 1, { openedEpoch: 2 })
    assert.equal(look(observed(), reports(demoted, spent, fenced(2, 2, 1))).situation.kind, 'SuccessorUnfit')
  })

  it('Taken: a promise of this epoch to another target forces a higher one', () => {
    const { situation, decision } = look(observed(), reports(demoted, fenced(1, 2, 1), fenced(2, 2, 2)))
    assert.equal(situation.kind, 'Taken')
    assert.equal(decision.kind === 'Name' && decision.epoch, 3)
  })

  it('the address of an unknown Pod plays no part', () => {
    const foreign = replica(1, { follows: { host: ipOf(2), port: 6379 } })
    assert.equal(
      look(request({ status: reigning() }), reports(foreign, replica(2, { masterLinkStatus: 'down' })))
        .situation.kind,
      'Blinking',
    )
  })
})
