// The nodes that Pods run on here: one process serves them all, and each is an object that can be cordoned.
import type { Client, KubernetesObject } from '../client.ts'

export const hostnameLabel = 'kubernetes.io/hostname'

export const isCordoned = (node: KubernetesObject): boolean =>
  (node['spec'] as { unschedulable?: boolean } | undefined)?.unschedulable === true

export async function ensureNodes(client: Client, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => ensureNode(client, name)))
}

async function ensureNode(client: Client, name: string): Promise<void> {
  const message = 'processes stand in for containers'
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { [hostnameLabel]: name } },
    status: { conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message }] },
  }
  await client.request('POST', '/api/v1/nodes', node).catch(() => undefined)
  // A real API server marks a new Node as not ready, with a taint that nobody here removes.
  await client
    .request('PATCH', `/api/v1/nodes/${name}`, { spec: { taints: null } }, 'application/merge-patch+json')
    .catch(() => undefined)
}
