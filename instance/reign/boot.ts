// How redis-server starts: always as a read-only replica, of an acknowledged primary or of nobody.
import { mayAttach, type Reign } from '../ballot.ts'
import type { ReignState } from './state.ts'

export interface Upstream {
  readonly host: string
  readonly port: number
  /** The reign that it belongs to; 0 for nobody. */
  readonly epoch: number
}

/** An address that refuses every connection: a replica of it serves reads, refuses writes and copies nothing. */
export const nobody: Upstream = { host: '127.0.0.1', port: 1, epoch: 0 }

export interface Recorded {
  readonly reign: Reign
  /** Addresses by Pod UID. */
  readonly addresses: Readonly<Record<string, string>>
}

/**
 * Follows only the installed primary of the newest reign that this volume knows, and never a reign older than its data:
 * everything else is for the hooks to tell.
 */
export function planBoot(
  state: ReignState,
  recorded: Recorded | undefined,
  own: string,
  port: number,
): Upstream {
  const reign = recorded?.reign
  const primary = reign && installedPrimary(reign)
  if (primary === undefined || primary.uid === own || !mayAttach(reign?.terms, own)) return nobody
  if (primary.epoch < state.seen || primary.epoch < state.dataEpoch) return nobody
  const host = recorded?.addresses[primary.uid]
  return host === undefined ? nobody : { host, port, epoch: primary.epoch }
}

function installedPrimary(reign: Reign): { readonly uid: string; readonly epoch: number } | undefined {
  const { currentPrimaryUID: uid, currentEpoch: epoch, targetPrimaryUID, primaryEpoch } = reign
  const settled = uid === targetPrimaryUID && epoch === primaryEpoch
  return uid !== undefined && epoch !== undefined && settled ? { uid, epoch } : undefined
}
