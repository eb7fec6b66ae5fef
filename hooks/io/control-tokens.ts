// Remembers the token that a control Secret held before a rotation: until kubelet has renewed its mount a Pod takes only that.
export interface ControlTokens {
  /** Those to try, the one in force first. Only a hint: another replica of the hooks knows what it saw itself. */
  toTry(clusterUID: string, inForce: string | undefined, nowMs: number): readonly string[]
}

/** Mounts of two Pods change minutes apart. */
const rememberedMs = 600_000
const mostPrevious = 2
const mostClusters = 10_000

interface Held {
  readonly token: string
  /** When it was in force last. */
  readonly seenMs: number
}

export function controlTokens(): ControlTokens {
  const heldBy = new Map<string, readonly Held[]>()
  return {
    toTry(clusterUID, inForce, nowMs) {
      const previous = (heldBy.get(clusterUID) ?? [])
        .filter(({ token, seenMs }) => token !== inForce && nowMs - seenMs < rememberedMs)
        .slice(0, mostPrevious)
      const now = inForce === undefined ? [] : [{ token: inForce, seenMs: nowMs }]
      if (heldBy.size >= mostClusters) heldBy.clear()
      heldBy.set(clusterUID, [...now, ...previous])
      return [...now, ...previous].map(({ token }) => token)
    },
  }
}
