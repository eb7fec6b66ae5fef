// Answers what somebody may do and who somebody is: SelfSubjectAccessReview and SelfSubjectReview.
import type { Cluster } from '../cluster.ts'
import { fieldsOf, textOf, timestamp } from '../object.ts'
import { isAllowed } from './rbac.ts'
import type { User } from './user.ts'

export const isReview = ({ verb, resource }: { readonly verb: string; readonly resource: string }): boolean =>
  verb === 'create' && ['selfsubjectaccessreviews', 'selfsubjectreviews'].includes(resource)

export function review(cluster: Cluster, user: User, resource: string, body: unknown): object {
  if (resource === 'selfsubjectaccessreviews') return accessReview(cluster, user, body)
  const { name, groups, uid, extra } = user
  return {
    kind: 'SelfSubjectReview',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { creationTimestamp: timestamp() },
    status: { userInfo: { username: name, groups, uid, extra } },
  }
}

function accessReview(cluster: Cluster, user: User, body: unknown): object {
  const spec = fieldsOf(fieldsOf(body)['spec'])
  const asked = fieldsOf(spec['resourceAttributes'])
  const { path, verb } = fieldsOf(spec['nonResourceAttributes'])
  const allowed = isAllowed(cluster, user, {
    verb: textOf(asked['verb'] ?? verb),
    group: textOf(asked['group']),
    resource: textOf(asked['resource']),
    subresource: textOf(asked['subresource']),
    namespace: textOf(asked['namespace']),
    name: textOf(asked['name']),
    path: textOf(path),
    isResource: spec['resourceAttributes'] !== undefined,
  })
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec,
    status: { allowed },
  }
}
