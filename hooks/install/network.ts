// Who may reach whom: Metacontroller the hooks, the hooks and peers an instance, clients its Redis.
import { instancePort, redisPort } from '../../instance/api.ts'
import { labels } from '../rediscluster/names.ts'
import { hooksName, operatorNamespace, type Site } from './site.ts'
import { hooksSelector, operatorLabels } from './workload.ts'

/** Labels that people put on a namespace to let its Pods in. */
export const namespaceLabels = {
  /** Its Pods may read metrics: of the hooks, and of the instances. */
  metrics: 'redis.io/metrics',
  /** Its Pods may be clients of Redis in other namespaces. */
  client: 'redis.io/client',
} as const

const instances = { matchLabels: { [labels.workload]: 'data' } }
const tcp = (port: number | string): object => ({ protocol: 'TCP', port })
const namespaced = (name: unknown): object => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
})
const labelled = (label: string): object => ({ namespaceSelector: { matchLabels: { [label]: 'true' } } })

/** Where API servers listen. Policies have no word for one, and it is no Pod. */
export const apiServerPorts = [443, 6443]

/**
 * Whoever gets in can send forged syncs, and have the hooks call instances. Out they go only to instances: a forged
 * request makes them no proxy. Answers to kubelet's probes are the node's business, which policies let through.
 * Ports of API servers are open, for Events: no request names an address that the hooks would call there.
 */
export function hooksNetworkPolicy(site: Site): object {
  const metacontroller = {
    ...namespaced(site.metacontrollerNamespace),
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'metacontroller' } },
  }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: hooksName, namespace: site.namespace, labels: operatorLabels },
    spec: {
      podSelector: { matchLabels: hooksSelector },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [metacontroller, labelled(namespaceLabels.metrics)], ports: [tcp('http')] }],
      egress: [
        { to: [{ namespaceSelector: {}, podSelector: instances }], ports: [tcp(instancePort)] },
        { ports: apiServerPorts.map(tcp) },
      ],
    },
  }
}

/**
 * For one namespace that holds RedisClusters. Only what comes in is ruled: an instance must reach the API server, for
 * which policies have no word.
 */
export function instancesNetworkPolicy(): object {
  const hooks = { ...namespaced(operatorNamespace), podSelector: { matchLabels: hooksSelector } }
  const peers = { podSelector: instances }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'redis-instances', labels: { 'app.kubernetes.io/part-of': 'redis-operator' } },
    spec: {
      podSelector: instances,
      policyTypes: ['Ingress'],
      ingress: [
        { from: [hooks, peers, labelled(namespaceLabels.metrics)], ports: [tcp(instancePort)] },
        { from: [{ podSelector: {} }, labelled(namespaceLabels.client)], ports: [tcp(redisPort)] },
      ],
    },
  }
}
