// The PodDisruptionBudget over the data Pods: at most one voluntary disruption at a time.
import type { KubernetesObject } from '../../kubernetes.ts'
import type { Blueprint } from '../blueprint.ts'
import { clusterLabels, disruptionBudgetName, labels } from '../names.ts'

export function desiredDisruptionBudget({
  name,
  namespace,
  spec,
}: Blueprint): KubernetesObject & { spec: object } {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: disruptionBudgetName(name), namespace, labels: clusterLabels(name) },
    spec: {
      minAvailable: Math.max(1, spec.instances - 1),
      selector: { matchLabels: { [labels.cluster]: name, [labels.workload]: 'data' } },
      // A Pod that is not ready protects nothing, and must not block the drain of its node.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  }
}
