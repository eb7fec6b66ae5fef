// What would be lost when a copy follows another primary, and whether that is worth the place of an earlier salvage copy.
import type { SalvageCopy } from '../api.ts'
import type { ReignState } from './state.ts'

/** Where a copy stands in a stream. */
export interface Position {
  readonly replid: string
  readonly offsetBytes: number
}

/** Of a primary: the stream that its own goes on from, and the first offset of that one which it does not have. */
export interface History extends Position {
  readonly replid2: string
  readonly secondReplOffset: number
}

export type Loss =
  | { readonly kind: 'None' }
  /** So many bytes of the stream, which pings are part of. */
  | { readonly kind: 'Known'; readonly bytes: number }
  | { readonly kind: 'Possible' }

/** The reign that the files of this volume come from. */
export const reignOf = ({ openedEpoch, dataEpoch }: ReignState): number => Math.max(openedEpoch, dataEpoch)

/** What a reign ended with is final, and outlives a restart; anybody else's position is the live one. */
export function heldOf(state: ReignState, live: Position | undefined): Position | undefined {
  const { ending, openedEpoch } = state
  return isOwnReign(state) && ending?.epoch === openedEpoch ? ending : live
}

/**
 * Nothing is lost when the next primary's stream goes on from here. Data of an own reign that it cannot be compared with may
 * hold more; a replica's count only as far as they show it, or every restart of a replica would leave a copy.
 */
export function lossOf(state: ReignState, held: Position | undefined, next: History | undefined): Loss {
  const unknown: Loss = isOwnReign(state) ? { kind: 'Possible' } : { kind: 'None' }
  if (held === undefined || next === undefined) return unknown
  if (held.replid === next.replid && held.offsetBytes <= next.offsetBytes) return { kind: 'None' }
  if (held.replid !== next.replid2) return unknown
  const bytes = held.offsetBytes - (next.secondReplOffset - 1)
  return bytes > 0 ? { kind: 'Known', bytes } : { kind: 'None' }
}

const isOwnReign = ({ openedEpoch, dataEpoch }: ReignState): boolean =>
  openedEpoch > 0 && dataEpoch <= openedEpoch

/** Long enough for a person to come, and for a crash loop to end. */
const keptSeconds = 24 * 3600

/** An earlier copy stays for a day, unless less is known to be in it. After that the newest counts. */
export function outranks(
  loss: Loss,
  earlier: Pick<SalvageCopy, 'surplusBytes'> | undefined,
  earlierAgeSeconds: number,
): boolean {
  if (earlier === undefined || earlierAgeSeconds >= keptSeconds) return true
  return loss.kind === 'Known' && loss.bytes > (earlier.surplusBytes ?? 0)
}

/** The full sync that follows writes the data twice, as RDB and as base of the log; the next rewrite once more. */
const sizesToKeep = 3
const sizesToStay = 0.5

export const hasRoomToKeep = (bytes: number, freeBytes: number): boolean => freeBytes >= sizesToKeep * bytes

/** A full volume stops redis-server: what is served comes before what was lost. */
export const hasRoomToStay = (bytes: number, freeBytes: number): boolean => freeBytes >= sizesToStay * bytes
