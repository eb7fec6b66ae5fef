// The rules of promising, following and opening: state and command in, refusal or next state out.
import type { ProblemCode } from '../api.ts'
import type { ReignState } from './state.ts'

export interface Refusal {
  readonly kind: 'Refused'
  readonly code: ProblemCode
  readonly detail: string
}

/** The next state must be on disk before anything else happens. */
export interface Accepted {
  readonly kind: 'Accepted'
  readonly state: ReignState
}

export interface Identity {
  readonly cluster: string
  readonly pod: string
}

/** A command names cluster and Pod by UID: an address may belong to somebody else by now. */
export function checkIdentity(own: Identity, named: Identity): Refusal | undefined {
  if (own.cluster !== named.cluster)
    return refuse(
      'wrong-identity',
      `this instance belongs to cluster ${own.cluster}, the command is meant for ${named.cluster}`,
    )
  if (own.pod !== named.pod)
    return refuse('wrong-identity', `this is Pod ${own.pod}, the command is meant for ${named.pod}`)
  return undefined
}

/** Promise `epoch` → `target`: never again obey a lower epoch, nor another target of this one. */
export function promise(state: ReignState, epoch: number, target: string): Refusal | Accepted {
  if (epoch < state.seen) return refuse('older-epoch', `epoch ${state.seen} is promised; ${epoch} is over`)
  if (epoch === state.seen && state.seenTarget !== target) {
    return refuse('conflicting-target', `epoch ${epoch} is promised to ${state.seenTarget}, not to ${target}`)
  }
  return { kind: 'Accepted', state: { ...state, seen: epoch, seenTarget: target } }
}

/** Follow the primary of `epoch`. Its reign raises the promise; an own reign that is not over refuses. */
export function follow(
  state: ReignState,
  epoch: number,
  primary: string,
  writable: boolean,
): Refusal | Accepted {
  if (writable && state.openedEpoch >= epoch) {
    return refuse(
      'older-epoch',
      `this instance is primary of epoch ${state.openedEpoch}; it does not follow ${epoch}`,
    )
  }
  return promise(state, epoch, primary)
}

/**
 * May this Pod go on to claim and open `epoch`? The one-way door: it is writable for an epoch at most once.
 * Any earlier attempt to open spends the epoch, whatever came of it.
 */
export function mayOpen(state: ReignState, epoch: number, own: string): Refusal | Accepted {
  if (epoch < state.seen) return refuse('older-epoch', `epoch ${state.seen} is promised; ${epoch} is over`)
  if (state.openedEpoch >= epoch)
    return refuse('spent-epoch', `this instance was already primary for epoch ${state.openedEpoch}`)
  if (epoch === state.seen && state.seenTarget !== own) {
    return refuse('not-target', `epoch ${epoch} is promised to ${state.seenTarget}, not to this Pod`)
  }
  return { kind: 'Accepted', state: { ...state, seen: epoch, seenTarget: own } }
}

/** Stop to be removed, while another is primary of `epoch`. A later reign, if one is promised, takes it back. */
export function retire(state: ReignState, epoch: number, own: string, writable: boolean): Refusal | Accepted {
  if (epoch < state.seen) return refuse('older-epoch', `epoch ${state.seen} is promised; ${epoch} is over`)
  if (writable || state.seenTarget === own)
    return refuse(
      'conflicting-target',
      `epoch ${state.seen} is promised to this Pod: another must take over first`,
    )
  if (epoch !== state.seen) return refuse('not-ready', `epoch ${epoch} is not promised here yet`)
  return { kind: 'Accepted', state: { ...state, retired: { pod: own, epoch } } }
}

export function refuse(code: ProblemCode, detail: string): Refusal {
  return { kind: 'Refused', code, detail }
}
