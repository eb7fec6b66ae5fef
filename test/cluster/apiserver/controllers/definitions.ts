// Serves the kinds of CRDs, and deletes their objects before a CRD goes.
import { kinds, type Cluster } from '../cluster.ts'
import { cleanup, resourcesOf } from '../kinds/custom-resource-definition.ts'
import type { ApiObject } from '../object.ts'
import { storeKey, type Resource } from '../resource.ts'
import type { Change } from '../store.ts'
import { removeObject } from '../write/remove.ts'
import { dropFinalizer } from './garbage.ts'

/** Runs within the write: a CRD is served when its creation is answered. */
export function defineKinds(cluster: Cluster): void {
  cluster.store.subscribe(({ key, current, last }) => {
    if (key !== storeKey(kinds.crd)) return
    if (current === undefined) cluster.catalogue.forget(last.metadata.name)
    else cluster.catalogue.define(current.metadata.name, resourcesOf(current))
  })
}

export function endDefinitions(cluster: Cluster, { key, current }: Change): void {
  if (key === storeKey(kinds.crd)) {
    if (current?.metadata.deletionTimestamp !== undefined) empty(cluster, current)
  } else if (current === undefined) {
    const crd = cluster.store.get(storeKey(kinds.crd), '', key.split('/').reverse().join('.'))
    if (crd?.metadata.deletionTimestamp !== undefined) empty(cluster, crd)
  }
}

function empty(cluster: Cluster, crd: ApiObject): void {
  const [resource] = resourcesOf(crd)
  if (resource !== undefined) removeAll(cluster, resource)
  const isEmpty = resource === undefined || cluster.store.list(storeKey(resource)).length === 0
  if (isEmpty) dropFinalizer(cluster, { resource: kinds.crd, object: crd }, cleanup)
}

function removeAll(cluster: Cluster, resource: Resource): void {
  for (const { metadata } of cluster.store.list(storeKey(resource))) {
    const { name, namespace = '', deletionTimestamp } = metadata
    if (deletionTimestamp === undefined) removeObject(cluster, resource, { namespace, name }, {})
  }
}
