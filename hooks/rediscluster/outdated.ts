// Why a live Pod is not what the spec asks for: what only a new Pod, or a new start of its redis-server, can change.
import { templateHash } from './children/pod.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import { annotations } from './names.ts'
import { whyVolumeNeedsRestart } from './volumes.ts'

/** As a clause after the Pod's name; undefined when it is as the spec asks. */
export function whyOutdated(instance: Instance, facts: Facts): string | undefined {
  const shown = instance.pod?.metadata.annotations ?? {}
  if (shown[annotations.template] !== templateHash(facts)) return 'was made from an earlier spec'
  const { restartedAt } = facts.orders
  if (restartedAt !== undefined && shown[annotations.restartedAt] !== restartedAt)
    return `is to be restarted (${annotations.restartedAt})`
  if (statusOf(instance)?.retired === true) return 'has stopped for good'
  const directives = statusOf(instance)?.config.needsRestart ?? []
  if (directives.length > 0) return `must restart to apply ${directives.join(', ')}`
  return whyVolumeNeedsRestart(instance, facts.now)
}

export const isOutdated = (instance: Instance, facts: Facts): boolean =>
  whyOutdated(instance, facts) !== undefined
