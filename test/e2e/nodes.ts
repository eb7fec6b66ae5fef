// What people do with nodes: drain them, and let them take Pods again; through kubectl where it is installed.
import { ApiError, type KubernetesObject } from '../cluster/client.ts'
import { namespace, type ClusterView } from './cluster-view.ts'
import { eventually } from './eventually.ts'
import type { Stage } from './stage.ts'

const mergePatch = 'application/merge-patch+json'
const pods = `/api/v1/namespaces/${namespace}/pods`

export async function nodeOf(cluster: ClusterView, pod: string): Promise<string> {
  const { nodeName = '' } = (await cluster.pod(pod))['spec'] as { nodeName?: string }
  return nodeName
}

/** Resolves when every Pod of this namespace has left it. */
export async function drain(stage: Stage, node: string): Promise<void> {
  const flags = '--ignore-daemonsets --delete-emptydir-data --timeout=60s'
  if (stage.kubectl === undefined) await drainByHand(stage, node)
  else await stage.kubectl(`drain ${node} ${flags}`)
}

export async function cordon(stage: Stage, node: string): Promise<void> {
  await setUnschedulable(stage, node, true)
}

export async function uncordon(stage: Stage, node: string): Promise<void> {
  if (stage.kubectl === undefined) await setUnschedulable(stage, node, null)
  else await stage.kubectl(`uncordon ${node}`)
}

/** Asks for it once; rejects with what the API server says against it. */
export async function evict({ client }: Stage, pod: string): Promise<void> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace } }
  await client.request('POST', `${pods}/${pod}/eviction`, eviction)
}

/** Also when the scenario fails: the next one needs its nodes. */
export async function withAllNodes<T>(stage: Stage, play: () => Promise<T>): Promise<T> {
  try {
    return await play()
  } finally {
    const { items } = (await stage.client.request('GET', '/api/v1/nodes')) as unknown as List
    const cordoned = items.filter(({ spec }) => (spec as { unschedulable?: boolean }).unschedulable === true)
    for (const { metadata } of cordoned) await uncordon(stage, metadata.name)
  }
}

interface List {
  readonly items: readonly KubernetesObject[]
}

async function setUnschedulable({ client }: Stage, node: string, unschedulable: true | null): Promise<void> {
  await client.request('PATCH', `/api/v1/nodes/${node}`, { spec: { unschedulable } }, mergePatch)
}

/** As kubectl does it: a budget that refuses is asked again. */
async function drainByHand(stage: Stage, node: string): Promise<void> {
  const { client } = stage
  await cordon(stage, node)
  const { items } = (await client.request(
    'GET',
    `${pods}?fieldSelector=spec.nodeName=${node}`,
  )) as unknown as List
  await Promise.all(
    items.map(async ({ metadata: { name, uid } }) => {
      const isThere = (): Promise<boolean> =>
        client.request('GET', `${pods}/${name}`).then(
          ({ metadata }) => metadata.uid === uid,
          () => false,
        )
      await eventually(`${name} may go`, async () => {
        await evict(stage, name).catch((error: unknown) => {
          if (!(error instanceof ApiError) || error.status !== 404) throw error
        })
        return true
      })
      await eventually(`${name} is gone`, async () => ((await isThere()) ? undefined : true))
    }),
  )
}
