// What an instance does a few times a second for as long as it lives: looks at redis-server, and sees to what must not wait.
import { changesSince, nothingSeen } from './changes.ts'
import type { Hearing } from './hearing.ts'
import type { Life } from './life.ts'
import type { Clock } from './parts.ts'
import type { PositionRecorder } from './position.ts'
import type { Promises } from './promises.ts'
import { rememberEnd } from './salvage.ts'

export interface Routine {
  readonly life: Life
  readonly positions: PositionRecorder
  readonly promises: Promises
  readonly hearing: Hearing
  readonly clock: Clock
  readonly keepMarkAndGate: () => Promise<void>
  readonly onTransition: (what: string) => void
}

const pollMs = 250

export async function pollForever(routine: Routine, signal: AbortSignal): Promise<void> {
  const { life, positions, promises, hearing, clock, keepMarkAndGate, onTransition } = routine
  const { engine, keeper, settings, salvage } = life
  let before = nothingSeen
  while (!signal.aborted) {
    await engine.poll()
    const joined = await positions.record().catch(() => false)
    await rememberEnd(keeper, engine).catch(() => undefined)
    await salvage.look()
    await settings.refresh()
    if (promises.isBehind) await promises.obey().catch(() => undefined)
    void promises.show()
    await keepMarkAndGate()
    void life.unretire()
    const { glimpse, changes } = changesSince(before, engine.seen(), joined, hearing.misses())
    before = glimpse
    // The hooks look by themselves only rarely.
    for (const change of changes) onTransition(change)
    await clock.pause(pollMs, signal)
  }
}
