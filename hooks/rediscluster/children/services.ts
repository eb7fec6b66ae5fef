// The three Services: -leader follows the primary's label, -replica the replicas', -any takes every data Pod.
import { redisPort } from '../../../instance/api.ts'
import type { KubernetesObject } from '../../kubernetes.ts'
import type { Blueprint } from '../blueprint.ts'
import { anyServiceName, clusterLabels, labels, leaderServiceName, replicaServiceName } from '../names.ts'

export function desiredServices(blueprint: Blueprint): readonly KubernetesObject[] {
  const { name } = blueprint
  return [
    service(blueprint, leaderServiceName(name), { [labels.role]: 'primary' }),
    service(blueprint, replicaServiceName(name), { [labels.role]: 'replica' }),
    service(blueprint, anyServiceName(name), { [labels.workload]: 'data' }),
  ]
}

function service(
  { name, namespace }: Blueprint,
  serviceName: string,
  selector: Record<string, string>,
): KubernetesObject & { spec: object } {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: serviceName, namespace, labels: clusterLabels(name) },
    spec: {
      type: 'ClusterIP',
      ports: [{ name: 'redis', port: redisPort, protocol: 'TCP', targetPort: 'redis' }],
      selector: { [labels.cluster]: name, ...selector },
    },
  }
}
