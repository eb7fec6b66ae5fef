// What all parts of the server share: the objects, the kinds, and what a Pod and a Service need from outside.
import { builtInKinds } from './kinds/table.ts'
import { Catalogue } from './kinds/catalogue.ts'
import type { ApiObject } from './object.ts'
import type { Applied } from './patch/apply-patch.ts'
import { storeKey, type Resource } from './resource.ts'
import { Store } from './store.ts'

/** An address that no other Service has. */
export type AllocateServiceIp = () => string

export interface Cluster {
  readonly store: Store
  readonly catalogue: Catalogue
  /** By uid: gone with the object. */
  readonly applied: Map<string, ReturnType<Applied['get']>>
  readonly allocateServiceIp: AllocateServiceIp
  /** PEM of the authority that signed the server's certificate. */
  readonly certificate: string
}

export function createCluster(options: Pick<Cluster, 'allocateServiceIp' | 'certificate'>): Cluster {
  return { store: new Store(), catalogue: new Catalogue(), applied: new Map(), ...options }
}

/** A built-in kind that the server itself works with. */
export function builtIn(kind: string, group = ''): Resource {
  const found = builtInKinds.find((each) => each.kind === kind && each.group === group)
  if (found === undefined) throw new Error(`there is no built-in kind ${kind} in group "${group}"`)
  return found
}

export const kinds = {
  namespace: builtIn('Namespace'),
  pod: builtIn('Pod'),
  claim: builtIn('PersistentVolumeClaim'),
  volume: builtIn('PersistentVolume'),
  configMap: builtIn('ConfigMap'),
  serviceAccount: builtIn('ServiceAccount'),
  storageClass: builtIn('StorageClass', 'storage.k8s.io'),
  disruptionBudget: builtIn('PodDisruptionBudget', 'policy'),
  role: builtIn('Role', 'rbac.authorization.k8s.io'),
  roleBinding: builtIn('RoleBinding', 'rbac.authorization.k8s.io'),
  clusterRole: builtIn('ClusterRole', 'rbac.authorization.k8s.io'),
  clusterRoleBinding: builtIn('ClusterRoleBinding', 'rbac.authorization.k8s.io'),
  crd: builtIn('CustomResourceDefinition', 'apiextensions.k8s.io'),
} as const

export const objectsOf = (cluster: Cluster, resource: Resource, namespace?: string): readonly ApiObject[] =>
  cluster.store.list(storeKey(resource), namespace)

export const objectOf = (
  cluster: Cluster,
  resource: Resource,
  namespace: string,
  name: string,
): ApiObject | undefined => cluster.store.get(storeKey(resource), resource.namespaced ? namespace : '', name)
