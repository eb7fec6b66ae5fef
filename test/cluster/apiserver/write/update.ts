// Changes objects: optimistic concurrency, what a subresource may touch, generations, and the end of finalizers.
import { admit } from '../admission/admit.ts'
import {
  badRequest,
  conflict,
  forbiddenValue,
  invalid,
  invalidValue,
  modified,
  notFound,
} from '../failure.ts'
import { clone, isEqual, type ApiObject } from '../object.ts'
import { objectOf, type Cluster } from '../cluster.ts'
import { storeKey, type Resource } from '../resource.ts'
import { complete, decode } from './complete.ts'
import { keepSystemFields } from './metadata.ts'
import { present } from './present.ts'
import type { WriteOptions } from './request.ts'

export interface UpdateTarget {
  readonly resource: Resource
  readonly namespace: string
  readonly name: string
  readonly subresource: string
}

export interface UpdateOptions extends WriteOptions {
  /** PUT replaces what the client has read; PATCH changes what is there. */
  readonly method: 'put' | 'patch'
}

/** `change` gets a copy and answers the whole object as it should be. */
export function updateObject(
  cluster: Cluster,
  target: UpdateTarget,
  change: (current: ApiObject) => unknown,
  options: UpdateOptions,
): ApiObject {
  const { resource, namespace, name, subresource } = target
  const stored = objectOf(cluster, resource, namespace, name)
  if (stored === undefined) throw notFound(resource, name)
  const current = present(resource, stored)
  const draft = decode(resource, change(clone(current)), options)
  refuseOthers(target, current, draft, options)
  keepSystemFields(draft, current)
  separate(resource, draft, current, subresource)
  if (subresource === '') admit(cluster, resource, draft, current)
  complete(resource, draft, current)
  refuseNewFinalizers(resource, draft, current)
  if (isEqual(withoutVersion(draft), withoutVersion(current))) return current
  if (isNewGeneration(resource, draft, current))
    draft.metadata.generation = (current.metadata.generation ?? 0) + 1
  return options.dryRun ? draft : keep(cluster, resource, draft)
}

/** Stores the object, or ends it when its last finalizer went while it was being deleted. */
export function keep(cluster: Cluster, resource: Resource, draft: ApiObject): ApiObject {
  if (draft.metadata.deletionTimestamp === undefined || isHeld(draft))
    return cluster.store.put(storeKey(resource), draft)
  cluster.applied.delete(draft.metadata.uid)
  return cluster.store.remove(storeKey(resource), draft)
}

/** Something must still happen before the object may go. */
export function isHeld({ kind, metadata, spec }: ApiObject): boolean {
  const own = kind === 'Namespace' && spec !== undefined ? spec['finalizers'] : []
  const { finalizers = [], deletionGracePeriodSeconds = 0 } = metadata
  return finalizers.length > 0 || deletionGracePeriodSeconds > 0 || (Array.isArray(own) && own.length > 0)
}

function refuseOthers(
  target: UpdateTarget,
  current: ApiObject,
  draft: ApiObject,
  { method }: UpdateOptions,
): void {
  const { resource, name } = target
  const { name: given, namespace, uid, resourceVersion } = draft.metadata
  if (given !== name && given !== '')
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
  if (namespace !== undefined && resource.namespaced && namespace !== current.metadata.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  draft.metadata.name = name
  if (!resourceVersion && resource.custom !== undefined && method === 'put')
    throw invalid(resource, name, [
      invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
    ])
  if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) throw modified(resource, name)
  if (!uid || uid === current.metadata.uid) return
  if (method === 'patch')
    throw invalid(resource, name, [invalidValue('metadata.uid', uid, 'field is immutable')])
  throw conflict(
    resource,
    name,
    `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
  )
}

/** The status is written through its subresource only, and nothing else is written there. Changes the draft. */
function separate(resource: Resource, draft: ApiObject, current: ApiObject, subresource: string): void {
  if (!resource.hasStatus) return
  if (subresource === '') {
    restore(draft, current, ['status'])
    return
  }
  if (subresource !== 'status') return
  if (resource.custom !== undefined) draft.metadata = clone(current.metadata)
  const fields = [...Object.keys(draft), ...Object.keys(current)]
  restore(
    draft,
    current,
    fields.filter((field) => field !== 'status' && field !== 'metadata'),
  )
}

function restore(draft: ApiObject, current: ApiObject, fields: readonly string[]): void {
  for (const field of fields) {
    if (current[field] === undefined) Reflect.deleteProperty(draft, field)
    else draft[field] = clone(current[field])
  }
}

function refuseNewFinalizers(resource: Resource, draft: ApiObject, current: ApiObject): void {
  if (current.metadata.deletionTimestamp === undefined) return
  const before = current.metadata.finalizers ?? []
  const added = (draft.metadata.finalizers ?? []).filter((each) => !before.includes(each))
  if (added.length === 0) return
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`
  throw invalid(resource, draft.metadata.name, [forbiddenValue('metadata.finalizers', why)])
}

const withoutVersion = (object: ApiObject): object => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: '' },
})

/** Everything counts that is neither metadata nor status. */
function isNewGeneration(resource: Resource, draft: ApiObject, current: ApiObject): boolean {
  const desired = (object: ApiObject): object => {
    const { metadata: _metadata, status, ...rest } = object
    return resource.hasStatus ? rest : { ...rest, status }
  }
  return resource.hasGeneration && !isEqual(desired(draft), desired(current))
}
