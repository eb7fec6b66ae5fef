// Hands over to a successor that keeps up: writes pause, it gets the last of them, and the promise ends the reign.
import type { Engine } from './engine.ts'
import type { Parts } from './parts.ts'
import type { Promises } from './promises.ts'
import { refuse, type Refusal } from './reign/rules.ts'

type Asking = Pick<Parts, 'clock' | 'offsetOf'>

export interface Successor {
  readonly uid: string
  readonly ip: string
}

/** Writes are held back for so long at most; the fence takes their place before it ends. */
const pauseMs = 3000
const catchUpMs = 1000
/** A successor that takes longer while writes go on would not be done while they wait. */
const promptMs = 250
const lookEveryMs = 5

/**
 * Undefined once redis-server accepts no writes for good and the successor has had all of them. On a refusal it goes on as
 * primary, with nothing lost but a moment.
 */
export type HandOver = (epoch: number, successor: Successor) => Promise<Refusal | undefined>

/** Safe to repeat: whoever asks meanwhile gets the same answer. */
export function handOverOf(engine: Engine, promises: Promises, asking: Asking): HandOver {
  let running: { readonly of: string; readonly done: Promise<Refusal | undefined> } | undefined
  return async (epoch, successor) => {
    const of = `${epoch} ${successor.uid}`
    if (running !== undefined && running.of !== of)
      return refuse('not-ready', `it is handing over for epoch ${running.of} already`)
    running ??= { of, done: handOver(engine, promises, asking, epoch, successor) }
    try {
      return await running.done
    } finally {
      running = undefined
    }
  }
}

async function handOver(
  engine: Engine,
  promises: Promises,
  asking: Asking,
  epoch: number,
  successor: Successor,
): Promise<Refusal | undefined> {
  const { writableEpoch } = engine.seen()
  if (promises.highest() > epoch) return refuse('older-epoch', `epoch ${promises.highest()} is promised`)
  if (writableEpoch === 0 || writableEpoch >= epoch) return await promises.to(epoch, successor.uid)
  const { offsetBytes } = await engine.control().info()
  if (!(await reaches(asking, successor, promptMs, () => Promise.resolve(offsetBytes))))
    return behind(successor, `${promptMs} ms`)
  await engine.control().pauseWrites(pauseMs)
  const written = async (): Promise<number> => (await engine.control().info()).offsetBytes
  const caughtUp = await reaches(asking, successor, catchUpMs, written)
  const refused = caughtUp
    ? await promises.to(epoch, successor.uid)
    : behind(successor, `${catchUpMs} ms of held writes`)
  // After the fence those who waited are told that this is a replica; after a refusal they go on.
  await engine
    .control()
    .resumeWrites()
    .catch(() => undefined)
  return refused
}

/** Asks the successor itself: Redis tells its primary only once a second, and not while writes are held. */
async function reaches(
  { clock, offsetOf }: Asking,
  { ip }: Successor,
  withinMs: number,
  goal: () => Promise<number>,
): Promise<boolean> {
  const deadlineMs = clock.nowMs() + withinMs
  while (clock.nowMs() < deadlineMs) {
    const wanted = await goal()
    const reached = await offsetOf(ip, withinMs).catch(() => undefined)
    if (reached !== undefined && reached >= wanted) return true
    await clock.pause(lookEveryMs)
  }
  return false
}

const behind = ({ ip }: Successor, time: string): Refusal =>
  refuse('not-caught-up', `${ip} has not caught up within ${time}: this stays primary`)
