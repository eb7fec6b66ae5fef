// How long things may take before the hook calls them by another name, in seconds (failover protocol, timings).

/** A planned move that is not done by then is given up. */
export const drainSeconds = 20
/** Silence of the primary or the target before it counts as lost. */
export const failoverDelaySeconds = 2
/** A redis-server that does not answer while its instance server does. */
export const hungSeconds = 10
/** A target that answers but cannot be promoted. */
export const unfitSeconds = 2
/** Missing promises or proofs before the condition says Stuck. */
export const stuckSeconds = 10
/** A desired child that is not observed before it counts as a name collision. */
export const collisionSeconds = 10

/** A primary that cannot renew its right by reading the API, or by its peers' grants, stops after this long. */
export const apiServerTimeoutSeconds = 2.5
export const peerTimeoutSeconds = 5
/** A primary that only its peers hear is left in peace for so long. */
export const unreachableSeconds = 10

/** Next sync when nothing happens: idle, in a transition, and in its busiest steps. */
export const resync = { idle: 10, transition: 1, urgent: 0.2 } as const
