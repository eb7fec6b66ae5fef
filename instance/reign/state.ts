// What an instance keeps on its volume: its promise, the doors it has been through, and what its data are worth.

export interface ReignState {
  readonly clusterUID: string
  /** Highest epoch it was told of. It obeys nothing lower, for good. */
  readonly seen: number
  readonly seenTarget: string
  /** Highest epoch for which it opened for writes; that door does not open again. */
  readonly openedEpoch: number
  /** The reign its data come from, as far as they do not say so themselves; 0 for none. */
  readonly dataEpoch: number
  /** An offset in the stream of dataEpoch that is known to be on disk. */
  readonly offsetBytes: number
  /** The data come from another cluster, and were not replaced since. */
  readonly foreign: boolean
  /** Pod UIDs that held the lock on this volume, the newest last. */
  readonly holders: readonly string[]
  /** Where the stream of a reign of its own ended: nothing was added to it any more. */
  readonly ending?: { readonly epoch: number; readonly replid: string; readonly offsetBytes: number }
  /** The Pod that stopped to be removed, and the reign in which: a later one may need what it holds. */
  readonly retired?: { readonly pod: string; readonly epoch: number }
  /** The Pod that said that it has ended: nothing is started for it any more. */
  readonly ended?: string
  /** The backup that this volume's data began with: its id, its size, and the keys it had. */
  readonly restored?: { readonly id: string; readonly bytes: number; readonly keys: number } | undefined
}

export const emptyState: ReignState = {
  clusterUID: '',
  seen: 0,
  seenTarget: '',
  openedEpoch: 0,
  dataEpoch: 0,
  offsetBytes: 0,
  foreign: false,
  holders: [],
}

const mostHolders = 16

/** The state as read from disk. Throws on what is not one: an instance never guesses what it promised. */
export function parseState(text: string): ReignState {
  const value: unknown = JSON.parse(text)
  if (!isState(value)) throw new Error('reign.json is not a state that an instance wrote')
  return value
}

/** Takes over a volume: its promises and data hold, whoever made them; the new holder is written down. */
export function takenOver(state: ReignState, clusterUID: string, podUID: string): ReignState {
  const holders = [...state.holders.filter((uid) => uid !== podUID), podUID].slice(-mostHolders)
  const another = state.clusterUID !== '' && state.clusterUID !== clusterUID
  const taken = { ...state, clusterUID, holders, foreign: state.foreign || another }
  // What another cluster restored says nothing of this one.
  return another ? { ...taken, restored: undefined } : taken
}

function isState(value: unknown): value is ReignState {
  if (typeof value !== 'object' || value === null) return false
  const state = value as Record<string, unknown>
  const numbers = ['seen', 'openedEpoch', 'dataEpoch', 'offsetBytes'].every(
    (key) => Number.isSafeInteger(state[key]) && Number(state[key]) >= 0,
  )
  const texts = typeof state['clusterUID'] === 'string' && typeof state['seenTarget'] === 'string'
  const holders = state['holders']
  return (
    numbers &&
    texts &&
    typeof state['foreign'] === 'boolean' &&
    Array.isArray(holders) &&
    holders.every((uid) => typeof uid === 'string') &&
    isEnding(state['ending']) &&
    isRetirement(state['retired']) &&
    ['string', 'undefined'].includes(typeof state['ended']) &&
    isRestored(state['restored'])
  )
}

/** Absent until a reign has ended; volumes of earlier versions never have it. */
function isEnding(value: unknown): value is ReignState['ending'] {
  if (value === undefined) return true
  if (typeof value !== 'object' || value === null) return false
  const { epoch, replid, offsetBytes } = value as Record<string, unknown>
  return Number.isSafeInteger(epoch) && typeof replid === 'string' && Number.isSafeInteger(offsetBytes)
}

/** Whether this Pod holds still to be removed. */
export const isRetired = ({ retired, seen }: ReignState, own: string): boolean =>
  retired?.pod === own && retired.epoch === seen

function isRetirement(value: unknown): value is ReignState['retired'] {
  if (value === undefined) return true
  if (typeof value !== 'object' || value === null) return false
  const { pod, epoch } = value as Record<string, unknown>
  return typeof pod === 'string' && Number.isSafeInteger(epoch)
}

/** Absent on every volume but one that a backup was restored to. */
function isRestored(value: unknown): value is ReignState['restored'] {
  if (value === undefined) return true
  if (typeof value !== 'object' || value === null) return false
  const { id, bytes, keys } = value as Record<string, unknown>
  return typeof id === 'string' && Number.isSafeInteger(bytes) && Number.isSafeInteger(keys)
}
