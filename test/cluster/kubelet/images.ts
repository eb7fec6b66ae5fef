// Stands in for the registry: an image is there, or is asked for again and again, in kubelet's own words.
import { setTimeout as pause } from 'node:timers/promises'
import type { ContainerState } from './pod-status.ts'

export interface Pull {
  /** As the Pod names it now: it may be corrected in place. */
  readonly image: () => string
  readonly canPull: (image: string) => boolean
  readonly report: (state: ContainerState) => Promise<void>
  readonly backoffMs: number
  readonly signal: AbortSignal
}

const longestBackoffMs = 60_000
const betweenMs = 200

/** Resolves once it is there, or nobody waits for it any more. */
export async function pullImage({ image, canPull, report, backoffMs, signal }: Pull): Promise<void> {
  const wait = (ms: number): Promise<void> => pause(ms, undefined, { signal }).catch(() => undefined)
  const isOver = (): boolean => signal.aborted
  for (
    let waitMs = backoffMs;
    !isOver() && !canPull(image());
    waitMs = Math.min(longestBackoffMs, waitMs * 2)
  ) {
    const name = image()
    const failure = `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`
    await report({ kind: 'Waiting', reason: 'ErrImagePull', message: failure })
    await wait(betweenMs)
    const message = `Back-off pulling image "${name}": ErrImagePull: ${failure}`
    await report({ kind: 'Waiting', reason: 'ImagePullBackOff', message })
    await wait(waitMs)
  }
}
