// Before redis-server follows another primary: a copy of what that one may lack, for a person to look at. Never stands in the way.
import type { Salvage as SalvageReport, SalvageCopy, SalvageRefusal } from './api.ts'
import type { Engine, Sight } from './engine.ts'
import type { Keeper } from './keeper.ts'
import { mutex } from './mutex.ts'
import type { Parts, Shelf, Shelved } from './parts.ts'
import type { Upstream } from './reign/boot.ts'
import {
  hasRoomToKeep,
  hasRoomToStay,
  heldOf,
  lossOf,
  outranks,
  reignOf,
  type History,
  type Loss,
  type Position,
} from './reign/salvage.ts'

const askMs = 1000
const lookEveryMs = 2000

export class Salvage {
  private readonly keeper: Keeper
  private readonly parts: Parts
  private readonly shelf: Shelf
  private readonly clusterUID: string | undefined
  private readonly onTransition: (what: string) => void
  private readonly alone = mutex()
  private shelved: Shelved = { ageSeconds: 0 }
  /** A full volume may not take it. */
  private unwritten: SalvageRefusal | undefined
  private lookedAtMs = -Infinity

  constructor(
    clusterUID: string | undefined,
    keeper: Keeper,
    parts: Parts,
    onTransition: (what: string) => void,
  ) {
    this.clusterUID = clusterUID
    this.keeper = keeper
    this.parts = parts
    this.shelf = parts.volume.shelf
    this.onTransition = onTransition
  }

  /** What lies there, and what could not be kept; undefined when there is neither. */
  get report(): SalvageReport | undefined {
    const { copy, refused = this.unwritten } = this.shelved
    if (copy === undefined && refused === undefined) return undefined
    return { ...(copy === undefined ? {} : { copy }), ...(refused === undefined ? {} : { refused }) }
  }

  /** Once the volume is ours, and before anything is reported of it. Never rejects. */
  async begin(): Promise<void> {
    await this.shelf.tidy().catch((error: unknown) => this.unreadable(error))
    await this.look()
  }

  /**
   * Called when redis-server accepts no writes, before it is told to follow, or is started to: a full sync deletes its files.
   * `live` is where redis-server stands, if it has been in sync since it was started. Never rejects.
   */
  async before(upstream: Upstream, live: Position | undefined): Promise<void> {
    const { clusterUID } = this
    if (clusterUID === undefined) return
    await this.alone(async () => {
      const state = this.keeper.state()
      const epoch = reignOf(state)
      if (upstream.epoch <= epoch) return
      const held = heldOf(state, live)
      const next = held && (await this.historyOf(upstream, clusterUID))
      const loss = lossOf(state, held, next)
      if (loss.kind === 'None') return
      await this.keep(epoch, loss, { upstream, held, next }).catch((error: unknown) =>
        this.refuse(epoch, `its files could not be linked: ${messageOf(error)}`),
      )
    })
  }

  /** Notices what a person took away, and gives the copy up before the volume is full. */
  async look(): Promise<void> {
    const { clock } = this.parts
    if (this.clusterUID === undefined || clock.nowMs() - this.lookedAtMs < lookEveryMs) return
    this.lookedAtMs = clock.nowMs()
    await this.alone(async () => {
      const before = JSON.stringify(this.report)
      this.shelved = await this.shelf.read()
      if (this.shelved.copy !== undefined) await this.makeRoom(this.shelved.copy)
      if (JSON.stringify(this.report) !== before) this.onTransition('the salvage copy changed')
    }).catch((error: unknown) => this.unreadable(error))
  }

  private unreadable(error: unknown): void {
    this.parts.log.warn({ err: error }, 'the salvage copy cannot be looked at')
  }

