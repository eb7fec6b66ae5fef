// What wakes a parent: a change of itself, of a child of its own, of a stray that carries its label, or the passing of time.
import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject } from '../client.ts'
import type { Change } from './cache.ts'
import { controllerOf, uidLabel } from './claim.ts'
import type { Controller } from './spec.ts'

type Enqueue = (parent: KubernetesObject) => void

/** The own status writes wake the parent too, unless the CompositeController says otherwise. */
export function onParent(
  { ignoreStatusChanges }: Controller,
  { old, current }: Change,
  enqueue: Enqueue,
): void {
  const parent = current ?? old
  if (parent !== undefined && !(ignoreStatusChanges && isStatusOnly(old, current))) enqueue(parent)
}

export function onChild(
  parents: Iterable<KubernetesObject>,
  { old, current }: Change,
  enqueue: Enqueue,
): void {
  const child = current ?? old
  if (child === undefined || old?.metadata.resourceVersion === current?.metadata.resourceVersion) return
  const isLeaving = current?.metadata.deletionTimestamp !== undefined || current === undefined
  const owner = controllerOf(child) ?? (isLeaving ? undefined : child.metadata.labels?.[uidLabel])
  for (const parent of parents) {
    const { uid, namespace } = parent.metadata
    if (uid === owner && namespace === child.metadata.namespace) enqueue(parent)
  }
}

/** The returned function ends it. */
export function everyPeriod({ resyncPeriodSeconds }: Controller, run: () => void): () => void {
  if (resyncPeriodSeconds === undefined) return () => undefined
  const timer = setInterval(run, resyncPeriodSeconds * 1000)
  return () => clearInterval(timer)
}

function isStatusOnly(old: KubernetesObject | undefined, current: KubernetesObject | undefined): boolean {
  if (old === undefined || current === undefined || current.metadata.deletionTimestamp !== undefined)
    return false
  const essence = ({ metadata }: KubernetesObject): unknown => [
    metadata.generation,
    metadata.labels,
    metadata.annotations,
  ]
  return isDeepStrictEqual(essence(old), essence(current))
}
