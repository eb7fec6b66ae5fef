// Binds volume claims to folders: a PersistentVolume for each.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ApiError, type Client, type KubernetesObject } from '../client.ts'
import { affinityOf } from './local-volumes.ts'

interface ClaimSpec {
  readonly accessModes?: readonly string[]
  readonly storageClassName?: string
  readonly volumeName?: string
  readonly resources?: { readonly requests?: { readonly storage?: string } }
}

const specOf = (claim: KubernetesObject): ClaimSpec => claim['spec'] ?? {}

/** By UID: a claim that is adopted keeps its data, a new one of the same name is empty. */
export function folderOf(stateDirectory: string, claim: KubernetesObject): string {
  return join(stateDirectory, 'v', (claim.metadata.uid ?? '').slice(0, 8))
}

export const isBound = (claim: KubernetesObject): boolean => phaseOf(claim) === 'Bound'

const phaseOf = (claim: KubernetesObject): string =>
  (claim['status'] as { phase?: string } | undefined)?.phase ?? 'Pending'

/** Does nothing when there is nothing to do; what is lost stays so. */
export async function settleClaim(
  client: Client,
  stateDirectory: string,
  claim: KubernetesObject,
): Promise<void> {
  if (claim.metadata.deletionTimestamp !== undefined || phaseOf(claim) !== 'Pending') return
  const spec = specOf(claim)
  const storage = spec.resources?.requests?.storage ?? '1Gi'
  mkdirSync(folderOf(stateDirectory, claim), { recursive: true })
  const path = `/api/v1/namespaces/${claim.metadata.namespace ?? ''}/persistentvolumeclaims/${claim.metadata.name}`
  const volumeName = spec.volumeName ?? `pv-${claim.metadata.uid ?? ''}`
  const patch = (suffix: string, body: object): Promise<KubernetesObject> =>
    client.request('PATCH', path + suffix, body, 'application/merge-patch+json')
  if (spec.volumeName === undefined) {
    await createVolume(client, claim, volumeName, folderOf(stateDirectory, claim))
    await patch('', { spec: { volumeName } })
  }
  await patch('/status', {
    status: { phase: 'Bound', accessModes: spec.accessModes ?? [], capacity: { storage } },
  })
}

/** A claim that is deleted stays until no Pod uses it: the API server's finalizer, whose controller runs here. */
export async function releaseClaim(client: Client, claim: KubernetesObject): Promise<void> {
  const { namespace = '', name, deletionTimestamp, finalizers = [] } = claim.metadata
  if (deletionTimestamp === undefined || !finalizers.includes(protection)) return
  const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`
  const left = finalizers.filter((finalizer) => finalizer !== protection)
  await client.request('PATCH', path, { metadata: { finalizers: left } }, 'application/merge-patch+json')
}

const protection = 'kubernetes.io/pvc-protection'
const volumes = '/api/v1/persistentvolumes'

async function createVolume(
  client: Client,
  claim: KubernetesObject,
  name: string,
  folder: string,
): Promise<void> {
  const { accessModes = [], resources, storageClassName } = specOf(claim)
  const { namespace, name: claimName, uid } = claim.metadata
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      accessModes,
      capacity: { storage: resources?.requests?.storage ?? '1Gi' },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claimName, uid },
      hostPath: { path: folder },
      ...affinityOf(claim),
      persistentVolumeReclaimPolicy: 'Retain',
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  }
  await client.request('POST', volumes, volume).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error
  })
  const bound = { status: { phase: 'Bound' } }
  await client.request('PATCH', `${volumes}/${name}/status`, bound, 'application/merge-patch+json')
}
