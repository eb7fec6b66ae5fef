// The watch for two writers must see two writers: tried on made-up writes.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { overlaps } from './traffic.ts'

const write = (host: string, atMs: number): { host: string; sentMs: number; acknowledgedMs: number } => ({
  host,
  sentMs: atMs,
  acknowledgedMs: atMs + 1,
})

describe('overlaps', () => {
  it('is empty for one writer after the other', () => {
    assert.deepEqual(overlaps([write('a', 0), write('a', 10), write('b', 500), write('b', 510)]), [])
  })

  it('names both when an old primary goes on', () => {
    assert.match(overlaps([write('a', 0), write('b', 10), write('a', 15)]).join(), /a and b accepted writes/)
  })

  it('allows the same instance to be elected again later', () => {
    assert.deepEqual(overlaps([write('a', 0), write('b', 3000), write('a', 9000)]), [])
  })
})
