// Creates objects.
import { randomUUID } from 'node:crypto'
import { admit } from '../admission/admit.ts'
import { alreadyExists, badRequest, forbidden, notFound } from '../failure.ts'
import { randomSuffix } from '../names.ts'
import { timestamp, type ApiObject } from '../object.ts'
import { kinds, objectOf, type Cluster } from '../cluster.ts'
import { storeKey, type Resource } from '../resource.ts'
import { complete, decode } from './complete.ts'
import { withoutEmpty } from './metadata.ts'
import type { WriteOptions } from './request.ts'

export function createObject(
  cluster: Cluster,
  resource: Resource,
  namespace: string,
  body: unknown,
  options: WriteOptions,
): ApiObject {
  const draft = decode(resource, body, options)
  draft.metadata = newMetadata(resource, draft, namespace)
  const isStatusKept = resource.kind === 'Node'
  if (resource.hasStatus && !isStatusKept) delete draft.status
  refuseDeadNamespace(cluster, resource, draft)
  admit(cluster, resource, draft, undefined)
  complete(resource, draft, undefined)
  const { name } = draft.metadata
  if (objectOf(cluster, resource, namespace, name) !== undefined) throw alreadyExists(resource, name)
  return options.dryRun ? draft : cluster.store.put(storeKey(resource), draft)
}

function newMetadata(resource: Resource, { metadata }: ApiObject, namespace: string): ApiObject['metadata'] {
  const { name, generateName, namespace: given, labels, annotations, ownerReferences, finalizers } = metadata
  if (metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created')
  if (resource.namespaced && given !== undefined && given !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  const made = name || (generateName ? `${generateName}${randomSuffix()}` : '')
  return {
    ...withoutEmpty({
      ...{
        name: made,
        generateName,
        uid: randomUUID(),
        resourceVersion: undefined,
        creationTimestamp: timestamp(),
      },
      ...{
        namespace: resource.namespaced ? namespace : undefined,
        labels,
        annotations,
        ownerReferences,
        finalizers,
      },
      generation: resource.hasGeneration ? 1 : undefined,
    }),
    name: made,
  }
}

function refuseDeadNamespace(cluster: Cluster, resource: Resource, { metadata }: ApiObject): void {
  const { name, namespace = '' } = metadata
  if (!resource.namespaced) return
  const found = objectOf(cluster, kinds.namespace, '', namespace)
  if (found === undefined) throw notFound(kinds.namespace, namespace)
  if (found.metadata.deletionTimestamp !== undefined)
    throw forbidden(
      resource,
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    )
}
