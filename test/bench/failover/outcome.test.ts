// The campaign's verdicts must be able to fail: tried on made-up records.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { downtime, dualWindowMs, percentile } from './outcome.ts'

const served = (ip: string, servedMs: number): { ip: string; index: number; servedMs: number } => ({
  ip,
  index: 0,
  servedMs,
})
const write = (sentMs: number): { index: number; sentMs: number; acknowledgedMs: number } => ({
  index: 0,
  sentMs,
  acknowledgedMs: sentMs + 1,
})

describe('dualWindowMs', () => {
  it('is 0 for one writer after the other', () => {
    assert.equal(dualWindowMs([served('a', 0), served('a', 10), served('b', 11), served('b', 20)]), 0)
  })

  it('is 0 when the first one is elected again later', () => {
    assert.equal(dualWindowMs([served('a', 0), served('b', 900), served('a', 2000)]), 0)
  })

  it('is as long as an old primary goes on beside the new one', () => {
    assert.equal(
      dualWindowMs([0, 100, 200].map((at) => served('a', at)).concat(served('b', 150), served('b', 400))),
      50,
    )
  })

  it('sees a burst of buffered writes after a long silence', () => {
    const other = [5000, 5400, 5800, 6200].map((at) => served('b', at))
    assert.equal(dualWindowMs([served('a', 0), ...other, served('a', 6000), served('a', 6003)]), 3)
  })
})

describe('downtime', () => {
  it('is the time to the first acknowledgement, and the longest without one', () => {
    const writes = [0, 10, 20, 520, 530, 2530].map(write)
    assert.deepEqual(downtime(writes, 25, 2540), { firstMs: 496, gapMs: 2000 })
  })

  it('ends with the measurement when nothing was acknowledged', () => {
    assert.deepEqual(downtime([write(0)], 25, 1025), { firstMs: 1000, gapMs: 1000 })
  })
})

describe('percentile', () => {
  it('is the nearest rank', () => {
    assert.equal(percentile([4, 1, 3, 2], 0.5), 2)
    assert.equal(percentile([4, 1, 3, 2], 0.99), 4)
    assert.equal(percentile([], 0.5), undefined)
  })
})
