// What has just changed here that the hooks should look at soon, each in a few words.
import type { Sight } from './engine.ts'

export interface Glimpse {
  readonly state: string
  readonly linked: boolean
  readonly loading: boolean
}

export const nothingSeen: Glimpse = { state: 'waiting', linked: false, loading: false }

/** Whoever follows a primary, or granted it, is the first to see that it is gone. */
export function changesSince(
  before: Glimpse,
  sight: Sight,
  joined: boolean,
  misses: boolean,
): { readonly glimpse: Glimpse; readonly changes: readonly string[] } {
  const glimpse = glimpseOf(sight)
  const { linked, loading } = glimpse
  const runs = glimpse.state === 'running'
  const all: readonly (readonly [boolean, string])[] = [
    [joined, 'in sync'],
    [before.linked && !linked, 'lost the link to its primary'],
    [!joined && runs && before.state !== 'running', 'redis-server answers'],
    // Only now can it be told to follow, or to open.
    [!joined && runs && before.loading && !loading, 'redis-server has loaded its data'],
    [misses && sight.writableEpoch === 0, 'no heartbeat of the primary any more'],
  ]
  return { glimpse, changes: all.flatMap(([isSo, what]) => (isSo ? [what] : [])) }
}

const glimpseOf = ({ state, info }: Sight): Glimpse => ({
  state,
  linked: info?.role === 'slave' && info.linkUp,
  loading: info?.loading === true,
})
