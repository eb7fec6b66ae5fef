// The CompositeController that tells Metacontroller about RedisClusters, and the child kinds it declares.
import { compositeControllerFor, type ChildResource, type Guard } from '../composite-controller.ts'
import { apiVersion, plural } from './names.ts'
import { kinds } from './observed.ts'

/** As `Kind.version`, the way they key a request's children. */
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

/** InPlace everywhere: Metacontroller never replaces a Pod by itself. */
export const childResources: readonly ChildResource[] = (
  [
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
).map(([version, resource]) => ({ apiVersion: version, resource, method: 'InPlace' }))

export const hookPaths = {
  sync: '/hooks/rediscluster/sync',
  customize: '/hooks/rediscluster/customize',
} as const

export function compositeController(baseUrl: string, guarded?: Guard): object {
  const options = { plural, parentVersion: apiVersion, hookPaths, childResources, resyncPeriodSeconds: 60 }
  return compositeControllerFor(options, baseUrl, guarded)
}
