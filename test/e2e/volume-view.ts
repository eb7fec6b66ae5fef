// What scenarios do with the volumes of a RedisCluster: classes for them, their claims and lists, and their ends.
import assert from 'node:assert/strict'
import { ApiError, type KubernetesObject } from '../cluster/client.ts'
import { namespace, type ClusterView } from './cluster-view.ts'
import { eventually } from './eventually.ts'
import type { Stage } from './stage.ts'

const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`
const classes = '/apis/storage.k8s.io/v1/storageclasses'
const mergePatch = 'application/merge-patch+json'

/** A StorageClass of that name, made if it is not there; `parameters` are those of the drivers that stand in. */
export async function storageClass(
  { client }: Stage,
  name: string,
  allowVolumeExpansion: boolean,
  parameters: Readonly<Record<string, string>> = {},
): Promise<{ readonly storageClassName: string }> {
  const object = { metadata: { name }, provisioner: 'laptop.example/disk', allowVolumeExpansion, parameters }
  await client.request('POST', classes, object).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error
  })
  return { storageClassName: name }
}

export const claimNames = ({ name }: ClusterView, count: number): readonly string[] =>
  Array.from({ length: count }, (_, ordinal) => `${name}-data-${ordinal}`)

export const claimOf = (pod: string): string => pod.replace(/-([0-9]+)$/, '-data-$1')

export const claimNamed = ({ client }: Stage, name: string): Promise<KubernetesObject> =>
  client.request('GET', `${claims}/${name}`)

/** Of the claim of a Pod; rejects while there is none. */
export const claimUid = async (stage: Stage, pod: string): Promise<string | undefined> =>
  (await claimNamed(stage, claimOf(pod))).metadata.uid

/** As documented: it stays until no Pod uses it, and nobody waits for that. */
export async function deleteClaim({ client, kubectl }: Stage, name: string): Promise<void> {
  if (kubectl === undefined) await client.request('DELETE', `${claims}/${name}`)
  else await kubectl(`delete pvc -n ${namespace} ${name} --wait=false`)
}

/** Its PersistentVolume goes although it is in use, as when storage breaks, or somebody insists. */
export async function loseVolume(stage: Stage, claim: string): Promise<void> {
  const { spec } = await claimNamed(stage, claim)
  const path = `/api/v1/persistentvolumes/${(spec as { volumeName: string }).volumeName}`
  await stage.client.request('DELETE', path)
  await stage.client.request('PATCH', path, { metadata: { finalizers: null } }, mergePatch)
}

/** Another claim has the name, and the cluster is well with it and all others. */
export async function hasNewVolume(
  stage: Stage,
  cluster: ClusterView,
  old: KubernetesObject,
  instances: number,
): Promise<void> {
  await eventually(`${old.metadata.name} is a new one`, async () => {
    const { phase, readyInstances, healthyPVC, unusablePVC } = await cluster.status()
    if (phase !== 'Healthy' || readyInstances !== instances || unusablePVC !== undefined) return undefined
    assert.deepEqual(healthyPVC, claimNames(cluster, instances))
    const now = await claimNamed(stage, old.metadata.name)
    return now.metadata.uid === old.metadata.uid ? undefined : true
  })
}

export function conditionOf(
  { conditions = [] }: Awaited<ReturnType<ClusterView['status']>>,
  type: string,
): string {
  const found = conditions.find((each) => each.type === type)
  return found === undefined ? '' : `${found.status} ${found.reason}: ${found.message}`
}

/** The UID of each Pod of the cluster that is there, by name. */
export async function podUids(
  { client }: Stage,
  { name }: ClusterView,
): Promise<ReadonlyMap<string, string | undefined>> {
  const selector = encodeURIComponent(`redis.io/cluster=${name},redis.io/workload=data`)
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`
  const { items } = await client.request('GET', path)
  return new Map((items as readonly KubernetesObject[]).map(({ metadata }) => [metadata.name, metadata.uid]))
}
