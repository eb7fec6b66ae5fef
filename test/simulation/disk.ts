// A data volume: its lock, the reign state, the salvage copy, and the writes that are in the files and that would survive a power loss.
import type { SalvageNote, Shelf, Shelved } from '../../instance/parts.ts'
import { emptyState, type ReignState } from '../../instance/reign/state.ts'
import type { LogNode } from './dataset.ts'
import type { Process, World } from './world.ts'

interface Written {
  readonly atMs: number
  readonly log: LogNode | undefined
}

/** What was in the files when the copy was made. */
export interface Salvaged {
  readonly epoch: number
  readonly log: LogNode | undefined
}

const bytesOfAnyLog = 1000

/** `appendfsync everysec`: what is older than this is on the platters. */
const syncedAfterMs = 1000

export class Disk {
  reign: ReignState = emptyState
  /** How much longer redis-server takes to load it. */
  loadMs = 0
  /** How much longer the reign state takes to be written. */
  slowMs = 0
  /** How many writes of it are under way. */
  writing = 0
  salvaged: Salvaged | undefined
  /** No room for a salvage copy. */
  isTight = false
  private shelved: Shelved = { ageSeconds: 0 }
  /** In the files: what a restarted redis-server loads. */
  private written: Written[] = [{ atMs: 0, log: undefined }]
  private readonly world: World
  private readonly holders = new Set<Process>()

  constructor(world: World) {
    this.world = world
  }

  get log(): LogNode | undefined {
    return this.written.at(-1)?.log
  }

  /** The lock is held for life, and by a redis-server that outlives the process which took it. */
  lock(process: Process): boolean {
    for (const holder of this.holders) if (!holder.alive) this.holders.delete(holder)
    const free = this.holders.size === 0 || this.holders.has(process)
    if (free) this.holders.add(process)
    return free
  }

  inheritLock(process: Process): void {
    this.holders.add(process)
  }

  append(log: LogNode | undefined): void {
    const { nowMs } = this.world
    this.written.push({ atMs: nowMs, log })
    while ((this.written[1]?.atMs ?? nowMs) <= nowMs - 2 * syncedAfterMs) this.written.shift()
  }

  /** What was not synced yet is gone. */
  losePower(): void {
    const limitMs = this.world.nowMs - this.world.random.next() * syncedAfterMs
    while (this.written.length > 1 && (this.written.at(-1)?.atMs ?? 0) > limitMs) this.written.pop()
  }

  /** Links are made at once: only whole copies are modelled. */
  get shelf(): Shelf {
    return {
      tidy: () => Promise.resolve(),
      read: () => Promise.resolve(this.shelved),
      filesBytes: () => Promise.resolve(bytesOfAnyLog),
      freeBytes: () => Promise.resolve(this.isTight ? 0 : 1e9),
      put: (note) => {
        this.keep(note)
        return Promise.resolve()
      },
      drop: () => {
        this.forget()
        return Promise.resolve()
      },
      refuse: (refused) => Promise.resolve(void (this.shelved = { ...this.shelved, refused })),
    }
  }

  private keep(note: SalvageNote): void {
    const { epoch, primaryEpoch, surplusBytes } = note
    this.salvaged = { epoch, log: this.log }
    const copy = {
      path: `/data/salvage/epoch-${epoch}`,
      epoch,
      primaryEpoch,
      bytes: bytesOfAnyLog,
      madeAt: '',
    }
    this.shelved = {
      ageSeconds: 0,
      copy: { ...copy, ...(surplusBytes === undefined ? {} : { surplusBytes }) },
    }
  }

  private forget(): void {
    this.salvaged = undefined
    this.shelved = { ageSeconds: 0 }
  }

  wipe(): void {
    this.forget()
    this.reign = emptyState
    this.written = [{ atMs: this.world.nowMs, log: undefined }]
  }
}
