// Wakes Metacontroller on a transition: patches an annotation of the own Pod, so that the next sync comes at once.
import type { Logger } from 'pino'
import { instanceAnnotations } from './api.ts'
import type { KubernetesApi } from './kubernetes/api.ts'

/** Coalesced; nothing waits for it, and a failure only means a slower sync. */
export function wakeUps(api: KubernetesApi | undefined, log: Logger): (what: string) => void {
  let count = 0
  let pending = false
  return (what) => {
    log.info({ transition: what }, 'transition')
    count += 1
    if (api === undefined || pending) return
    pending = true
    setImmediate(() => {
      pending = false
      const value = `${Math.round(performance.timeOrigin)}.${count}`
      api
        .annotateOwnPod({ [instanceAnnotations.transition]: value })
        .catch((error: unknown) => log.debug({ err: error }, 'no wake-up'))
    })
  }
}
