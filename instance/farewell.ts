// Stops redis-server in order, and writes down how far its data go: Redis forgets that, and those who start again are compared by it.
import { within } from './clock.ts'
import type { Engine } from './engine.ts'
import type { Keeper } from './keeper.ts'
import type { Clock } from './parts.ts'
import { rememberEnd } from './salvage.ts'

/** Redis' own wait for its replicas, and the last write of the AOF. */
const redisStopMs = 40_000
const pauseDeadlineMs = 800

/** Resolves when it is reaped. */
export async function stopInOrder(engine: Engine, keeper: Keeper, clock: Clock): Promise<void> {
  // From here on nothing is added to what is written down; it ends before the pause does.
  if (engine.seen().writableEpoch > 0)
    await within(clock, pauseDeadlineMs, async () => await engine.control().pauseWrites(redisStopMs))
  await engine.poll()
  await rememberEnd(keeper, engine).catch(() => undefined)
  const { info, fresh, syncedEpoch } = engine.seen()
  const startedMs = clock.nowMs()
  await engine.stop(redisStopMs)
  // What ends in order has all of it on disk; during a rewrite the files may be those from before a sync.
  const isKnown = info?.aofSettled === true && fresh && syncedEpoch > 0
  if (isKnown && clock.nowMs() - startedMs < redisStopMs)
    await keeper.record({ dataEpoch: syncedEpoch, foreign: false, offsetBytes: info.offsetBytes })
}
