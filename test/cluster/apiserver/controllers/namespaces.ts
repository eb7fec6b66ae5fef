// Gives each namespace its ServiceAccount and root certificate, and empties the namespaces that are deleted.
import { kinds, objectOf, type Cluster } from '../cluster.ts'
import type { ApiObject } from '../object.ts'
import { storeKey } from '../resource.ts'
import type { Change } from '../store.ts'
import { createObject } from '../write/create.ts'
import { internal } from '../write/request.ts'
import { removeObject } from '../write/remove.ts'

export function tendNamespaces(cluster: Cluster, { key, current, previous, last }: Change): void {
  const name = key === storeKey(kinds.namespace) ? last.metadata.name : last.metadata.namespace
  const namespace = name === undefined ? undefined : objectOf(cluster, kinds.namespace, '', name)
  if (namespace === undefined) return
  if (namespace.metadata.deletionTimestamp !== undefined) empty(cluster, namespace)
  else if (key === storeKey(kinds.namespace) && current !== undefined && previous === undefined)
    furnish(cluster, current)
}

/** What every namespace has; also called at once, so that the first Pod need not wait. */
export function furnish(cluster: Cluster, { metadata }: ApiObject): void {
  const { name } = metadata
  if (objectOf(cluster, kinds.serviceAccount, name, 'default') === undefined)
    createObject(cluster, kinds.serviceAccount, name, { metadata: { name: 'default' } }, internal)
  const root = { metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': cluster.certificate } }
  if (objectOf(cluster, kinds.configMap, name, 'kube-root-ca.crt') === undefined)
    createObject(cluster, kinds.configMap, name, root, internal)
}

function empty(cluster: Cluster, namespace: ApiObject): void {
  const contents = cluster.store
    .everything()
    .filter(({ object }) => object.metadata.namespace === namespace.metadata.name)
  for (const { key, object } of contents) {
    const resource = cluster.catalogue.ofKey(key)
    if (resource === undefined || object.metadata.deletionTimestamp !== undefined) continue
    const { name, namespace: within = '' } = object.metadata
    removeObject(cluster, resource, { namespace: within, name }, {})
  }
  if (contents.length === 0) cluster.store.remove(storeKey(kinds.namespace), namespace)
}
