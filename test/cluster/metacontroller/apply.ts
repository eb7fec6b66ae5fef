// What one child becomes: the object to create, or the observed one with what the hook desires merged into it.
import type { KubernetesObject, Metadata } from '../client.ts'
import { isObject, mergeObjects } from './merge.ts'

export const lastAppliedAnnotation = 'metacontroller.k8s.io/last-applied-configuration'

/** Written by the API server alone; a desired value for one of them is ignored. */
const systemFields = [
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
]

export function createdChild(desired: KubernetesObject, parent: KubernetesObject): KubernetesObject {
  const { ownerReferences = [] } = desired.metadata
  const { name, uid = '' } = parent.metadata
  const owner = {
    apiVersion: parent.apiVersion,
    kind: parent.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  }
  const owned = ownerReferences.some((reference) => reference.uid === uid)
  const recorded = withLastApplied(desired, desired)
  return {
    ...recorded,
    metadata: {
      ...recorded.metadata,
      ownerReferences: owned ? ownerReferences : [...ownerReferences, owner],
    },
  }
}

export function updatedChild(observed: KubernetesObject, desired: KubernetesObject): KubernetesObject {
  const applied = withoutLastApplied(desired)
  const merged = mergeObjects(observed, lastApplied(observed), applied) as KubernetesObject
  const { status: _merged, ...rest } = merged
  const status = Object.hasOwn(observed, 'status') ? { status: observed['status'] } : {}
  const metadata = reverted(merged.metadata, observed.metadata)
  return withLastApplied({ ...rest, ...status, metadata }, applied)
}

function lastApplied(observed: KubernetesObject): unknown {
  const text = observed.metadata.annotations?.[lastAppliedAnnotation] ?? ''
  return text === '' ? undefined : JSON.parse(text)
}

function withLastApplied(object: KubernetesObject, applied: KubernetesObject): KubernetesObject {
  const annotations = { ...object.metadata.annotations, [lastAppliedAnnotation]: canonicalJson(applied) }
  return { ...object, metadata: { ...object.metadata, annotations } }
}

function withoutLastApplied(desired: KubernetesObject): KubernetesObject {
  if (desired.metadata.annotations?.[lastAppliedAnnotation] === undefined) return desired
  const { [lastAppliedAnnotation]: _nested, ...annotations } = desired.metadata.annotations
  return { ...desired, metadata: { ...desired.metadata, annotations } }
}

function reverted(metadata: Metadata, observed: Metadata): Metadata {
  const ours = Object.entries(metadata).filter(([field]) => !systemFields.includes(field))
  const theirs = Object.entries(observed).filter(([field]) => systemFields.includes(field))
  return Object.fromEntries([...ours, ...theirs]) as unknown as Metadata
}

/** As Go writes it: keys sorted, and the characters that matter in HTML escaped. */
export function canonicalJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
