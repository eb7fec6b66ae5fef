// What a redis-server sees of the world, and its connection to another one.
import type { LogNode } from './dataset.ts'
import type { Engine } from './engine.ts'
import type { Network } from './network.ts'
import type { World } from './world.ts'

export interface Neighbours {
  readonly world: World
  readonly network: Network
  /** Who listens on the Redis port of this address. */
  engineAt(address: string): Engine | undefined
  /** Called whenever an engine could accept a write, or did. */
  onWritable(engine: Engine): void
  /** A copy restarts or is gone: until it is in sync again, what it holds may be less than it was. */
  onEnded(engine: Engine): void
  /** A full sync is about to replace what is in memory and in the files. */
  onReplaced(engine: Engine, next: LogNode | undefined): void
}

export interface Link {
  readonly replica: Engine
  /** As acknowledged by the replica. */
  acknowledged: number
  sending: boolean
}
