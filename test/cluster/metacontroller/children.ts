// Makes the observed children into the desired ones: all deletions first, then creates and updates, kind by kind.
// Source: https://github.com/metacontroller/metacontroller/blob/v4.17.2/pkg/controller/common/manage_children.go
import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject } from '../client.ts'
import { isAlreadyExists, isConflict, isNotFound, type Api, type Resource } from './api.ts'
import { createdChild, updatedChild } from './apply.ts'
import { kindKey, nameKey, sortedKinds, type ObjectMap } from './object-map.ts'
import { shuffled, type Random } from './random.ts'
import type { Method } from './spec.ts'

export interface ChildrenWork {
  readonly api: Api
  readonly parent: KubernetesObject
  readonly observed: ObjectMap
  readonly desired: ObjectMap
  /** By kind, for example `Pod.v1`. A kind that is not declared is never updated. */
  readonly methods: ReadonlyMap<string, Method>
  /** Within one kind the order is random, as that of a Go map. */
  readonly random: Random
}

/** An error with one child does not stop the others; all of them are thrown together in the end. */
export async function manageChildren(work: ChildrenWork): Promise<void> {
  const { observed, desired } = work
  const errors = [
    ...(await forEachChild(work, observed, (resource, child) => removeUnwanted(work, resource, child))),
    ...(await forEachChild(work, desired, (resource, child) => apply(work, resource, child))),
  ]
  const { kind, metadata } = work.parent
  if (errors.length > 0)
    throw new Error(`can't reconcile children for ${kind} ${metadata.name}: ${errors.map(String).join(', ')}`)
}

async function forEachChild(
  { api, random }: ChildrenWork,
  map: ObjectMap,
  handle: (resource: Resource, child: KubernetesObject) => Promise<void>,
): Promise<readonly unknown[]> {
  const errors: unknown[] = []
  const collect = (error: unknown): void => void errors.push(error)
  for (const kind of sortedKinds(map)) {
    const children = shuffled(Object.values(map[kind] ?? {}), random)
    const [first] = children
    if (first === undefined) continue
    const resource = await api.resourceOfKind(first.apiVersion, first.kind).catch(collect)
    if (resource === undefined) continue
    for (const child of children) await handle(resource, child).catch(collect)
  }
  return errors
}

async function removeUnwanted(
  { api, desired }: ChildrenWork,
  resource: Resource,
  child: KubernetesObject,
): Promise<void> {
  const isWanted = desired[kindKey(child)]?.[nameKey(child)] !== undefined
  if (isWanted || isTerminating(child)) return
  await api.remove(resource, child).catch(swallow(isNotFound))
}

async function apply(work: ChildrenWork, resource: Resource, desired: KubernetesObject): Promise<void> {
  const { api, parent, observed, methods } = work
  const live = observed[kindKey(desired)]?.[nameKey(desired)]
  if (live === undefined) {
    await api.create(resource, createdChild(desired, parent)).catch(swallow(isAlreadyExists))
    return
  }
  const updated = updatedChild(live, desired)
  const isChanged = !isDeepStrictEqual(updated, live)
  if (!isChanged || isTerminating(live) || methods.get(kindKey(desired)) !== 'InPlace') return
  await api.replace(resource, updated).catch(swallow((error) => isNotFound(error) || isConflict(error)))
}

const isTerminating = ({ metadata }: KubernetesObject): boolean => metadata.deletionTimestamp !== undefined

const swallow =
  (isHarmless: (error: unknown) => boolean) =>
  (error: unknown): undefined => {
    if (!isHarmless(error)) throw error
  }
