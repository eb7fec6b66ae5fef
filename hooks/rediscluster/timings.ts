// How long things may take before the hook calls them by another name, in seconds (failover protocol, timings).

import type { Term } from '../../instance/ballot.ts'
import type { RedisClusterSpec } from './spec.ts'

/** A planned move that is not done by then is given up. */
export const drainSeconds = 20
/** A target that answers but cannot be promoted. */
export const unfitSeconds = 2
/** Missing promises or proofs before the condition says Stuck. */
export const stuckSeconds = 10
/** A desired child that is not observed before it counts as a name collision. */
export const collisionSeconds = 10

/** What a spec may say otherwise, as durations. */
export const defaults = {
  delay: '2s',
  hung: '10s',
  unreachable: '10s',
  apiServerTimeout: '2500ms',
  peerTimeout: '5s',
} as const

export interface Patience {
  /** Silence of the primary or the target before it counts as lost. */
  readonly delaySeconds: number
  /** A redis-server that does not answer while its instance server does. */
  readonly hungSeconds: number
  /** A primary that only its peers hear is left in peace for so long. */
  readonly unreachableSeconds: number
}

export function patienceOf({ failover }: Pick<RedisClusterSpec, 'failover'>): Patience {
  const { delay, hung, unreachable } = { ...defaults, ...failover }
  return {
    delaySeconds: secondsIn(delay),
    hungSeconds: secondsIn(hung),
    unreachableSeconds: secondsIn(unreachable),
  }
}

/** When a primary stops by itself; the same numbers decide when it may be counted out. */
export function isolationOf({
  primaryIsolation,
}: Pick<RedisClusterSpec, 'primaryIsolation'>): Omit<Term, 'members' | 'minSyncReplicas'> {
  const { enabled = true, apiServerTimeout, peerTimeout } = { ...defaults, ...primaryIsolation }
  return {
    isolation: enabled,
    apiServerTimeoutSeconds: secondsIn(apiServerTimeout),
    peerTimeoutSeconds: secondsIn(peerTimeout),
  }
}

/** `2500ms` or `5s`. */
const secondsIn = (duration: string): number =>
  duration.endsWith('ms') ? parseInt(duration, 10) / 1000 : parseInt(duration, 10)

/** Next sync when nothing happens: idle, in a transition, and in its busiest steps. */
export const resync = { idle: 10, transition: 1, urgent: 0.2 } as const
