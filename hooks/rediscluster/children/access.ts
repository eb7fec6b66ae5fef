// ServiceAccount, Role and RoleBinding of the instances: their own RedisCluster and their own Pods, nothing else.
import type { KubernetesObject } from '../../kubernetes.ts'
import type { Blueprint } from '../blueprint.ts'
import { clusterLabels, group, plural } from '../names.ts'
import { find, kinds } from '../observed.ts'

export function desiredServiceAccount({ name, namespace, spec }: Blueprint): KubernetesObject {
  const { serviceAccountAnnotations: annotations = {} } = spec
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      name,
      namespace,
      labels: clusterLabels(name),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
  }
}

/** A cloud's webhook reads the annotations when a Pod is created, and never again: they must be there before it. */
export function isIdentityReady({ name, spec, request }: Blueprint): boolean {
  const { annotations = {} } = find(request.children, kinds.serviceAccount, name)?.metadata ?? {}
  const wanted = Object.entries(spec.serviceAccountAnnotations ?? {})
  return wanted.every(([key, value]) => annotations[key] === value)
}

/** Pods by name, for a claim is written on the own Pod and read on all others; a list would show foreign ones. */
export function desiredRole(
  { name, namespace }: Blueprint,
  pods: readonly string[],
): KubernetesObject & { rules: object[] } {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name, namespace, labels: clusterLabels(name) },
    rules: [
      { apiGroups: [group], resources: [plural], resourceNames: [name], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['pods'], resourceNames: [...pods], verbs: ['get', 'patch'] },
    ],
  }
}

export function desiredRoleBinding({
  name,
  namespace,
}: Blueprint): KubernetesObject & { roleRef: object; subjects: object[] } {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name, namespace, labels: clusterLabels(name) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  }
}
