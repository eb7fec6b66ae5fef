// The promise in action: redis-server obeys it at once, the disk keeps it, the Pod shows it; answered when the first two are done.
import type { KeptPromise, Life } from './life.ts'
import type { Clock, Log, Parts } from './parts.ts'
import { promise, type Refusal } from './reign/rules.ts'
import type { PromiseBoard } from './shown-promise.ts'

const promiseWaitMs = 10_000
const lookEveryMs = 250
const pollAgainMs = 1000

export class Promises {
  private readonly life: Life
  private readonly clock: Clock
  private readonly log: Log
  private readonly board: PromiseBoard | undefined
  /** Accepted, and perhaps not on disk yet: writes of a lower reign stop without waiting for a disk. */
  private accepted = 0

  constructor(life: Life, { clock, log }: Parts, board: PromiseBoard | undefined) {
    this.life = life
    this.clock = clock
    this.log = log
    this.board = board
  }

  highest(): number {
    return Math.max(this.accepted, this.life.keeper.state().seen)
  }

  /** Safe to repeat. Rejects when redis-server or the disk did not follow: then nothing may be built on it. */
  async to(epoch: number, target: string): Promise<Refusal | undefined> {
    const { keeper } = this.life
    const before = keeper.state()
    let enforced: Promise<void> = Promise.resolve()
    const outcome = await keeper.decide(
      (state) => promise(state, epoch, target),
      (next) => {
        this.accepted = Math.max(this.accepted, next.seen)
        enforced = this.enforce(next.seen)
        enforced.catch(() => undefined)
      },
    )
    if (outcome.kind === 'Refused') return outcome
    await enforced
    await this.obey()
    if (before.seen < epoch && before.openedEpoch === before.seen && before.seen > 0)
      await this.partWithClients()
    await this.show()
    return undefined
  }

  /** Told by others than the hooks: nobody waits for it. */
  soon(epoch: number, target: string): void {
    if (epoch <= this.highest()) return
    this.to(epoch, target).catch((error: unknown) =>
      this.log.error({ err: error }, 'a promise that others told of is not kept yet; trying again'),
    )
  }

  /** What the disk holds is obeyed, and reported once redis-server has answered since. */
  async obey(): Promise<void> {
    const { engine, keeper } = this.life
    const { seen: epoch, seenTarget: target } = keeper.state()
    await this.enforce(epoch)
    if (!engine.seen().fresh) await engine.poll()
    const { fresh, info } = engine.seen()
    // An older answer could show a position that it went beyond before it was fenced.
    if (!fresh && info !== undefined) throw new Error('redis-server has not answered since it was fenced')
    if (epoch >= this.life.obeyed.epoch) this.life.obeyed = { epoch, target } satisfies KeptPromise
  }

  get isBehind(): boolean {
    return this.life.obeyed.epoch < this.life.keeper.state().seen
  }

  /** A failure means that whoever reads the API learns later of it. */
  async show(): Promise<void> {
    await this.board?.show(this.life.obeyed).catch(() => undefined)
  }

  /** That this redis-server is stopped can be read only while somebody answers: until a successor is named, or too long. */
  async untilAbove(epoch: number): Promise<void> {
    const deadlineMs = this.clock.nowMs() + promiseWaitMs
    while (this.life.keeper.state().seen <= epoch && this.clock.nowMs() < deadlineMs)
      await this.clock.pause(lookEveryMs)
    // One more poll of the hooks must find the stopped state.
    await this.clock.pause(pollAgainMs)
  }

  /** No writes of a lower reign, and no copying from one. */
  private async enforce(epoch: number): Promise<void> {
    const { engine, roles } = this.life
    await roles(async () => {
      const { writableEpoch, upstream } = engine.seen()
      const wasWritable = writableEpoch > 0 && writableEpoch < epoch
      if (wasWritable || (upstream.epoch > 0 && upstream.epoch < epoch))
        await engine.refuseWrites(wasWritable)
    })
  }

  /** Applications that came while this was the primary's address would go on talking to a replica. */
  private async partWithClients(): Promise<void> {
    const { engine, roles } = this.life
    await roles(async () => {
      if (engine.seen().state === 'running') await engine.control().disconnectClients()
    }).catch((error: unknown) => this.log.warn({ err: error }, 'applications could not be disconnected'))
  }
}
