// Says when the drain of a node would wait for this cluster, and the two ways out.
import type { Claim } from './conditions.ts'
import type { Facts } from './facts.ts'
import { isInMaintenance } from './maintenance.ts'

/** With replicas an eviction is a SIGTERM, and so a handover: one at a time passes, the primary too. */
export function drainCondition({ spec, clusterName, namespace }: Facts): Claim {
  const type = 'DrainBlocked'
  if (!spec.enablePodDisruptionBudget)
    return { type, status: 'False', reason: 'NoBudget', message: 'no budget holds back an eviction' }
  if (isInMaintenance(spec))
    return { type, status: 'False', reason: 'MaintenanceInProgress', message: 'no budget during maintenance' }
  if (spec.instances > 1)
    return { type, status: 'False', reason: 'OneAtATime', message: 'one instance at a time may be evicted' }
  const scale = `kubectl scale rediscluster ${clusterName} -n ${namespace} --replicas=2`
  const waits = 'the only instance may not be evicted, so a drain of its node waits'
  const interrupt = 'allow the interruption with spec.enablePodDisruptionBudget: false'
  const message =
    spec.storage.type === 'emptyDir'
      ? `${waits}, for the data are in its Pod only. Let a replica take over: ${scale}`
      : `${waits}. Either let a replica take over (${scale}), or ${interrupt}`
  return { type, status: 'True', reason: 'SingleInstance', message }
}
