// ClusterRoles: what people may do with our kinds, and what Metacontroller needs where its wildcard is taken away.
import { childResources } from '../rediscluster/controller.ts'
import { group, plural } from '../rediscluster/names.ts'

/** What a Metacontroller with an aggregated ClusterRole collects: metacontroller/least-privilege. */
export const metacontrollerLabel = 'redis.io/aggregate-to-metacontroller'

const read = ['get', 'list', 'watch']

/** The built-in view, edit and admin roles gather them by label; edit has what view has, admin what both have. */
export function peoplesRoles(): readonly object[] {
  const people = (name: string, rules: readonly object[]): object =>
    clusterRole(
      `redis-operator-${name}`,
      { [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true' },
      rules,
    )
  return [
    people('view', [rule(group, [plural, `${plural}/status`, `${plural}/scale`], read)]),
    people('edit', [
      rule(group, [plural], ['create', 'update', 'patch', 'delete']),
      rule(group, [`${plural}/scale`], ['update', 'patch']),
    ]),
    // A collection is deleted with all its clusters at once. Nobody writes a status: epochs are in it.
    people('admin', [rule(group, [plural], ['deletecollection'])]),
  ]
}

/**
 * Roles are among the children: Metacontroller may create one because it has itself what they grant. Secrets and Pods of
 * the whole cluster are in it because a RedisCluster may be in any namespace.
 */
export function metacontrollerRole(): object {
  return clusterRole('redis-operator-metacontroller', { [metacontrollerLabel]: 'true' }, [
    rule(
      'metacontroller.k8s.io',
      ['compositecontrollers', 'decoratorcontrollers', 'controllerrevisions'],
      read,
    ),
    rule('apiextensions.k8s.io', ['customresourcedefinitions'], read),
    rule('', ['events'], ['create', 'patch']),
    rule(group, [plural], read),
    rule(group, [`${plural}/status`], ['get', 'update', 'patch']),
    // Clusters that check owner references (OwnerReferencesPermissionEnforcement) want it for blockOwnerDeletion.
    rule(group, [`${plural}/finalizers`], ['update']),
    ...childRules(),
    rule('', ['namespaces'], read),
    rule('storage.k8s.io', ['storageclasses'], read),
  ])
}

function childRules(): readonly object[] {
  const groups = [...new Set(childResources.map(([version]) => groupOf(version)))]
  return groups.map((each) =>
    rule(
      each,
      childResources.filter(([version]) => groupOf(version) === each).map(([, resource]) => resource),
      [...read, 'create', 'update', 'patch', 'delete'],
    ),
  )
}

const groupOf = (version: string): string => (version.includes('/') ? (version.split('/')[0] ?? '') : '')

const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]): object => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
})

function clusterRole(
  name: string,
  extra: Readonly<Record<string, string>>,
  rules: readonly object[],
): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels: { 'app.kubernetes.io/part-of': 'redis-operator', ...extra } },
    rules,
  }
}
