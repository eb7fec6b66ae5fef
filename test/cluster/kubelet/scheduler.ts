// Stands in for the scheduler: each Pod that waits gets a node, or is told why there is none, again after every change.
import { ApiError, type Client, type KubernetesObject } from '../client.ts'
import type { Informer } from '../metacontroller/informer.ts'
import { selectedNode, waitsForConsumer } from './local-volumes.ts'
import { placementOf, type World } from './placement.ts'
import { claimNamesOf, specOf } from './pod-spec.ts'

export interface Sources {
  readonly nodes: Informer
  readonly pods: Informer
  readonly claims: Informer
  readonly volumes: Informer
  readonly classes: Informer
}

export interface Scheduler {
  /** Resolves when the round that goes on is over. */
  close(): Promise<void>
}

const retryMs = 500
const mergePatch = 'application/merge-patch+json'

/** `served` are the nodes that somebody runs Pods on. */
export function startScheduler(client: Client, sources: Sources, served: readonly string[]): Scheduler {
  /** Bound by us, which the informer does not show yet, by UID. */
  const assumed = new Map<string, string>()
  let round: Promise<void> | undefined
  let again = false
  let closed = false

  const wake = (): void => {
    again = true
    round ??= rounds().finally(() => (round = undefined))
  }
  const isClosed = (): boolean => closed
  async function rounds(): Promise<void> {
    while (again && !isClosed()) {
      again = false
      for (const pod of waitingPods()) if (!isClosed()) await place(pod)
    }
  }
  const waitingPods = (): readonly KubernetesObject[] =>
    [...sources.pods.objects.values()]
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined && !assumed.has(metadata.uid ?? ''))
      .filter((pod) => specOf(pod).nodeName === undefined)
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))

  async function place(pod: KubernetesObject): Promise<void> {
    try {
      const placement = placementOf(pod, worldOf(pod, sources, served, assumed))
      if (placement.kind === 'Unschedulable') await refuse(client, pod, placement.message)
      else await assign(pod, placement.node)
    } catch (error) {
      // A conflict means that it changed: the informer will tell.
      if (!(error instanceof ApiError)) setTimeout(wake, retryMs).unref()
    }
  }

  async function assign(pod: KubernetesObject, node: string): Promise<void> {
    await selectNode(pod, node)
    await bind(client, pod, node)
    assumed.set(pod.metadata.uid ?? '', node)
  }

  /** A volume that belongs to a node is made on that of its first consumer. */
  async function selectNode(pod: KubernetesObject, node: string): Promise<void> {
    const { namespace = '' } = pod.metadata
    for (const name of claimNamesOf(pod)) {
      const claim = sources.claims.objects.get(`${namespace}/${name}`)
      if (claim === undefined || !waitsForConsumer(claim, sources.classes.objects)) continue
      const patch = { metadata: { uid: claim.metadata.uid, annotations: { [selectedNode]: node } } }
      const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`
      await client.request('PATCH', path, patch, mergePatch)
    }
  }

  sources.pods.subscribe(({ old, current }) => {
    if (current === undefined || specOf(current).nodeName !== undefined)
      assumed.delete((current ?? old)?.metadata.uid ?? '')
    // What happens to Pods that have a node changes nothing for the others, unless they go.
    if (current === undefined || specOf(current).nodeName === undefined) wake()
  })
  for (const source of [sources.nodes, sources.claims, sources.volumes, sources.classes])
    source.subscribe(wake)
  return {
    async close() {
      closed = true
      await round
    },
  }
}

function worldOf(
  { metadata: { namespace = '' } }: KubernetesObject,
  { nodes, pods, claims, volumes }: Sources,
  served: readonly string[],
  assumed: ReadonlyMap<string, string>,
): World {
  return {
    nodes: [...nodes.objects.values()].filter(({ metadata }) => served.includes(metadata.name)),
    placed: [...pods.objects.values()].flatMap((pod) => {
      const node = specOf(pod).nodeName ?? assumed.get(pod.metadata.uid ?? '')
      return node === undefined ? [] : [{ pod, node }]
    }),
    claim: (name) => claims.objects.get(`${namespace}/${name}`),
    volume: (name) => [...volumes.objects.values()].find(({ metadata }) => metadata.name === name),
  }
}

async function bind(client: Client, { metadata }: KubernetesObject, node: string): Promise<void> {
  const { namespace = '', name, uid } = metadata
  const target = { apiVersion: 'v1', kind: 'Node', name: node }
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, uid }, target }
  await client.request('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, binding)
}

interface PodCondition {
  readonly type: string
  readonly status: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

/** Written only where it says something new. */
async function refuse(client: Client, pod: KubernetesObject, message: string): Promise<void> {
  const { namespace = '', name, uid } = pod.metadata
  const { conditions = [] } = (pod['status'] ?? {}) as { conditions?: readonly PodCondition[] }
  const before = conditions.find(({ type }) => type === 'PodScheduled')
  if (before?.status === 'False' && before.message === message) return
  const since = before?.status === 'False' ? before.lastTransitionTime : undefined
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
    lastTransitionTime: since ?? new Date().toISOString(),
  }
  const others = conditions.filter(({ type }) => type !== 'PodScheduled')
  const patch = { metadata: { uid }, status: { conditions: [...others, condition] } }
  await client.request('PATCH', `/api/v1/namespaces/${namespace}/pods/${name}/status`, patch, mergePatch)
}
