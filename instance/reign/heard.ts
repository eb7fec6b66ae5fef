// What an instance answers to a heartbeat, and what it remembers of it.
import type { Heartbeat, HeartbeatAnswer } from '../api.ts'
import type { Term } from '../ballot.ts'
import type { ReignState } from './state.ts'

export interface Heard {
  readonly granted: Grant | undefined
  /** What fenced instances have promised and obey, by UID. */
  readonly relayed: Readonly<Record<string, { readonly epoch: number; readonly target: string }>>
  /** UIDs of those that have ended for good, the latest last. */
  readonly ended: readonly string[]
}

/** The last one: to whom, for what, when, and the terms that it held. */
export interface Grant {
  readonly uid: string
  readonly epoch: number
  readonly beat: number
  readonly atMs: number
  readonly terms: readonly Term[]
}

export const nothingHeard: Heard = { granted: undefined, relayed: {}, ended: [] }

const mostRemembered = 64

/** A grant says: this member has promised nothing above. A promise ends it for good. */
export function hear(
  before: Heard,
  state: ReignState,
  heartbeat: Heartbeat,
  nowMs: number,
): { readonly heard: Heard; readonly answer: HeartbeatAnswer } {
  const { from, epoch, target, writable, beat, terms } = heartbeat
  const heard = withEnded(before, heartbeat)
  const superseded = state.seen > epoch || (state.seen === epoch && state.seenTarget !== target)
  const answer: HeartbeatAnswer = superseded
    ? { kind: 'superseded', epoch: state.seen, target: state.seenTarget }
    : { kind: 'granted' }
  if (!writable) return { heard: withRelayed(heard, from, { epoch, target }), answer }
  if (superseded || isLate(heard.granted, heartbeat)) return { heard, answer }
  return { heard: { ...heard, granted: { uid: from, epoch, beat, atMs: nowMs, terms } }, answer }
}

/** Whoever is heard again has not. */
function withEnded(heard: Heard, { from, ended }: Heartbeat): Heard {
  const others = heard.ended.filter((uid) => uid !== from)
  return { ...heard, ended: ended === true ? [...others.slice(1 - mostRemembered), from] : others }
}

/** Overtaken by a later one, whose terms count: what it renews counts from when it was sent. */
function isLate(granted: Grant | undefined, { from, epoch, beat }: Heartbeat): boolean {
  if (granted?.uid !== from) return false
  return granted.epoch > epoch || (granted.epoch === epoch && granted.beat >= beat)
}

function withRelayed(heard: Heard, from: string, promised: { epoch: number; target: string }): Heard {
  const before = heard.relayed[from]
  if (before !== undefined && before.epoch > promised.epoch) return heard
  const kept = Object.entries(heard.relayed).filter(([uid]) => uid !== from)
  return { ...heard, relayed: Object.fromEntries([...kept.slice(1 - mostRemembered), [from, promised]]) }
}
