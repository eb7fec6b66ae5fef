// What has just changed here that the hooks should look at soon, each in a few words.
import type { Sight } from './engine.ts'

export interface Glimpse {
  readonly state: string
  readonly linked: boolean
}

export const nothingSeen: Glimpse = { state: 'waiting', linked: false }

/** Whoever follows a primary, or granted it, is the first to see that it is gone. */
export function changesSince(
  before: Glimpse,
  { state, info, writableEpoch }: Sight,
  joined: boolean,
  misses: boolean,
): { readonly glimpse: Glimpse; readonly changes: readonly string[] } {
  const linked = info?.role === 'slave' && info.linkUp
  const answers = state === 'running' && before.state !== 'running'
  const changes = [
    ...(joined ? ['in sync'] : []),
    ...(before.linked && !linked ? ['lost the link to its primary'] : []),
    ...(answers && !joined ? ['redis-server answers'] : []),
    ...(misses && writableEpoch === 0 ? ['no heartbeat of the primary any more'] : []),
  ]
  return { glimpse: { state, linked }, changes }
}
