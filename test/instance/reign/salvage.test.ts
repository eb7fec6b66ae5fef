// What a copy would lose by following another primary, and which of two salvage copies stays.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  hasRoomToKeep,
  hasRoomToStay,
  heldOf,
  lossOf,
  outranks,
  type Position,
} from '../../../instance/reign/salvage.ts'
import { emptyState, type ReignState } from '../../../instance/reign/state.ts'

const old: ReignState = { ...emptyState, openedEpoch: 5, dataEpoch: 5 }
const replica: ReignState = { ...emptyState, openedEpoch: 3, dataEpoch: 5 }
const at = (offsetBytes: number, replid = 'a'): Position => ({ replid, offsetBytes })
/** Of epoch 6; it has everything of stream a before byte 101. */
const next = { replid: 'b', offsetBytes: 900, replid2: 'a', secondReplOffset: 101 }

describe('what is lost by following another primary', () => {
  it('is nothing when its stream goes on from here', () => {
    for (const offset of [1, 99, 100]) assert.deepEqual(lossOf(old, at(offset), next), { kind: 'None' })
    assert.deepEqual(lossOf(old, at(900, 'b'), next), { kind: 'None' })
  })

  it('is what lies beyond the point from which its stream goes on, of a replica, too', () => {
    for (const state of [old, replica]) {
      assert.deepEqual(lossOf(state, at(101), next), { kind: 'Known', bytes: 1 })
      assert.deepEqual(lossOf(state, at(1100), next), { kind: 'Known', bytes: 1000 })
    }
  })

  it('is possible for data of an own reign that cannot be compared, and not counted for a replica', () => {
    const cases = [
      [undefined, next],
      [at(50), undefined],
      [at(50, 'c'), next],
      [at(901, 'b'), next],
    ] as const
    for (const [held, primary] of cases) {
      assert.deepEqual(lossOf(old, held, primary), { kind: 'Possible' })
      assert.deepEqual(lossOf(replica, held, primary), { kind: 'None' })
    }
  })

  it('counts data as of an own reign from the moment that it may have opened', () => {
    assert.deepEqual(lossOf({ ...old, dataEpoch: 3 }, undefined, next), { kind: 'Possible' })
    assert.deepEqual(lossOf(emptyState, undefined, next), { kind: 'None' })
  })
})

describe('where a copy stands', () => {
  it('is where its own reign ended, whatever a redis-server that restarted says', () => {
    const ending = { epoch: 5, replid: 'a', offsetBytes: 70 }
    assert.deepEqual(heldOf({ ...old, ending }, at(1, 'x')), ending)
    assert.deepEqual(heldOf({ ...old, ending: { ...ending, epoch: 4 } }, at(1, 'x')), at(1, 'x'))
    assert.deepEqual(heldOf({ ...replica, ending: { ...ending, epoch: 3 } }, at(9)), at(9))
    assert.equal(heldOf(old, undefined), undefined)
  })
})

describe('an earlier salvage copy', () => {
  const known = (bytes: number) => ({ kind: 'Known', bytes }) as const

  it('stays for a day unless more is known to be in the new one', () => {
    assert.equal(outranks({ kind: 'Possible' }, {}, 60), false)
    assert.equal(outranks({ kind: 'Possible' }, { surplusBytes: 14 }, 60), false)
    assert.equal(outranks(known(14), {}, 60), true)
    assert.equal(outranks(known(14), { surplusBytes: 14 }, 60), false)
    assert.equal(outranks(known(15), { surplusBytes: 14 }, 60), true)
  })

  it('goes after a day, whatever is in it', () => {
    assert.equal(outranks({ kind: 'Possible' }, { surplusBytes: 14 }, 24 * 3600), true)
    assert.equal(outranks({ kind: 'Possible' }, undefined, 0), true)
  })
})

describe('the room on the volume', () => {
  it('is enough for a copy when the full sync and the next rewrite fit beside it', () => {
    assert.deepEqual([hasRoomToKeep(100, 300), hasRoomToKeep(100, 299)], [true, false])
  })

  it('is too little for a copy that is there when half its size is not left', () => {
    assert.deepEqual([hasRoomToStay(100, 50), hasRoomToStay(100, 49)], [true, false])
  })
})