  private async keep(epoch: number, loss: Loss, { upstream, held, next }: Occasion): Promise<void> {
    this.shelved = await this.shelf.read()
    // Killed before the files of the full sync were in place: the first copy is what it still has.
    if (this.shelved.copy?.epoch === epoch) return
    const obstacle = await this.obstacleFor(loss)
    if (obstacle !== undefined) {
      await this.refuse(epoch, obstacle)
      return
    }
    await this.shelf.put({
      epoch,
      primaryEpoch: upstream.epoch,
      ...(loss.kind === 'Known' ? { surplusBytes: loss.bytes } : {}),
      primary: upstream.host,
      ...(held === undefined ? {} : { held }),
      ...(next === undefined ? {} : { next }),
    })
    this.unwritten = undefined
    this.shelved = await this.shelf.read()
    this.parts.log.warn({ salvage: this.report }, 'keeping a salvage copy of what the new primary may lack')
    this.onTransition('a salvage copy is kept')
  }

  private async obstacleFor(loss: Loss): Promise<string | undefined> {
    const { copy, ageSeconds } = this.shelved
    if (copy !== undefined && !outranks(loss, copy, ageSeconds))
      return `the copy of epoch ${copy.epoch} is less than a day old`
    const bytes = await this.shelf.filesBytes()
    if (bytes === undefined) return 'there is no append-only file on the volume'
    const freeBytes = await this.shelf.freeBytes()
    if (hasRoomToKeep(bytes, freeBytes)) return undefined
    return `it has ${bytes} bytes, and only ${freeBytes} bytes of the volume are free`
  }

  private async makeRoom({ epoch, bytes }: SalvageCopy): Promise<void> {
    const freeBytes = await this.shelf.freeBytes()
    if (hasRoomToStay(bytes, freeBytes)) return
    await this.shelf.drop()
    await this.refuse(epoch, `it was given up: only ${freeBytes} bytes of the volume are free`)
  }

  private async refuse(epoch: number, reason: string): Promise<void> {
    const refused = { epoch, reason: reason.slice(0, 512) }
    this.parts.log.error({ refused }, 'no salvage copy is kept')
    const isWritten = await this.shelf.refuse(refused).then(
      () => true,
      () => false,
    )
    this.unwritten = isWritten ? undefined : refused
    this.shelved = await this.shelf.read().catch((): Shelved => ({ ageSeconds: 0 }))
    this.onTransition('no salvage copy is kept')
  }

  /** Only the primary of that very epoch is to be compared with. */
  private async historyOf({ host, epoch }: Upstream, clusterUID: string): Promise<History | undefined> {
    const status = await this.parts.statusOf(host, askMs).catch(() => undefined)
    if (status?.clusterUID !== clusterUID || !status.writable || status.openedEpoch !== epoch)
      return undefined
    const { replid, replid2, secondReplOffset, replicationOffset: offsetBytes } = status
    if (replid === undefined || replid2 === undefined || secondReplOffset === undefined) return undefined
    return { replid, replid2, secondReplOffset, offsetBytes }
  }
}

interface Occasion {
  readonly upstream: Upstream
  readonly held: Position | undefined
  readonly next: History | undefined
}

/** Where redis-server stands; after a restart its offset says nothing about the stream before. */
export function positionIn({ info, fresh, syncedEpoch }: Sight): Position | undefined {
  if (info === undefined || !fresh || syncedEpoch === 0) return undefined
  return { replid: info.replid, offsetBytes: info.offsetBytes }
}

/** Where its reign ended, once nothing can be added: so that a planned move leaves no copy, although the Pod restarts. */
export async function rememberEnd(keeper: Keeper, engine: Engine): Promise<void> {
  const { openedEpoch, ending } = keeper.state()
  const sight = engine.seen()
  const isOver = sight.info?.role === 'slave' && sight.writableEpoch === 0 && sight.upstream.epoch === 0
  const position = positionIn(sight)
  if (!isOver || position === undefined || sight.syncedEpoch !== openedEpoch) return
  if (ending?.epoch !== openedEpoch) await keeper.record({ ending: { epoch: openedEpoch, ...position } })
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown')
