// Deletes objects: preconditions, grace for Pods, finalizers, and what is to become of dependents.
import { conflict, invalid, invalidValue, notFound } from '../failure.ts'
import { clone, fieldsOf, isEqual, textOf, timestamp, type ApiObject } from '../object.ts'
import { objectOf, type Cluster } from '../cluster.ts'
import { storeKey, type Resource } from '../resource.ts'
import { isHeld, keep } from './update.ts'

export const foreground = 'foregroundDeletion'
export const orphan = 'orphan'

export interface RemoveOptions {
  readonly dryRun?: boolean
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: string
  readonly uid?: string
  readonly resourceVersion?: string
}

/** `isGone` is false while finalizers or a Pod's grace keep the object. */
export interface Removal {
  readonly object: ApiObject
  readonly isGone: boolean
}

/** Query parameters and body of a DELETE; the body wins. */
export function removeOptions(query: URLSearchParams, body: unknown): RemoveOptions {
  const given = fieldsOf(body)
  const { uid, resourceVersion } = fieldsOf(given['preconditions'])
  const grace = given['gracePeriodSeconds'] ?? query.get('gracePeriodSeconds') ?? undefined
  const isOrphaning = given['orphanDependents'] === true || query.get('orphanDependents') === 'true'
  const policy = textOf(given['propagationPolicy']) || query.get('propagationPolicy')
  return {
    dryRun: query.has('dryRun') || given['dryRun'] !== undefined,
    propagationPolicy: policy ?? (isOrphaning ? 'Orphan' : 'Background'),
    ...(grace === undefined ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  }
}

export function removeObject(
  cluster: Cluster,
  resource: Resource,
  where: { readonly namespace: string; readonly name: string },
  options: RemoveOptions,
): Removal {
  const current = objectOf(cluster, resource, where.namespace, where.name)
  if (current === undefined) throw notFound(resource, where.name)
  refusePreconditions(resource, current, options)
  const draft = clone(current)
  markDeleted(resource, draft, options)
  const isGone = !isHeld(draft)
  if (options.dryRun === true) return { object: draft, isGone }
  if (isGone) {
    cluster.applied.delete(current.metadata.uid)
    return { object: cluster.store.remove(storeKey(resource), draft), isGone }
  }
  return isEqual(draft, current)
    ? { object: current, isGone }
    : { object: keep(cluster, resource, draft), isGone }
}

function refusePreconditions(resource: Resource, { metadata }: ApiObject, options: RemoveOptions): void {
  const { name, uid, resourceVersion } = metadata
  const { propagationPolicy = 'Background' } = options
  if (options.uid !== undefined && options.uid !== uid)
    throw conflict(
      resource,
      name,
      `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    )
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion)
    throw conflict(
      resource,
      name,
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    )
  if (!['Background', 'Foreground', 'Orphan'].includes(propagationPolicy))
    throw invalid({ group: '', plural: '', kind: 'DeleteOptions' }, '', [
      invalidValue(
        'propagationPolicy',
        propagationPolicy,
        'must be one of Background, Foreground and Orphan',
      ),
    ])
}

/** Changes the draft. */
function markDeleted(resource: Resource, draft: ApiObject, options: RemoveOptions): void {
  const { metadata } = draft
  const finalizers = finalizersFor(metadata.finalizers ?? [], options.propagationPolicy)
  const grace = graceOf(resource, draft, options)
  const isFirst = metadata.deletionTimestamp === undefined
  if (finalizers.length > 0) metadata.finalizers = [...finalizers]
  else delete metadata.finalizers
  if (!isFirst && grace >= (metadata.deletionGracePeriodSeconds ?? 0)) return
  metadata.deletionTimestamp = timestamp(Date.now() + grace * 1000)
  metadata.deletionGracePeriodSeconds = grace
  if (isFirst && metadata.generation !== undefined) metadata.generation += 1
  if (draft.kind === 'Namespace') draft.status = { phase: 'Terminating' }
}

function finalizersFor(current: readonly string[], policy = 'Background'): readonly string[] {
  const others = current.filter((each) => each !== foreground && each !== orphan)
  if (policy === 'Foreground') return [...others, foreground]
  return policy === 'Orphan' ? [...others, orphan] : others
}

/** Only Pods that run somewhere are given time. */
function graceOf({ kind, group }: Resource, { spec, status }: ApiObject, options: RemoveOptions): number {
  const isOver = ['Succeeded', 'Failed'].includes(textOf(status?.['phase']))
  if (kind !== 'Pod' || group !== '' || !spec?.['nodeName'] || isOver) return 0
  return options.gracePeriodSeconds ?? Number(spec['terminationGracePeriodSeconds'] ?? 30)
}
