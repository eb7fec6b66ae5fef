// Runs a bench on a laptop cluster of its own, which ends with it, also when Ctrl-C ends it.
import { openStage, type Parts, type Stage } from '../e2e/stage.ts'

export interface Place {
  readonly parts?: Parts
  readonly addressBase?: string
}

export async function onStage<T>(measure: (stage: Stage) => Promise<T>, place: Place = {}): Promise<T> {
  const stage = await openStage(place.parts ?? {}, place.addressBase ?? `127.${90 + (process.pid % 30)}`)
  const interrupted = (): void => void stage.close().then(() => process.exit(130))
  process.once('SIGINT', interrupted)
  try {
    return await measure(stage)
  } finally {
    process.off('SIGINT', interrupted)
    await stage.close()
  }
}
