// Which objects are a parent's children: by owner and generated label; strays are adopted, those that lost the label released.
import type { KubernetesObject } from '../client.ts'
import { isNotFound, rewrite, type Api, type Resource } from './api.ts'

export const uidLabel = 'controller-uid'

type Claim = 'Ours' | 'NotOurs' | 'Adopt' | 'Release'

/** The children among the cached objects of one kind, after adopting and releasing. */
export async function claimChildren(
  api: Api,
  resource: Resource,
  cached: Iterable<KubernetesObject>,
  parent: KubernetesObject,
): Promise<readonly KubernetesObject[]> {
  const claimed: KubernetesObject[] = []
  const errors: unknown[] = []
  for (const child of cached) {
    const kept = await settle(api, resource, child, parent).catch(
      (error: unknown) => (errors.push(error), false),
    )
    if (kept) claimed.push(child)
  }
  if (errors.length > 0) throw new Error(`can't claim ${resource.kind} children: ${errors.join(', ')}`)
  return claimed
}

export function controllerOf(child: KubernetesObject): string | undefined {
  return child.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid
}

function claimOf(child: KubernetesObject, parent: KubernetesObject): Claim {
  const owner = controllerOf(child)
  const isSelected = child.metadata.labels?.[uidLabel] === parent.metadata.uid
  const isParentLeaving = parent.metadata.deletionTimestamp !== undefined
  if (child.metadata.namespace !== parent.metadata.namespace) return 'NotOurs'
  if (owner === parent.metadata.uid) return isSelected ? 'Ours' : isParentLeaving ? 'NotOurs' : 'Release'
  if (owner !== undefined || !isSelected || isParentLeaving) return 'NotOurs'
  return child.metadata.deletionTimestamp === undefined ? 'Adopt' : 'NotOurs'
}

/** Whether the child is the parent's now. */
async function settle(
  api: Api,
  resource: Resource,
  child: KubernetesObject,
  parent: KubernetesObject,
): Promise<boolean> {
  const claim = claimOf(child, parent)
  if (claim === 'Adopt') return adopt(api, resource, child, parent)
  if (claim === 'Release') await release(api, resource, child, parent)
  return claim === 'Ours'
}

/** Only for a parent that is alive in a live read. */
async function adopt(
  api: Api,
  resource: Resource,
  child: KubernetesObject,
  parent: KubernetesObject,
): Promise<boolean> {
  const { name, uid = '' } = parent.metadata
  const fresh = await api.read(await api.resourceOfKind(parent.apiVersion, parent.kind), parent)
  if (fresh.metadata.uid !== uid || fresh.metadata.deletionTimestamp !== undefined)
    throw new Error(`can't adopt ${resource.kind} ${child.metadata.name}: ${name} is gone or going`)
  const owner = {
    apiVersion: parent.apiVersion,
    kind: parent.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  }
  return rewrite(api, resource, child, (live) => withOwners(live, [...ownersBut(live, uid), owner])).then(
    () => true,
    goneIsFalse,
  )
}

async function release(
  api: Api,
  resource: Resource,
  child: KubernetesObject,
  parent: KubernetesObject,
): Promise<void> {
  const { uid } = parent.metadata
  await rewrite(api, resource, child, (live) => withOwners(live, ownersBut(live, uid))).catch(goneIsFalse)
}

function goneIsFalse(error: unknown): false {
  if (isNotFound(error)) return false
  throw error
}

type Owners = NonNullable<KubernetesObject['metadata']['ownerReferences']>

const ownersBut = (object: KubernetesObject, uid: string | undefined): Owners =>
  (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid)

function withOwners(object: KubernetesObject, owners: Owners): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, ownerReferences: owners } }
}
