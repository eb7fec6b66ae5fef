// What an instance needs of the world, as interfaces: the real ones are built in main, modelled ones in the simulator.
import type { Logger } from 'pino'
import type {
  Heartbeat,
  HeartbeatAnswer,
  InstanceStatus,
  Salvage,
  SalvageCopy,
  SalvageRefusal,
} from './api.ts'
import type { Backups } from './backup/backups.ts'
import type { Engine } from './engine.ts'
import type { KubernetesApi } from './kubernetes/api.ts'
import type { SettingsReport } from './live-settings.ts'
import type { RedisControl } from './redis/control.ts'
import type { Upstream } from './reign/boot.ts'
import type { History, Position } from './reign/salvage.ts'
import type { ReignState } from './reign/state.ts'
import type { Restorer } from './restore/restorer.ts'
import type { Settings } from './settings.ts'

export interface Parts {
  readonly clock: Clock
  /** Undefined for an instance that was started by hand. */
  readonly api: KubernetesApi | undefined
  /** Sends a heartbeat to the instance at this address; rejects when it is not answered in time. */
  readonly beat: (ip: string, heartbeat: Heartbeat, deadlineMs: number) => Promise<HeartbeatAnswer>
  /** What the instance at this address has of its primary's stream; rejects when it does not follow or does not answer. */
  readonly offsetOf: (ip: string, deadlineMs: number) => Promise<number>
  /** What the instance at this address says of itself; rejects when it does not answer. */
  readonly statusOf: (ip: string, deadlineMs: number) => Promise<InstanceStatus>
  readonly volume: Volume
  readonly redis: (onExit: (reason: string) => void) => RedisServer
  readonly settings: (engine: Engine) => SettingsSource
  /** Undefined where there are no files to back up: in the simulator. */
  readonly backups?: (engine: Engine) => Backups
  /** Undefined where there are no files to restore to: in the simulator. */
  readonly restorer?: Restorer
  /** Another one for each life of the process. */
  readonly incarnation: string
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>
}

export type Log = Parts['log']

export interface Clock {
  /** Monotonic. */
  nowMs(): number
  /** Resolves after `ms`, or as soon as the signal aborts. */
  pause(ms: number, signal?: AbortSignal): Promise<void>
  /** At least 0, below 1. */
  chance(): number
}

/** The data volume: its lock, and the reign state on it. */
export interface Volume {
  /** Once taken it is held for life, by every redis-server that is started, too. */
  tryLock(): Promise<boolean>
  read(): Promise<ReignState>
  /** Resolves when the state would survive a power loss. */
  write(state: ReignState): Promise<void>
  readonly shelf: Shelf
}

/** Where the volume keeps one copy of what redis-server would load, beside it. */
export interface Shelf {
  /** Takes away what a crash left unfinished. */
  tidy(): Promise<void>
  read(): Promise<Shelved>
  /** Of the files to copy; undefined when there are none. */
  filesBytes(): Promise<number | undefined>
  freeBytes(): Promise<number>
  /** The copy takes the place of an earlier one, and of a refusal; complete, or not at all. */
  put(note: SalvageNote): Promise<void>
  drop(): Promise<void>
  /** Writes down that nothing was kept, and why. */
  refuse(refusal: SalvageRefusal): Promise<void>
}

export interface Shelved extends Salvage {
  readonly ageSeconds: number
}

/** What is written beside the copy, for the person who looks at it. */
export interface SalvageNote extends Pick<SalvageCopy, 'epoch' | 'primaryEpoch' | 'surplusBytes'> {
  /** Address of the new primary. */
  readonly primary: string
  readonly held?: Position
  readonly next?: History
}

/** One redis-server process at a time. */
export interface RedisServer {
  /** Starts it as a read-only replica of `upstream`, with its users in force from the first moment. */
  start(settings: Settings, upstream: Upstream): Promise<RedisControl>
  /** SIGTERM, so that Redis saves and waits for its replicas; SIGKILL only when the deadline passes. Resolves when reaped. */
  stop(deadlineMs: number): Promise<void>
  /** SIGKILL to the whole group, forks included. Resolves when reaped. */
  kill(): Promise<void>
  running(): boolean
  /** Why it does not run, as a sentence. */
  lastExit(): string | undefined
}

export interface SettingsSource {
  /** As the files are now; remembered as what redis-server is started with. Throws while a file is missing. */
  current(): Promise<Settings>
  /** Applies what changed to a running redis-server. */
  refresh(): Promise<void>
  report(): SettingsReport
}
