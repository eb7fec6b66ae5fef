// What this instance heard of a primary: whom it granted last, what fenced ones told, and that it misses one.
import type { Heartbeat, HeartbeatAnswer } from './api.ts'
import type { Clock } from './parts.ts'
import { hear, nothingHeard, type Heard } from './reign/heard.ts'
import type { ReignState } from './reign/state.ts'

/** A heartbeat that is late by half: a hint to look, at the price of one sync. */
const missedAfterMs = 1500

export class Hearing {
  heard: Heard = nothingHeard
  private readonly clock: Clock
  private readonly startedMs: number
  /** Since the last grant, and how long it must have lasted to be told of. */
  private silence = { sinceMs: -Infinity, toldAfterMs: missedAfterMs }

  constructor(clock: Clock) {
    this.clock = clock
    this.startedMs = clock.nowMs()
  }

  hear(state: ReignState, heartbeat: Heartbeat): HeartbeatAnswer {
    const { heard, answer } = hear(this.heard, state, heartbeat, this.clock.nowMs())
    this.heard = heard
    return answer
  }

  /** Since the last grant, or since this process started if that was later. */
  grantSeconds(): number {
    return (this.clock.nowMs() - (this.heard.granted?.atMs ?? this.startedMs)) / 1000
  }

  /**
   * True after each silence, and again whenever it has doubled: whoever granted a primary is the first to miss it. The first
   * hint may come to nothing: Metacontroller backs off by the number of failed syncs, and events that meet no hooks for two
   * seconds make it wait for a minute.
   */
  misses(): boolean {
    const { granted } = this.heard
    if (granted === undefined) return false
    if (granted.atMs !== this.silence.sinceMs)
      this.silence = { sinceMs: granted.atMs, toldAfterMs: missedAfterMs }
    const silentMs = this.clock.nowMs() - granted.atMs
    if (silentMs < this.silence.toldAfterMs) return false
    this.silence.toldAfterMs = 2 * silentMs
    return true
  }
}
