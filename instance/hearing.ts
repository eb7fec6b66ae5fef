// What this instance heard of a primary: whom it granted last, what fenced ones told, and that it misses one.
import type { Heartbeat, HeartbeatAnswer } from './api.ts'
import type { Clock } from './parts.ts'
import { hear, nothingHeard, type Heard } from './reign/heard.ts'
import type { ReignState } from './reign/state.ts'

/** One heartbeat and its timeout, and a little. */
const missedAfterMs = 2000

export class Hearing {
  heard: Heard = nothingHeard
  private readonly clock: Clock
  private readonly startedMs: number
  /** Of the last grant after which silence was told. */
  private missedAtMs = -Infinity

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

  /** True once after each silence: whoever granted a primary until now is the first to miss it. */
  misses(): boolean {
    const { granted } = this.heard
    if (granted === undefined || granted.atMs <= this.missedAtMs) return false
    if (this.clock.nowMs() - granted.atMs < missedAfterMs) return false
    this.missedAtMs = granted.atMs
    return true
  }
}
