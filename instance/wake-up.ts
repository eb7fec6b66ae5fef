// Wakes Metacontroller on a transition: patches an annotation of the own Pod, so that the next sync comes at once.
import { instanceAnnotations } from './api.ts'
import type { Parts } from './parts.ts'

/** Coalesced; nothing waits for it, and a failure only means a slower sync. */
export function wakeUps({ api, clock, incarnation, log }: Parts): (what: string) => void {
  let count = 0
  let pending = false
  return (what) => {
    log.info({ transition: what }, 'transition')
    count += 1
    if (api === undefined || pending) return
    pending = true
    void clock
      .pause(0)
      .then(() => {
        pending = false
        return api.annotateOwnPod({ [instanceAnnotations.transition]: `${incarnation}.${count}` })
      })
      .catch((error: unknown) => log.debug({ err: error }, 'no wake-up'))
  }
}
