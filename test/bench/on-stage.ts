// Runs a bench on a laptop cluster of its own, which ends with it, also when Ctrl-C ends it.
import { openStage, type Stage } from '../e2e/stage.ts'

export async function onStage<T>(measure: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = await openStage({}, `127.${90 + (process.pid % 30)}`)
  const interrupted = (): void => void stage.close().then(() => process.exit(130))
  process.once('SIGINT', interrupted)
  try {
    return await measure(stage)
  } finally {
    process.off('SIGINT', interrupted)
    await stage.close()
  }
}
