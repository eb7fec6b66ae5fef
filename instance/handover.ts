// Hands over to a successor while all is well: writes pause, the successor catches up, and the promise ends the reign.
import type { Engine } from './engine.ts'
import type { Clock } from './parts.ts'
import type { Promises } from './promises.ts'
import { refuse, type Refusal } from './reign/rules.ts'

export interface Successor {
  readonly uid: string
  readonly ip: string
}

/** Writes are held back for so long at most; the fence takes their place before it ends. */
const pauseMs = 3000
const catchUpMs = 1000
const lookEveryMs = 5

/**
 * Undefined once redis-server accepts no writes for good and the successor has had all of them. On a refusal it goes on as
 * primary, with nothing lost but a moment.
 */
export type HandOver = (epoch: number, successor: Successor) => Promise<Refusal | undefined>

/** Safe to repeat: whoever asks meanwhile gets the same answer. */
export function handOverOf(engine: Engine, promises: Promises, clock: Clock): HandOver {
  let running: Promise<Refusal | undefined> | undefined
  return async (epoch, successor) => {
    running ??= handOver(engine, promises, clock, epoch, successor)
    try {
      return await running
    } finally {
      running = undefined
    }
  }
}

async function handOver(
  engine: Engine,
  promises: Promises,
  clock: Clock,
  epoch: number,
  successor: Successor,
): Promise<Refusal | undefined> {
  const { writableEpoch } = engine.seen()
  if (promises.highest() > epoch) return refuse('older-epoch', `epoch ${promises.highest()} is promised`)
  if (writableEpoch === 0 || writableEpoch >= epoch) return await promises.to(epoch, successor.uid)
  await engine.control().pauseWrites(pauseMs)
  const caughtUp = await untilCaughtUp(engine, clock, successor.ip)
  const refused = caughtUp ? await promises.to(epoch, successor.uid) : behind(successor)
  // After the fence those who waited are told that this is a replica; after a refusal they go on.
  await engine
    .control()
    .resumeWrites()
    .catch(() => undefined)
  return refused
}

async function untilCaughtUp(engine: Engine, clock: Clock, ip: string): Promise<boolean> {
  const deadlineMs = clock.nowMs() + catchUpMs
  while (clock.nowMs() < deadlineMs) {
    const info = await engine.control().info()
    const replica = info.replicas.find((each) => each.ip === ip)
    if (replica !== undefined && replica.offsetBytes >= info.offsetBytes) return true
    await clock.pause(lookEveryMs)
  }
  return false
}

const behind = ({ ip }: Successor): Refusal =>
  refuse('not-caught-up', `${ip} has not caught up within ${catchUpMs} ms of held writes: this stays primary`)
