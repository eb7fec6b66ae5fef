// The subresources that are no part of the object: scale, binding, eviction, token and log.
import { kinds, objectOf, type Cluster } from '../cluster.ts'
import { evict } from '../controllers/disruption.ts'
import { badRequest, conflict, methodNotAllowed, noSuchPath, notFound } from '../failure.ts'
import { fieldsOf, setValueAt, textOf, timestamp, valueAt, type ApiObject, type Fields } from '../object.ts'
import type { Resource, ScalePaths } from '../resource.ts'
import { internal, type WriteOptions } from '../write/request.ts'
import { updateObject } from '../write/update.ts'
import { ok, type Answer } from './answer.ts'
import type { Body } from './body.ts'
import { changeBy } from './patch.ts'
import { readObject } from './read.ts'
import type { Target } from './target.ts'

export function scale(
  cluster: Cluster,
  resource: Resource,
  target: Target,
  body: Body,
  options: WriteOptions,
): Answer {
  const paths = resource.custom?.scale
  if (paths === undefined) throw noSuchPath()
  const current = readObject(cluster, resource, target)
  if (target.verb === 'get') return ok(scaleOf(current, paths))
  const wanted =
    target.verb === 'update'
      ? fieldsOf(body.value)
      : changeBy(resource, body.mediaType, body.value)(scaleOf(current, paths))
  const replicas = valueAt(wanted, ['spec', 'replicas']) ?? 0
  const version = valueAt(wanted, ['metadata', 'resourceVersion'])
  const change = (object: ApiObject): ApiObject => {
    setValueAt(object, paths.specReplicas, replicas)
    if (typeof version === 'string') object.metadata.resourceVersion = version
    return object
  }
  const { namespace, name } = target
  const changed = updateObject(cluster, { resource, namespace, name, subresource: '' }, change, {
    ...options,
    method: 'patch',
  })
  return ok(scaleOf(changed, paths))
}

function scaleOf(object: ApiObject, paths: ScalePaths): Fields {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const selector = paths.selector === undefined ? undefined : valueAt(object, paths.selector)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: valueAt(object, paths.specReplicas) ?? 0 },
    status: {
      replicas: valueAt(object, paths.statusReplicas) ?? 0,
      ...(selector === undefined ? {} : { selector }),
    },
  }
}

/** A scheduler puts a Pod on a node, once. */
export function bind(cluster: Cluster, target: Target, body: unknown): Answer {
  const { namespace, name, verb } = target
  if (verb !== 'create') throw methodNotAllowed()
  const node = textOf(valueAt(body, ['target', 'name']))
  const uid = valueAt(body, ['metadata', 'uid'])
  if (node === '') throw badRequest('Binding "" is invalid: target.name: Required value')
  const change = (pod: ApiObject): ApiObject => {
    const spec = fieldsOf(pod.spec)
    if (spec['nodeName'])
      throw conflict(
        { ...kinds.pod, plural: 'pods/binding' },
        name,
        `pod ${name} is already assigned to node ${JSON.stringify(spec['nodeName'])}`,
      )
    if (uid !== undefined && uid !== pod.metadata.uid)
      throw conflict(kinds.pod, name, 'the pod of this UID is gone')
    spec['nodeName'] = node
    const conditions = [
      { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: timestamp() },
    ]
    pod.status = { ...pod.status, conditions: [...conditionsOf(pod), ...conditions] }
    return pod
  }
  const pod = { ...kinds.pod, hasStatus: false, validate: () => [] }
  updateObject(cluster, { resource: pod, namespace, name, subresource: 'binding' }, change, {
    ...internal,
    method: 'patch',
  })
  return created({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}

const conditionsOf = ({ status }: ApiObject): readonly unknown[] =>
  Array.isArray(status?.['conditions'])
    ? (status['conditions'] as unknown[]).filter((each) => fieldsOf(each)['type'] !== 'PodScheduled')
    : []

export const created = (body: object): Answer => ({ code: 201, body })

export function evictPod(cluster: Cluster, target: Target, body: unknown): Answer {
  if (target.verb !== 'create') throw methodNotAllowed()
  const pod = objectOf(cluster, kinds.pod, target.namespace, target.name)
  if (pod === undefined) throw notFound(kinds.pod, target.name)
  evict(cluster, pod, fieldsOf(fieldsOf(body)['deleteOptions']))
  return created({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}
