// Deletes what lost its owners, and ends deletions that wait for dependents or leave them behind.
import type { Cluster } from '../cluster.ts'
import { clone, hasFinalizer, type ApiObject, type OwnerReference } from '../object.ts'
import type { Resource } from '../resource.ts'
import type { Change } from '../store.ts'
import { foreground, orphan, removeObject } from '../write/remove.ts'
import { keep } from '../write/update.ts'

interface Held {
  readonly resource: Resource
  readonly object: ApiObject
}

export function collectGarbage(cluster: Cluster, { current, last, previous }: Change): void {
  const { ownerReferences = [] } = last.metadata
  if (current === undefined) {
    for (const dependent of dependentsOf(cluster, last)) collect(cluster, dependent)
  } else if (isNewlyOwned(current, previous)) collect(cluster, held(cluster, current.metadata.uid))
  if (current?.metadata.deletionTimestamp !== undefined) endDeletion(cluster, current)
  for (const { uid } of ownerReferences) {
    const owner = held(cluster, uid)
    if (owner !== undefined && isWaiting(owner.object)) endDeletion(cluster, owner.object)
  }
}

const isNewlyOwned = ({ metadata }: ApiObject, previous: ApiObject | undefined): boolean => {
  const before = previous?.metadata.ownerReferences?.map(({ uid }) => uid) ?? []
  return (metadata.ownerReferences ?? []).some(({ uid }) => !before.includes(uid))
}

const isWaiting = (object: ApiObject): boolean =>
  object.metadata.deletionTimestamp !== undefined && hasFinalizer(object, foreground)

/** The object as it is now. */
function held(cluster: Cluster, uid: string): Held | undefined {
  const found = cluster.store.byUid(uid)
  const resource = found === undefined ? undefined : cluster.catalogue.ofKey(found.key)
  return found === undefined || resource === undefined ? undefined : { resource, object: found.object }
}

function dependentsOf(cluster: Cluster, owner: ApiObject): readonly Held[] {
  return cluster.store
    .everything()
    .filter(({ object }) => object.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid))
    .flatMap(({ object }) => held(cluster, object.metadata.uid) ?? [])
}

/** An owner is solid while nothing waits for its dependents to go. */
function collect(cluster: Cluster, dependent: Held | undefined): void {
  if (dependent === undefined) return
  const { resource, object } = dependent
  const references = object.metadata.ownerReferences ?? []
  const owners = references.map((reference) => ({ reference, owner: ownerOf(cluster, object, reference) }))
  const solid = owners.filter(({ owner }) => owner !== undefined && !isWaiting(owner))
  if (references.length === 0 || solid.length === references.length) return
  if (solid.length > 0) {
    keepReferences(
      cluster,
      dependent,
      solid.map(({ reference }) => reference),
    )
    return
  }
  if (object.metadata.deletionTimestamp !== undefined) return
  const isWaited = owners.some(({ owner }) => owner !== undefined) && dependentsOf(cluster, object).length > 0
  const { name, namespace = '', uid } = object.metadata
  removeObject(
    cluster,
    resource,
    { namespace, name },
    { uid, propagationPolicy: isWaited ? 'Foreground' : policyOf(object) },
  )
}

/** A deletion policy that was chosen before stands. */
function policyOf(object: ApiObject): string {
  if (hasFinalizer(object, orphan)) return 'Orphan'
  return hasFinalizer(object, foreground) ? 'Foreground' : 'Background'
}

/** An owner is in the dependent's namespace or in none: what is elsewhere does not count. */
function ownerOf(cluster: Cluster, { metadata }: ApiObject, { uid }: OwnerReference): ApiObject | undefined {
  const owner = cluster.store.byUid(uid)?.object
  const namespace = owner?.metadata.namespace
  return namespace === undefined || namespace === metadata.namespace ? owner : undefined
}

function keepReferences(cluster: Cluster, { resource, object }: Held, kept: readonly OwnerReference[]): void {
  const draft = clone(object)
  draft.metadata.ownerReferences = [...kept]
  if (kept.length === 0) delete draft.metadata.ownerReferences
  keep(cluster, resource, draft)
}

function endDeletion(cluster: Cluster, owner: ApiObject): void {
  const self = held(cluster, owner.metadata.uid)
  if (self === undefined) return
  if (hasFinalizer(self.object, orphan)) {
    for (const dependent of dependentsOf(cluster, owner)) {
      const references = dependent.object.metadata.ownerReferences ?? []
      keepReferences(
        cluster,
        dependent,
        references.filter(({ uid }) => uid !== owner.metadata.uid),
      )
    }
    dropFinalizer(cluster, self, orphan)
  } else if (hasFinalizer(self.object, foreground)) {
    for (const dependent of dependentsOf(cluster, owner)) collect(cluster, dependent)
    if (!dependentsOf(cluster, owner).some(({ object }) => isBlocking(object, owner)))
      dropFinalizer(cluster, self, foreground)
  }
}

const isBlocking = ({ metadata }: ApiObject, owner: ApiObject): boolean =>
  (metadata.ownerReferences ?? []).some(
    ({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion === true,
  )

export function dropFinalizer(cluster: Cluster, { resource, object }: Held, name: string): void {
  const now = held(cluster, object.metadata.uid)
  if (now === undefined || !hasFinalizer(now.object, name)) return
  const draft = clone(now.object)
  draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((each) => each !== name)
  if (draft.metadata.finalizers.length === 0) delete draft.metadata.finalizers
  keep(cluster, resource, draft)
}
