// GET: single objects and lists.
import { objectOf, objectsOf, type Cluster } from '../cluster.ts'
import { badRequest, notFound } from '../failure.ts'
import type { ApiObject } from '../object.ts'
import { apiVersionOf, type Resource } from '../resource.ts'
import { fieldPredicate, labelPredicate, type Predicate } from '../selectors.ts'
import { formOf, partialOf, tableOf } from '../table/render.ts'
import { present } from '../write/present.ts'
import type { Target } from './target.ts'

export function readObject(cluster: Cluster, resource: Resource, target: Target): ApiObject {
  const found = objectOf(cluster, resource, target.namespace, target.name)
  if (found === undefined) throw notFound(resource, target.name)
  return present(resource, found)
}

export function listObjects(cluster: Cluster, resource: Resource, target: Target): readonly ApiObject[] {
  const namespace = resource.namespaced && target.namespace !== '' ? target.namespace : undefined
  return objectsOf(cluster, resource, namespace)
    .map((object) => present(resource, object))
    .filter(predicateOf(resource, target))
}

/** What the selectors of a list or watch let through. */
export function predicateOf(resource: Resource, { query }: Target): Predicate {
  const fields = query.get('fieldSelector') ?? ''
  const [, strange] = /(?:^|,)(?!metadata\.(?:name|namespace)[!=])([^=!,]+)/.exec(fields) ?? []
  if (resource.custom !== undefined && strange !== undefined)
    throw badRequest(`field label not supported: ${strange}`)
  const [byLabel, byField] = [labelPredicate(query.get('labelSelector') ?? ''), fieldPredicate(fields)]
  return (object) => byLabel(object) && byField(object)
}

export function renderObject(
  resource: Resource,
  object: ApiObject,
  accept: string,
  query: URLSearchParams,
): object {
  const form = formOf(accept)
  if (form === 'object') return object
  if (form === 'PartialObjectMetadata') return partialOf(object)
  return tableOf(resource.columns, [object], {
    resourceVersion: object.metadata.resourceVersion,
    include: included(query),
  })
}

export function renderList(
  cluster: Cluster,
  resource: Resource,
  items: readonly ApiObject[],
  accept: string,
  query: URLSearchParams,
): object {
  const resourceVersion = String(cluster.store.version)
  const form = formOf(accept)
  if (form === 'Table') return tableOf(resource.columns, items, { resourceVersion, include: included(query) })
  const isPartial = form === 'PartialObjectMetadata'
  return {
    kind: isPartial ? 'PartialObjectMetadataList' : `${resource.kind}List`,
    apiVersion: isPartial ? 'meta.k8s.io/v1' : apiVersionOf(resource),
    metadata: { resourceVersion },
    items: isPartial ? items.map(partialOf) : items,
  }
}

export const included = (query: URLSearchParams): string => query.get('includeObject') ?? 'Metadata'
