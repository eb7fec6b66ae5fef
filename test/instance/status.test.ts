// What an instance reports of its data and of its promise: never more than it knows.
import assert from 'node:assert/strict'
import { describe as suite, it } from 'node:test'
import type { InstanceStatus } from '../../instance/api.ts'
import type { Sight } from '../../instance/engine.ts'
import { nobody } from '../../instance/reign/boot.ts'
import { nothingHeard } from '../../instance/reign/heard.ts'
import { emptyState, type ReignState } from '../../instance/reign/state.ts'
import { describe } from '../../instance/status.ts'

type Info = NonNullable<Sight['info']>

const info: Info = {
  role: 'slave',
  offsetBytes: 500,
  connectedReplicas: 0,
  replicas: [],
  follows: undefined,
  linkUp: false,
  syncInProgress: false,
  loading: false,
  replid: 'r',
  replid2: '',
  secondReplOffset: -1,
  version: '7.2.0',
  keys: 3,
  aofSettled: true,
  fields: {},
}
const sight: Sight = {
  state: 'running',
  info,
  fresh: true,
  askedAtMs: 0,
  silentSeconds: 0,
  reason: undefined,
  upstream: nobody,
  writableEpoch: 0,
  syncedEpoch: 0,
  markedEpoch: undefined,
}

function reported(
  state: Partial<ReignState>,
  seen: Partial<Sight> = {},
  obeyed = { epoch: 0, target: '' },
): InstanceStatus {
  return describe({
    config: { root: '', listen: undefined, redisServer: '', logLevel: 'silent', cluster: undefined },
    state: { ...emptyState, ...state },
    obeyed,
    sight: { ...sight, ...seen },
    settings: { hash: '', needsRestart: [], refused: [] },
    locked: true,
    promises: [],
    heard: nothingHeard,
    grantSeconds: 0,
    term: undefined,
    salvage: undefined,
    backup: undefined,
    waitingFor: undefined,
    retired: false,
    terminating: false,
    held: false,
  })
}

suite('what is reported of the promise', () => {
  it('is what redis-server obeys already, not what is only on disk', () => {
    const { seen, seenTarget } = reported({ seen: 5, seenTarget: 'b' }, {}, { epoch: 4, target: 'a' })
    assert.deepEqual([seen, seenTarget], [4, 'a'])
  })
})

suite('what is reported of the data', () => {
  it('is the reign that the data tell, whatever is recorded beside them', () => {
    assert.equal(reported({ dataEpoch: 7 }, { markedEpoch: 3 }).dataEpoch, 3)
    assert.equal(reported({ dataEpoch: 7 }).dataEpoch, 7)
  })

  it('is no reign when there are none, whatever is recorded beside them', () => {
    const { dataEpoch, empty } = reported({ dataEpoch: 7 }, { info: { ...info, keys: 0 } })
    assert.deepEqual([dataEpoch, empty], [0, true])
  })

  it('is not “empty” while the marker is there, however few keys there are', () => {
    const { dataEpoch, empty } = reported({}, { info: { ...info, keys: 0 }, markedEpoch: 3 })
    assert.deepEqual([dataEpoch, empty], [3, false])
  })

  it('is “restarted” until it was in sync, with the offset that was known to be on disk', () => {
    const { restarted, position } = reported({ dataEpoch: 3, offsetBytes: 90 })
    assert.deepEqual([restarted, position], [true, { offsetBytes: 90, exact: false }])
    const synced = reported({ dataEpoch: 3, offsetBytes: 90 }, { syncedEpoch: 3 })
    assert.deepEqual([synced.restarted, synced.position], [false, { offsetBytes: 500, exact: true }])
  })

  it('has no exact position while redis-server has not answered since it was changed', () => {
    const { position } = reported({ dataEpoch: 3, offsetBytes: 90 }, { syncedEpoch: 3, fresh: false })
    assert.deepEqual(position, { offsetBytes: 90, exact: false })
  })

  it('has no offset of another reign than the one it was recorded for', () => {
    assert.equal(reported({ dataEpoch: 3, offsetBytes: 90 }, { markedEpoch: 2 }).position.offsetBytes, 0)
  })
})
