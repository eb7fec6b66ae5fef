// How redis-server starts: always as a read-only replica, of an acknowledged primary or of nobody.
import type { Reign } from '../api.ts'
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
  const { currentPrimaryUID, currentEpoch = 0, targetPrimaryUID, primaryEpoch } = recorded?.reign ?? {}
  const settled = currentPrimaryUID === targetPrimaryUID && currentEpoch === primaryEpoch
  if (currentPrimaryUID === undefined || currentPrimaryUID === own || !settled) return nobody
  if (currentEpoch < state.seen || currentEpoch < state.dataEpoch) return nobody
  const host = recorded?.addresses[currentPrimaryUID]
  return host === undefined ? nobody : { host, port, epoch: currentEpoch }
}
