// A replica that misses its primary says so, and says it again while nothing comes of it.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Heartbeat } from '../../instance/api.ts'
import { Hearing } from '../../instance/hearing.ts'
import type { Clock } from '../../instance/parts.ts'
import type { ReignState } from '../../instance/reign/state.ts'

const state = { seen: 1, seenTarget: 'u0' } as ReignState
const heartbeat = (beat: number): Heartbeat =>
  ({ from: 'u0', epoch: 1, target: 'u0', writable: true, beat, terms: [] }) as unknown as Heartbeat

/** The moments, in seconds, at which silence was told when it was asked for ten times a second. */
function toldWithin(hearing: Hearing, clock: { nowMs: number }, seconds: number): readonly number[] {
  const told: number[] = []
  for (const endMs = clock.nowMs + seconds * 1000; clock.nowMs < endMs; clock.nowMs += 100)
    if (hearing.misses()) told.push(clock.nowMs / 1000)
  return told
}

function open(): { readonly hearing: Hearing; readonly clock: { nowMs: number } } {
  const clock = { nowMs: 0 }
  return { hearing: new Hearing({ nowMs: () => clock.nowMs } as Clock), clock }
}

describe('the silence of a primary', () => {
  it('is told after a heartbeat and a half, and again each time that it has doubled', () => {
    const { hearing, clock } = open()
    hearing.hear(state, heartbeat(1))
    assert.deepEqual(toldWithin(hearing, clock, 60), [1.5, 3, 6, 12, 24, 48])
  })

  it('begins anew with the next grant', () => {
    const { hearing, clock } = open()
    hearing.hear(state, heartbeat(1))
    toldWithin(hearing, clock, 10)
    hearing.hear(state, heartbeat(2))
    assert.deepEqual(toldWithin(hearing, clock, 4), [11.5, 13])
  })

  it('is nothing to whoever never granted one', () => {
    const { hearing, clock } = open()
    assert.deepEqual(toldWithin(hearing, clock, 60), [])
  })
})
