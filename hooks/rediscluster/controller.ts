// The CompositeController that tells Metacontroller about RedisClusters, and the child kinds it declares.
import { apiVersion, plural } from './names.ts'
import { kinds } from './observed.ts'

/** As `Kind.version`, the way they key a request's children. Metacontroller caches every object of these kinds: nothing optional. */
export const childKinds: readonly string[] = [
  kinds.configMap,
  kinds.volume,
  kinds.pod,
  kinds.secret,
  kinds.service,
  kinds.serviceAccount,
  kinds.disruptionBudget,
  kinds.role,
  kinds.roleBinding,
]

export const childResources = [
  ['v1', 'configmaps'],
  ['v1', 'persistentvolumeclaims'],
  ['v1', 'pods'],
  ['v1', 'secrets'],
  ['v1', 'services'],
  ['v1', 'serviceaccounts'],
  ['policy/v1', 'poddisruptionbudgets'],
  ['rbac.authorization.k8s.io/v1', 'roles'],
  ['rbac.authorization.k8s.io/v1', 'rolebindings'],
] as const

export const hookPaths = {
  sync: '/hooks/rediscluster/sync',
  customize: '/hooks/rediscluster/customize',
} as const

/**
 * InPlace everywhere: Metacontroller never replaces a Pod by itself. The timeout leaves room above our own deadline.
 * `guarded` may add to a webhook how Metacontroller shows who it is.
 */
export function compositeController(
  baseUrl: string,
  guarded: (webhook: object) => unknown = (webhook) => webhook,
): object {
  const hook = (path: string): object => ({
    version: 'v2',
    webhook: guarded({ url: `${baseUrl}${path}`, timeout: '5s' }),
  })
  return {
    apiVersion: 'metacontroller.k8s.io/v1alpha1',
    kind: 'CompositeController',
    metadata: { name: 'redisclusters' },
    spec: {
      generateSelector: true,
      resyncPeriodSeconds: 60,
      parentResource: { apiVersion, resource: plural },
      childResources: childResources.map(([childVersion, resource]) => ({
        apiVersion: childVersion,
        resource,
        updateStrategy: { method: 'InPlace' },
      })),
      hooks: { sync: hook(hookPaths.sync), customize: hook(hookPaths.customize) },
    },
  }
}
