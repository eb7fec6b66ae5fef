// Metacontroller's hook contract (v4.17, hooks v2) as types: what it POSTs and what we may answer.
// Source: https://metacontroller.github.io/metacontroller/api/compositecontroller.html

export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly generation?: number
  readonly resourceVersion?: string
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
}

/** `Kind.version` or `Kind.group/version` → `namespace/name` (or `name` for cluster-scoped objects) → object. */
export type ObjectMap = Readonly<Record<string, Readonly<Record<string, KubernetesObject>>>>

export interface SyncRequest<Parent extends KubernetesObject = KubernetesObject> {
  readonly parent: Parent
  readonly children: ObjectMap
  readonly related: ObjectMap
  readonly finalizing: boolean
}

/** `children` is the whole truth: an observed child that is not in it is deleted. */
export interface SyncResponse {
  readonly status: object
  readonly children: readonly KubernetesObject[]
  readonly resyncAfterSeconds: number
}

export interface CustomizeRequest<Parent extends KubernetesObject = KubernetesObject> {
  readonly parent: Parent
}

/** Without a namespace, names would match in every namespace: both are required. */
export interface RelatedResourceRule {
  readonly apiVersion: string
  readonly resource: string
  readonly namespace?: string
  readonly names?: readonly string[]
  readonly labelSelector?: { readonly matchLabels: Readonly<Record<string, string>> }
}

export interface CustomizeResponse {
  readonly relatedResources: readonly RelatedResourceRule[]
}
