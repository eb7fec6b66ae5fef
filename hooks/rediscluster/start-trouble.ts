// Why the container of a Pod does not start, or whether it ever did, in the words of kubelet and of the scheduler.
import type { Pod } from '../kubernetes.ts'
import type { Instance } from './facts.ts'

/** The word of kubelet or of the scheduler: an image that cannot be pulled, a container that only crashes, no node that fits. */
export function whyNotStarted({ pod, ready }: Instance): string | undefined {
  const word = pod && (whyUnplaced(pod) ?? whyWaiting(pod))
  if (ready || word?.reason === undefined || benign.includes(word.reason)) return undefined
  return [word.reason, word.message?.slice(0, 512)].filter((part) => part !== undefined).join(': ')
}

interface Word {
  readonly reason?: string
  readonly message?: string
}

export const whyUnplaced = ({ status: seen }: Pod): Word | undefined =>
  seen?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False')

const whyWaiting = ({ status: seen }: Pod): Word | undefined =>
  seen?.containerStatuses?.find(({ state }) => state?.waiting)?.state?.waiting

/** Waiting for a volume or a Secret that is not there, it says nothing else. */
export const hasNotStarted = (instance: Instance): boolean =>
  whyNotStarted(instance) !== undefined || (instance.pod?.status?.phase === 'Pending' && !hasRun(instance))

/** What lies in its Pod alone may be all that is left. */
export const hasRun = ({ pod }: Instance): boolean =>
  (pod?.status?.containerStatuses ?? []).some(
    ({ restartCount = 0, state, lastState }) =>
      restartCount > 0 || (state?.running ?? state?.terminated ?? lastState?.terminated) !== undefined,
  )

const benign: readonly string[] = ['ContainerCreating', 'PodInitializing']
