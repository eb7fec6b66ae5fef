// ClusterRoles: what people may do with our kinds, what the hooks may, and what Metacontroller needs without its wildcard.
import { group } from '../rediscluster/names.ts'
import { installedKinds } from './kinds.ts'
import { hooksName, type Site } from './site.ts'

/** What a Metacontroller with an aggregated ClusterRole collects: metacontroller/least-privilege. */
export const metacontrollerLabel = 'redis.io/aggregate-to-metacontroller'

const read = ['get', 'list', 'watch']
const plurals = installedKinds.map(({ plural }) => plural)
const statuses = plurals.map((plural) => `${plural}/status`)
const scales = installedKinds.filter(({ scaled }) => scaled).map(({ plural }) => `${plural}/scale`)

/** The built-in view, edit and admin roles gather them by label; edit has what view has, admin what both have. */
export function peoplesRoles(): readonly object[] {
  const people = (name: string, rules: readonly object[]): object =>
    clusterRole(
      `redis-operator-${name}`,
      { [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true' },
      rules,
    )
  return [
    people('view', [rule(group, [...plurals, ...statuses, ...scales], read)]),
    people('edit', [
      rule(group, plurals, ['create', 'update', 'patch', 'delete']),
      rule(group, scales, ['update', 'patch']),
    ]),
    // A collection is deleted with all its clusters at once. Nobody writes a status: epochs are in it, and addresses.
    people('admin', [rule(group, plurals, ['deletecollection'])]),
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
    rule(group, plurals, read),
    rule(group, statuses, ['get', 'update', 'patch']),
    // Clusters that check owner references (OwnerReferencesPermissionEnforcement) want it for blockOwnerDeletion.
    rule(
      group,
      plurals.map((plural) => `${plural}/finalizers`),
      ['update'],
    ),
    ...childRules(),
    rule('', ['namespaces'], read),
    rule('storage.k8s.io', ['storageclasses'], read),
  ])
}

/** All that the hooks do themselves: to tell. What they told they cannot take back, change, or read. */
export function hooksRights(site: Site): readonly object[] {
  const name = 'redis-operator-hooks'
  const apiGroup = 'rbac.authorization.k8s.io'
  return [
    clusterRole(name, {}, [rule('', ['events'], ['create'])]),
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name, labels: { 'app.kubernetes.io/part-of': 'redis-operator' } },
      roleRef: { apiGroup, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: hooksName, namespace: site.namespace }],
    },
  ]
}

function childRules(): readonly object[] {
  const children = installedKinds.flatMap(({ childResources }) => childResources)
  const groups = [...new Set(children.map(({ apiVersion }) => groupOf(apiVersion)))]
  return groups.map((each) => {
    const inGroup = children.filter(({ apiVersion }) => groupOf(apiVersion) === each)
    return rule(
      each,
      [...new Set(inGroup.map(({ resource }) => resource))],
      [...read, 'create', 'update', 'patch', 'delete'],
    )
  })
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
