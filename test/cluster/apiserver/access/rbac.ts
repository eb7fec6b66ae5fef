// Role-based access control: what Roles and ClusterRoles allow to whom.
import { kinds, objectOf, objectsOf, type Cluster } from '../cluster.ts'
import { fieldsOf, listOf, textOf, type ApiObject } from '../object.ts'
import { selectorPredicate } from '../selectors.ts'
import { authenticated, masters, type User } from './user.ts'

/** What somebody wants to do. For paths that are no resources only `path` counts. */
export interface Attempt {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly path: string
  readonly isResource: boolean
}

interface Rule {
  readonly verbs?: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

export function isAllowed(cluster: Cluster, user: User, attempt: Attempt): boolean {
  if (user.groups.includes(masters)) return true
  return rulesOf(cluster, user, attempt.namespace).some((rule) => allows(rule, attempt))
}

/** As the default roles system:discovery, system:basic-user and system:public-info-viewer. */
const everybody: readonly Rule[] = [
  { verbs: ['get'], nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version'] },
]
const everyUser: readonly Rule[] = [
  { verbs: ['get'], nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', '/openapi/*', '/version/'] },
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io', 'authentication.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectreviews'],
  },
]

function rulesOf(cluster: Cluster, user: User, namespace: string): readonly Rule[] {
  const inCluster = objectsOf(cluster, kinds.clusterRoleBinding)
  const inNamespace = namespace === '' ? [] : objectsOf(cluster, kinds.roleBinding, namespace)
  return [
    ...everybody,
    ...(user.groups.includes(authenticated) ? everyUser : []),
    ...[...inCluster, ...inNamespace]
      .filter((binding) => isSubject(binding, user))
      .flatMap((binding) => boundRules(cluster, binding)),
  ]
}

function isSubject({ subjects, metadata }: ApiObject, user: User): boolean {
  return listOf(subjects).some(({ kind, name, namespace = metadata.namespace }) => {
    if (kind === 'Group') return user.groups.includes(textOf(name))
    if (kind === 'User') return user.name === name
    return user.name === `system:serviceaccount:${textOf(namespace)}:${textOf(name)}`
  })
}

function boundRules(cluster: Cluster, { roleRef, metadata }: ApiObject): readonly Rule[] {
  const { kind, name } = fieldsOf(roleRef)
  const resource = kind === 'ClusterRole' ? kinds.clusterRole : kinds.role
  const role = objectOf(cluster, resource, metadata.namespace ?? '', textOf(name))
  return role === undefined ? [] : [...ownRules(role), ...aggregatedRules(cluster, role)]
}

const ownRules = ({ rules }: ApiObject): readonly Rule[] => listOf(rules)

function aggregatedRules(cluster: Cluster, { aggregationRule }: ApiObject): readonly Rule[] {
  const selectors = listOf(fieldsOf(aggregationRule)['clusterRoleSelectors']).map(selectorPredicate)
  return objectsOf(cluster, kinds.clusterRole)
    .filter(({ metadata }) => selectors.some((matches) => matches(metadata.labels ?? {})))
    .flatMap(ownRules)
}

function allows(rule: Rule, attempt: Attempt): boolean {
  if (!includes(rule.verbs, attempt.verb)) return false
  if (!attempt.isResource)
    return (rule.nonResourceURLs ?? []).some((pattern) => isPath(pattern, attempt.path))
  const { resource, subresource, group, name } = attempt
  const full = subresource === '' ? resource : `${resource}/${subresource}`
  const isListed =
    includes(rule.resources, full) ||
    (subresource !== '' && (rule.resources ?? []).includes(`*/${subresource}`))
  const names = rule.resourceNames ?? []
  return includes(rule.apiGroups, group) && isListed && (names.length === 0 || names.includes(name))
}

const includes = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(value))

const isPath = (pattern: string, path: string): boolean =>
  pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path

/** The words of a real server for what is not allowed. */
export function refusal(user: User, attempt: Attempt): string {
  const { verb, resource, subresource, group, namespace, path, isResource } = attempt
  if (!isResource)
    return `forbidden: User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}`
  const full = subresource === '' ? resource : `${resource}/${subresource}`
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
  return `User ${JSON.stringify(user.name)} cannot ${verb} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${where}`
}
