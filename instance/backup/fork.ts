// Makes redis-server write its dataset down by a fork that began after this was asked for, and waits until it is over.
import type { Clock } from '../parts.ts'
import type { Persistence } from '../redis/persistence.ts'
import { BackupFailure } from './failure.ts'
import type { RedisSession } from './session.ts'

export interface ForkKind {
  readonly command: 'BGSAVE' | 'BGREWRITEAOF'
  /** Runs, or waits to. */
  isUnderWay(persistence: Persistence): boolean
  begun(persistence: Persistence): number
  wentWell(persistence: Persistence): boolean
  /** What it leaves must be taken away: then an abort waits for its end, for nothing but Redis itself ends it. */
  readonly leavesFile: boolean
}

export const saving: ForkKind = {
  command: 'BGSAVE',
  isUnderWay: (persistence) => persistence.saving,
  begun: (persistence) => persistence.savesBegun,
  wentWell: (persistence) => persistence.lastSaveOk,
  leavesFile: true,
}

export const rewriting: ForkKind = {
  command: 'BGREWRITEAOF',
  isUnderWay: (persistence) => persistence.rewriting,
  begun: (persistence) => persistence.rewritesBegun,
  wentWell: (persistence) => persistence.lastRewriteOk,
  leavesFile: false,
}

const pollMs = 100

/**
 * A fork that runs already holds older data: it is waited for, then another is asked for. `beforeAsking` is called when
 * no fork runs.
 */
export async function fork(
  { command, ...kind }: ForkKind,
  session: RedisSession,
  clock: Clock,
  signal: AbortSignal,
  beforeAsking: () => Promise<void>,
): Promise<void> {
  for (;;) {
    const calm = await untilNoFork(session, clock, signal)
    await beforeAsking()
    const reply = await session.ask(command)
    if (reply.kind === 'Refused' && !isBusy(reply.text)) throw failed(command, `says ${reply.text}`)
    // "Scheduled", when somebody else was faster, is no beginning; nor is silence.
    const isSure = reply.kind === 'Answered' && reply.text.includes('started')
    if (!isSure && !(await hasBegun(kind, kind.begun(calm), session, clock, signal))) continue
    const end = await untilOver(kind, session, clock, kind.leavesFile ? undefined : signal)
    signal.throwIfAborted()
    if (kind.wentWell(end)) return
    throw failed(command, 'reports that it failed; its log has the reason')
  }
}

type Watched = Omit<ForkKind, 'command'>

async function untilNoFork(session: RedisSession, clock: Clock, signal: AbortSignal): Promise<Persistence> {
  for (;;) {
    signal.throwIfAborted()
    const now = await session.look()
    if (!now.forked && !now.rewriting) return now
    await clock.pause(pollMs, signal)
  }
}

/** Whether one began after the count was taken; false when none did, and none waits to. */
async function hasBegun(
  kind: Watched,
  count: number,
  session: RedisSession,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    signal.throwIfAborted()
    const now = await session.look()
    if (kind.begun(now) !== count) return true
    if (!kind.isUnderWay(now)) return false
    await clock.pause(pollMs, signal)
  }
}

async function untilOver(
  kind: Watched,
  session: RedisSession,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Persistence> {
  for (;;) {
    signal?.throwIfAborted()
    const now = await session.look()
    if (!kind.isUnderWay(now)) return now
    await clock.pause(pollMs)
  }
}

/** In the words of Redis. */
const isBusy = (text: string): boolean => /already in progress|another child process/i.test(text)

const failed = (command: string, how: string): BackupFailure =>
  new BackupFailure(
    'SnapshotFailed',
    `redis-server could not write its dataset down: to ${command} it ${how}`,
  )
