// Talks to one redis-server for as long as a snapshot takes: silence is waited through, its end or a full sync is a failure.
import type { Sight } from '../engine.ts'
import type { Clock } from '../parts.ts'
import type { RedisControl } from '../redis/control.ts'
import { persistenceOf, type Persistence } from '../redis/persistence.ts'
import { BackupFailure } from './failure.ts'

/** Of an Engine. */
export interface RedisServing {
  /** Throws while redis-server does not run. */
  control(): RedisControl
  seen(): Sight
}

/** Late: the answer did not come in time, and the command may or may not have been carried out. */
export type Reply =
  | { readonly kind: 'Answered'; readonly text: string }
  | { readonly kind: 'Refused'; readonly text: string }
  | { readonly kind: 'Late' }

export interface RedisSession {
  readonly version: string
  /**
   * Rejects when this redis-server ended, or when its dataset is being replaced; when it is silent, also when aborted.
   */
  look(): Promise<Persistence>
  ask(command: 'BGSAVE' | 'BGREWRITEAOF'): Promise<Reply>
}

const againMs = 250

/** Rejects when redis-server does not run, or does not hold its dataset whole. */
export async function openSession(
  redis: RedisServing,
  clock: Clock,
  inCluster: boolean,
  signal: AbortSignal,
): Promise<RedisSession> {
  const control = controlOf(redis)
  refuseHalfData(redis.seen(), inCluster)
  const { version } = await control.info()
  return {
    version,
    async look() {
      for (;;) {
        if (controlOf(redis) !== control)
          throw new BackupFailure(
            'RedisDown',
            'redis-server was started again while its dataset was written down',
          )
        // A fork of a large dataset, or a slow command, holds up every answer.
        const info = await control.info().catch(() => undefined)
        if (info === undefined) {
          signal.throwIfAborted()
          await clock.pause(againMs)
          continue
        }
        if (info.loading || info.syncInProgress)
          throw new BackupFailure('NotInSync', 'a full sync replaces the dataset of this replica')
        return persistenceOf(info)
      }
    },
    async ask(command) {
      try {
        return { kind: 'Answered', text: await control.persist(command) }
      } catch (error) {
        const isReply = error instanceof Error && error.name === 'ReplyError'
        return isReply ? { kind: 'Refused', text: error.message } : { kind: 'Late' }
      }
    },
  }
}

function controlOf(redis: RedisServing): RedisControl {
  try {
    return redis.control()
  } catch (cause) {
    const { reason } = redis.seen()
    const why = reason === undefined ? '' : `: ${reason}`
    throw new BackupFailure('RedisDown', `redis-server does not run here${why}`, { cause })
  }
}

function refuseHalfData({ state, info, writableEpoch, syncedEpoch }: Sight, inCluster: boolean): void {
  if (info === undefined || state !== 'running')
    throw new BackupFailure('RedisDown', `redis-server does not answer: it is ${state}`)
  if (info.loading) throw new BackupFailure('Loading', 'redis-server is loading its data')
  if (info.syncInProgress)
    throw new BackupFailure('NotInSync', 'a full sync replaces the dataset of this replica')
  if (inCluster && writableEpoch === 0 && syncedEpoch === 0)
    throw new BackupFailure(
      'NotInSync',
      'this instance has not been in sync with a primary since redis-server started: what it holds may be old',
    )
}
