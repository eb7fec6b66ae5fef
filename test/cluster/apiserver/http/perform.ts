// One verb on one resource.
import type { Tokens } from '../access/tokens.ts'
import { kinds, objectOf, type Cluster } from '../cluster.ts'
import { furnish } from '../controllers/namespaces.ts'
import { badRequest, methodNotAllowed, noSuchPath } from '../failure.ts'
import type { ApiObject } from '../object.ts'
import type { Resource } from '../resource.ts'
import { createObject } from '../write/create.ts'
import { removeObject, removeOptions } from '../write/remove.ts'
import type { FieldValidation, WriteOptions } from '../write/request.ts'
import { updateObject } from '../write/update.ts'
import { ok, type Answer } from './answer.ts'
import type { Body } from './body.ts'
import { patchObject } from './patch.ts'
import { listObjects, readObject, renderList, renderObject } from './read.ts'
import { bind, created, evictPod, scale } from './subresources.ts'
import type { Target } from './target.ts'

export interface Operation {
  readonly resource: Resource
  readonly target: Target
  readonly body: Body
  readonly accept: string
  readonly warn: (text: string) => void
}

export function perform(
  context: { readonly cluster: Cluster; readonly tokens: Tokens },
  operation: Operation,
): Answer {
  const { cluster, tokens } = context
  const { resource, target, body } = operation
  const { subresource, namespace, name } = target
  switch (subresource) {
    case '':
      return main(cluster, operation)
    case 'status':
      if (!resource.hasStatus) throw noSuchPath()
      return main(cluster, operation)
    case 'scale':
      return scale(cluster, resource, target, body, writeOptions(operation))
    case 'binding':
      return isPod(resource, () => bind(cluster, target, body.value))
    case 'eviction':
      return isPod(resource, () => evictPod(cluster, target, body.value))
    case 'token':
      if (resource !== kinds.serviceAccount) throw noSuchPath()
      return created(tokens.issue(namespace, name, body.value))
    default:
      throw noSuchPath()
  }
}

function isPod(resource: Resource, run: () => Answer): Answer {
  if (resource !== kinds.pod) throw noSuchPath()
  return run()
}

function main(cluster: Cluster, operation: Operation): Answer {
  const { resource, target, body, accept } = operation
  const { namespace, name, query, verb, subresource } = target
  const options = writeOptions(operation)
  const render = (object: ApiObject): object => renderObject(resource, object, accept, query)
  const place = { resource, namespace, name, subresource }
  switch (verb) {
    case 'get':
      return ok(render(readObject(cluster, resource, target)))
    case 'list':
      return ok(renderList(cluster, resource, listObjects(cluster, resource, target), accept, query))
    case 'create':
      return created(render(create(cluster, operation, options)))
    case 'update':
      return ok(render(updateObject(cluster, place, () => body.value, { ...options, method: 'put' })))
    case 'patch': {
      const { object, isNew } = patchObject(cluster, place, body, query, options)
      return isNew ? created(render(object)) : ok(render(object))
    }
    case 'delete':
      return remove(cluster, operation)
    case 'deletecollection':
      return removeAll(cluster, operation)
    default:
      throw methodNotAllowed()
  }
}

function writeOptions({ target: { query }, warn }: Operation): WriteOptions {
  const fieldValidation = query.get('fieldValidation') ?? 'Warn'
  if (!['Strict', 'Warn', 'Ignore'].includes(fieldValidation))
    throw badRequest(`Unsupported value for fieldValidation: ${fieldValidation}`)
  return { dryRun: query.get('dryRun') === 'All', fieldValidation: fieldValidation as FieldValidation, warn }
}

function create(cluster: Cluster, { resource, target, body }: Operation, options: WriteOptions): ApiObject {
  if (target.name !== '' || target.subresource !== '') throw methodNotAllowed()
  if (resource.namespaced && target.namespace === '') throw methodNotAllowed()
  const object = createObject(cluster, resource, target.namespace, body.value, options)
  if (resource === kinds.namespace && !options.dryRun) furnish(cluster, object)
  return object
}

function remove(cluster: Cluster, operation: Operation): Answer {
  const { resource, target, body, accept } = operation
  const { object, isGone } = removeObject(cluster, resource, target, removeOptions(target.query, body.value))
  if (!isGone || resource === kinds.pod) return ok(renderObject(resource, object, accept, target.query))
  const { name, uid } = object.metadata
  const { group, plural } = resource
  const details = { name, ...(group === '' ? {} : { group }), kind: plural, uid }
  return ok({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details })
}

function removeAll(cluster: Cluster, { resource, target, body, accept }: Operation): Answer {
  const options = removeOptions(target.query, body.value)
  const removed = listObjects(cluster, resource, target).flatMap(({ metadata }) => {
    const place = { namespace: metadata.namespace ?? '', name: metadata.name }
    return objectOf(cluster, resource, place.namespace, place.name) === undefined
      ? []
      : [removeObject(cluster, resource, place, options).object]
  })
  return ok(renderList(cluster, resource, removed, accept, target.query))
}
