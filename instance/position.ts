// Records beside the data which reign they come from, and an offset that is surely on disk: after a restart Redis forgets both.
import type { Engine } from './engine.ts'
import type { Keeper } from './keeper.ts'
import type { Clock } from './parts.ts'

export interface PositionRecorder {
  /** Called after each poll; resolves to true when the copy has just come into sync with a reign. */
  record(): Promise<boolean>
}

/** `appendfsync everysec` may be one second late, and Redis lets a slow disk be late another one. */
const surelySyncedMs = 2000

interface Candidate {
  readonly epoch: number
  readonly offsetBytes: number
  readonly atMs: number
}

export function positionRecorder(keeper: Keeper, engine: Engine, clock: Clock): PositionRecorder {
  let candidate: Candidate | undefined
  /** An offset counts once it has been old enough to be on disk; then the present one becomes the next candidate. */
  function ripeOffset(epoch: number, offsetBytes: number): number | undefined {
    const nowMs = clock.nowMs()
    const ripe = candidate?.epoch === epoch && nowMs - candidate.atMs >= surelySyncedMs
    const offset = ripe ? candidate?.offsetBytes : undefined
    if (ripe || candidate?.epoch !== epoch) candidate = { epoch, offsetBytes, atMs: nowMs }
    return offset
  }
  return {
    async record() {
      const { info, fresh, syncedEpoch } = engine.seen()
      // During a rewrite the files may still hold the data from before the sync.
      if (info === undefined || !fresh || syncedEpoch === 0 || !info.aofSettled) return false
      const joined = keeper.state().dataEpoch !== syncedEpoch
      const offsetBytes = ripeOffset(syncedEpoch, info.offsetBytes) ?? (joined ? 0 : undefined)
      const moved = offsetBytes === undefined ? {} : { offsetBytes }
      await keeper.record({ dataEpoch: syncedEpoch, foreign: false, ...moved })
      return joined
    },
  }
}
