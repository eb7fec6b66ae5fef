// Keeps the reign state: every change is on disk before it counts, one change at a time.
import type { Accepted, Refusal } from './reign/rules.ts'
import { emptyState, takenOver, type ReignState } from './reign/state.ts'
import { mutex } from './mutex.ts'
import type { Volume } from './parts.ts'

export interface Keeper {
  state(): ReignState
  /** False until the volume is ours and its state is read. */
  loaded(): boolean
  load(clusterUID: string, podUID: string): Promise<void>
  /**
   * Applies a rule to the state as it is now; resolves once the accepted state is on disk. `onAccepted` is told before:
   * a disk that hangs must not keep a fence from being carried out.
   */
  decide(
    rule: (state: ReignState) => Refusal | Accepted,
    onAccepted?: (state: ReignState) => void,
  ): Promise<Refusal | Accepted>
  record(change: Partial<ReignState>): Promise<void>
}

export function keeperOf(volume: Pick<Volume, 'read' | 'write'>): Keeper {
  let state = emptyState
  let loaded = false
  const alone = mutex()
  const write = async (next: ReignState): Promise<void> => {
    if (JSON.stringify(next) === JSON.stringify(state)) return
    await volume.write(next)
    state = next
  }
  return {
    state: () => state,
    loaded: () => loaded,
    load: (clusterUID, podUID) =>
      alone(async () => {
        state = await volume.read()
        await write(takenOver(state, clusterUID, podUID))
        loaded = true
      }),
    decide: (rule, onAccepted) =>
      alone(async () => {
        const outcome = rule(state)
        if (outcome.kind === 'Refused') return outcome
        onAccepted?.(outcome.state)
        await write(outcome.state)
        return outcome
      }),
    record: (change) => alone(() => write({ ...state, ...change })),
  }
}
