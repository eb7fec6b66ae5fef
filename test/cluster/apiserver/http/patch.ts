// PATCH: which kind of patch, and what it makes of an object.
import { badRequest, notFound, unsupportedMediaType } from '../failure.ts'
import { isFields, type ApiObject, type Fields } from '../object.ts'
import { objectOf, type Cluster } from '../cluster.ts'
import { applyPatch } from '../patch/apply-patch.ts'
import { jsonPatch } from '../patch/json-patch.ts'
import { builtInListKeys } from '../patch/list-keys.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import { strategicPatch } from '../patch/strategic-patch.ts'
import type { Resource } from '../resource.ts'
import { listKeysOf } from '../schema/schema.ts'
import { createObject } from '../write/create.ts'
import type { WriteOptions } from '../write/request.ts'
import { updateObject, type UpdateTarget } from '../write/update.ts'
import type { Body } from './body.ts'

const media = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

export interface Patched {
  readonly object: ApiObject
  readonly isNew: boolean
}

export function patchObject(
  cluster: Cluster,
  target: UpdateTarget,
  { value, mediaType }: Body,
  query: URLSearchParams,
  options: WriteOptions,
): Patched {
  if (mediaType === media.apply) return apply(cluster, target, value, query, options)
  const change = changeBy(target.resource, mediaType, value)
  return { object: updateObject(cluster, target, change, { ...options, method: 'patch' }), isNew: false }
}

/** What a patch makes of any object that looks like JSON. */
export function changeBy(resource: Resource, mediaType: string, patch: unknown): (current: Fields) => Fields {
  if (mediaType === media.json) return (current) => jsonPatch(current, patch)
  if (!isFields(patch)) throw badRequest('a patch is an object')
  if (mediaType === media.merge) return (current) => mergePatch(current, patch)
  if (mediaType === media.strategic && resource.custom === undefined)
    return (current) => strategicPatch(current, patch)
  const isCustom = resource.custom !== undefined
  throw unsupportedMediaType(
    mediaType,
    Object.values(media).filter((each) => !isCustom || each !== media.strategic),
  )
}

function apply(
  cluster: Cluster,
  target: UpdateTarget,
  config: unknown,
  query: URLSearchParams,
  options: WriteOptions,
): Patched {
  const { resource, namespace, name } = target
  const manager = query.get('fieldManager') ?? ''
  if (manager === '')
    throw badRequest(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    )
  if (!isFields(config)) throw badRequest('an applied configuration is an object')
  const current = objectOf(cluster, resource, namespace, name)
  if (current === undefined && target.subresource !== '') throw notFound(resource, name)
  const object =
    current === undefined
      ? created(cluster, target, config, options)
      : applied(cluster, target, current, { config, manager, force: query.get('force') === 'true' }, options)
  if (!options.dryRun) remember(cluster, object.metadata.uid, manager, config)
  return { object, isNew: current === undefined }
}

function created(
  cluster: Cluster,
  { resource, namespace, name }: UpdateTarget,
  config: Fields,
  options: WriteOptions,
): ApiObject {
  const metadata = isFields(config['metadata']) ? config['metadata'] : {}
  return createObject(cluster, resource, namespace, { ...config, metadata: { ...metadata, name } }, options)
}

interface Intent {
  readonly config: Fields
  readonly manager: string
  readonly force: boolean
}

function applied(
  cluster: Cluster,
  target: UpdateTarget,
  current: ApiObject,
  intent: Intent,
  options: WriteOptions,
): ApiObject {
  const { resource } = target
  const listKeys = resource.custom === undefined ? builtInListKeys : listKeysOf(resource.custom.schema)
  const before = cluster.applied.get(current.metadata.uid) ?? new Map<string, Fields>()
  const change = (object: ApiObject): Fields => applyPatch(object, before, { ...intent, listKeys })
  return updateObject(cluster, target, change, { ...options, method: 'patch' })
}

function remember(cluster: Cluster, uid: string, manager: string, config: Fields): void {
  cluster.applied.set(uid, new Map([...(cluster.applied.get(uid) ?? []), [manager, config]]))
}
