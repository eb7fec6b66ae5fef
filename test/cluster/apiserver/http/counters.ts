// Counts requests by verb, resource and user, so that a test can say who did nothing.
export interface RequestCount {
  readonly verb: string
  /** `pods`, `pods/status`; empty for discovery and the like. */
  readonly resource: string
  readonly user: string
  readonly count: number
}

export interface Counters {
  add(request: Omit<RequestCount, 'count'>): void
  all(): readonly RequestCount[]
}

export function createCounters(): Counters {
  const counts = new Map<string, RequestCount>()
  return {
    add({ verb, resource, user }) {
      const key = `${verb} ${resource} ${user}`
      counts.set(key, { verb, resource, user, count: (counts.get(key)?.count ?? 0) + 1 })
    },
    all: () => [...counts.values()],
  }
}
