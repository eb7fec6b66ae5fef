// Describes an instance as GET /v1/status shows it: the documented fields first, then what the hooks' facts need.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fencedAnnotation, type InstanceStatus, type Salvage } from './api.ts'
import type { RestoreReport, RunningBackup } from './artifact.ts'
import type { ShownPromise, Term } from './ballot.ts'
import type { Config } from './config.ts'
import type { Sight } from './engine.ts'
import type { SettingsReport } from './live-settings.ts'
import type { Heard } from './reign/heard.ts'
import type { ReignState } from './reign/state.ts'

export interface Description {
  readonly config: Config
  readonly state: ReignState
  readonly obeyed: { readonly epoch: number; readonly target: string }
  readonly sight: Sight
  readonly settings: SettingsReport
  readonly locked: boolean
  readonly promises: ShownPromise[]
  readonly heard: Heard
  readonly grantSeconds: number
  readonly term: Term | undefined
  readonly salvage: Salvage | undefined
  readonly backup: RunningBackup | undefined
  readonly restore?: RestoreReport | undefined
  readonly waitingFor: string | undefined
  readonly terminating: boolean
  readonly held: boolean
  readonly retired: boolean
}

/** Identity of an instance that belongs to no cluster. */
export const byHand = 'by-hand'

const sampleMs = 50
const loopDelay = monitorEventLoopDelay({ resolution: sampleMs })
loopDelay.enable()

export function describe(description: Description): InstanceStatus {
  const { config, state, obeyed, sight, settings, locked, terminating } = description
  const { salvage, backup, restore } = description
  const { cluster } = config
  return {
    ...replicationPart(sight),
    connected: true,
    ...(cluster === undefined ? {} : { clusterUID: cluster.uid }),
    podUID: cluster?.podUid ?? byHand,
    podName: cluster?.pod ?? byHand,
    seen: obeyed.epoch,
    ...(obeyed.target === '' ? {} : { seenTarget: obeyed.target }),
    ...reignPart(state, sight),
    ...rightPart(description),
    redis: redisPart(description),
    fencedByUser: description.held,
    ...(hasRetired(description) ? { retired: true } : {}),
    terminating,
    volume: { locked, predecessors: state.holders.filter((uid) => uid !== (cluster?.podUid ?? byHand)) },
    config: settings,
    ...(salvage === undefined ? {} : { salvage }),
    ...(backup === undefined ? {} : { backup }),
    ...(restore === undefined ? {} : { restore }),
    eventLoopDelayMs: loopDelayMs(),
  }
}

/** Only once redis-server is reaped, and before it ever ran. */
const hasRetired = ({ retired, locked, sight: { state } }: Description): boolean =>
  retired && locked && (state === 'stopped' || state === 'waiting')

type ReplicationPart = Pick<
  InstanceStatus,
  | 'role'
  | 'replicationOffset'
  | 'connectedReplicas'
  | 'masterLinkStatus'
  | 'follows'
  | 'syncInProgress'
  | 'replid'
  | 'replid2'
  | 'secondReplOffset'
>

/** What a redis-server said that no longer answers is not repeated: role is then absent. */
function replicationPart({ info, state }: Sight): ReplicationPart {
  if (info === undefined || state !== 'running')
    return { replicationOffset: 0, connectedReplicas: 0, syncInProgress: false }
  const link: 'up' | 'down' = info.linkUp ? 'up' : 'down'
  return {
    role: info.role,
    replicationOffset: info.offsetBytes,
    connectedReplicas: info.connectedReplicas,
    ...(info.role === 'slave' ? { masterLinkStatus: link } : {}),
    ...(info.follows === undefined ? {} : { follows: info.follows }),
    syncInProgress: info.syncInProgress,
    replid: info.replid,
    replid2: info.replid2,
    secondReplOffset: info.secondReplOffset,
  }
}

function rightPart({
  promises,
  heard,
  grantSeconds,
  term,
}: Description): Pick<InstanceStatus, 'shownPromises' | 'grant' | 'relayed' | 'ended' | 'term'> {
  return {
    shownPromises: promises,
    grant: {
      seconds: grantSeconds,
      ...(heard.granted === undefined ? {} : { uid: heard.granted.uid, terms: [...heard.granted.terms] }),
    },
    relayed: Object.entries(heard.relayed).map(([uid, promised]) => ({ uid, ...promised })),
    ...(heard.ended.length > 0 ? { ended: [...heard.ended] } : {}),
    ...(term === undefined ? {} : { term }),
  }
}

type ReignPart = Pick<
  InstanceStatus,
  'openedEpoch' | 'writable' | 'dataEpoch' | 'foreign' | 'empty' | 'restarted' | 'position'
>

/** In sync since its start, the live offset counts; otherwise what the data say of themselves, and what was recorded. */
function reignPart(state: ReignState, sight: Sight): ReignPart {
  const { info, fresh, syncedEpoch, writableEpoch, markedEpoch } = sight
  const live = syncedEpoch > 0 && fresh && info !== undefined
  const recorded = info?.keys === 0 ? 0 : state.dataEpoch
  const dataEpoch = syncedEpoch > 0 ? syncedEpoch : (markedEpoch ?? recorded)
  const offsetBytes = dataEpoch === state.dataEpoch ? state.offsetBytes : 0
  return {
    openedEpoch: state.openedEpoch,
    writable: writableEpoch > 0,
    dataEpoch,
    foreign: state.foreign,
    empty: dataEpoch === 0 && info?.keys === 0 && !info.loading,
    restarted: syncedEpoch === 0,
    position: live ? { offsetBytes: info.offsetBytes, exact: true } : { offsetBytes, exact: false },
  }
}

function redisPart({ sight, waitingFor, held }: Description): InstanceStatus['redis'] {
  const { state, info, silentSeconds } = sight
  const reason = held ? `it is stopped by the annotation ${fencedAnnotation}` : (sight.reason ?? waitingFor)
  const shownReason = state === 'running' || state === 'starting' ? undefined : reason
  return {
    state,
    ...(info === undefined ? {} : { version: info.version }),
    loading: info?.loading ?? false,
    silentSeconds: state === 'hung' ? Math.round(silentSeconds) : 0,
    ...(shownReason === undefined ? {} : { reason: shownReason.slice(0, 512) }),
  }
}

/** The histogram counts whole samples; what is beyond the sampling period is delay. */
function loopDelayMs(): number {
  const meanMs = loopDelay.mean / 1e6
  return Number.isFinite(meanMs) ? Math.max(0, Math.round(meanMs - sampleMs)) : 0
}
