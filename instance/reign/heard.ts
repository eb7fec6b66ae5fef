// What an instance answers to a heartbeat, and what it remembers of it.
import type { Heartbeat, HeartbeatAnswer } from '../api.ts'
import type { Term } from '../ballot.ts'
import type { ReignState } from './state.ts'

export interface Heard {
  /** The last grant: to whom, when, and the terms that it held. */
  readonly granted:
    { readonly uid: string; readonly atMs: number; readonly terms: readonly Term[] } | undefined
  /** What fenced instances have promised and obey, by UID. */
  readonly relayed: Readonly<Record<string, { readonly epoch: number; readonly target: string }>>
}

export const nothingHeard: Heard = { granted: undefined, relayed: {} }

const mostRelayed = 64

/** A grant says: this member has promised nothing above. A promise ends it for good. */
export function hear(
  heard: Heard,
  state: ReignState,
  { from, epoch, target, writable, terms }: Heartbeat,
  nowMs: number,
): { readonly heard: Heard; readonly answer: HeartbeatAnswer } {
  const superseded = state.seen > epoch || (state.seen === epoch && state.seenTarget !== target)
  const answer: HeartbeatAnswer = superseded
    ? { kind: 'superseded', epoch: state.seen, target: state.seenTarget }
    : { kind: 'granted' }
  if (!writable) return { heard: withRelayed(heard, from, { epoch, target }), answer }
  return { heard: superseded ? heard : { ...heard, granted: { uid: from, atMs: nowMs, terms } }, answer }
}

function withRelayed(heard: Heard, from: string, promised: { epoch: number; target: string }): Heard {
  const before = heard.relayed[from]
  if (before !== undefined && before.epoch > promised.epoch) return heard
  const kept = Object.entries(heard.relayed).filter(([uid]) => uid !== from)
  return { ...heard, relayed: Object.fromEntries([...kept.slice(1 - mostRelayed), [from, promised]]) }
}
