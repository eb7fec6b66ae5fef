// What a fault can be put into and clients can be pointed at: this operator's cluster, or one that Redis Sentinel watches.
import type { Redis, RedisOptions } from 'ioredis'
import type { Cut } from './network.ts'

export interface Host {
  readonly name: string
  readonly ip: string
}

export interface System {
  readonly name: string
  readonly password: string
  /** Where a client on the node of an instance connects from. */
  readonly nodeAddress: string | undefined
  /** Every instance that runs now. */
  hosts(): readonly Host[]
  primary(): Promise<Host>
  /** A client as applications have it, which follows the primary. */
  connect(options: RedisOptions): Promise<Redis>
  /** redis-server, what starts and watches it, or both. */
  signal(host: Host, which: 'redis' | 'supervisor' | 'both', name: NodeJS.Signals): void
  /** Its data, also while it runs. */
  wipe(host: Host): void
  /** Undefined without namespaces. */
  readonly cut: ((host: Host, what: Cut) => void) | undefined
  reconnect(host: Host): void
  /** A planned move of the primary to another instance. */
  move(from: Host): Promise<void>
  /** Undefined when all is as it was: one primary, two replicas in sync; else what is missing. */
  unhealed(): Promise<string | undefined>
  /** Logs and state, into this directory: where a broken promise is worth looking into. */
  readonly evidence?: (directory: string) => Promise<void>
}
