// The ValidatingAdmissionPolicy over instances: RBAC lets them patch Pods, this leaves four annotations of their own Pod.
import { instanceAnnotations } from '../../instance/api.ts'
import { group, labels, plural } from '../rediscluster/names.ts'

export const policyName = 'redis-operator-instances'

/** kubelet's tokens say to which Pod they belong, and the API server has checked that it lives. */
const tokenPod = (what: 'name' | 'uid'): string =>
  `request.userInfo.?extra[?'authentication.kubernetes.io/pod-${what}'].orValue([''])[0]`

const mayGet = (name: string): string =>
  `authorizer.group('${group}').resource('${plural}').namespace(request.namespace)${name}.check('get').allowed()`

/**
 * The account of an instance has the name of its cluster, which is on its Pods' label. On a Pod without it (another
 * one, that took the name of ours) it is known by its Role: it may read the RedisCluster of its name, and no other.
 */
const isInstance = [
  `oldObject.metadata.?labels[?'${labels.cluster}'].orValue('') == variables.account`,
  `(${mayGet('.name(variables.account)')} && !${mayGet('')})`,
].join(' || ')

const annotationKeys = Object.values(instanceAnnotations).map((key) => `'${key}'`)

const variables = {
  account: "request.userInfo.username.split(':')[3]",
  isInstance,
  own: `[${annotationKeys.join(', ')}]`,
  before: 'oldObject.metadata.?annotations.orValue({})',
  after: 'object.metadata.?annotations.orValue({})',
}

const ownPod = [
  `${tokenPod('name')} == oldObject.metadata.name`,
  `${tokenPod('uid')} == oldObject.metadata.uid`,
].join(' && ')

const unchanged = ['spec', 'status', 'metadata.?labels', 'metadata.?finalizers', 'metadata.?ownerReferences']
  .map((field) => (field.includes('?') ? field : `?${field}`))
  .map((field) => `object.${field} == oldObject.${field}`)
  .join(' && ')

const otherAnnotationsKept = [
  'variables.after.all(key, key in variables.own || (key in variables.before && variables.before[key] == variables.after[key]))',
  'variables.before.all(key, key in variables.own || key in variables.after)',
].join(' && ')

const validations = [
  ["request.?subResource.orValue('') == ''", 'an instance may change no subresource of a Pod'],
  [ownPod, 'an instance may change only the Pod that its token belongs to'],
  [unchanged, 'an instance may change only annotations'],
  [
    otherAnnotationsKept,
    `an instance may change only the annotations ${Object.values(instanceAnnotations).join(', ')}`,
  ],
] as const

export function instancePolicy(): readonly object[] {
  const metadata = { name: policyName, labels: { 'app.kubernetes.io/part-of': 'redis-operator' } }
  const apiVersion = 'admissionregistration.k8s.io/v1'
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConstraints,
        matchConditions: [accountOfTheNamespace],
        variables: Object.entries(variables).map(([name, expression]) => ({ name, expression })),
        validations: validations.map(([rule, message]) => ({
          expression: `!variables.isInstance || (${rule})`,
          message,
          reason: 'Forbidden',
        })),
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName, validationActions: ['Deny'] },
    },
  ]
}

/** What a server would fill in is said, so that applying it again changes nothing. */
const matchConstraints = {
  matchPolicy: 'Equivalent',
  resourceRules: [
    {
      apiGroups: [''],
      apiVersions: ['v1'],
      operations: ['UPDATE'],
      resources: ['pods', 'pods/*'],
      scope: '*',
    },
  ],
}

/** Nodes, people and accounts of other namespaces are let through before anything else is evaluated. */
const accountOfTheNamespace = {
  name: 'account-of-the-namespace',
  expression: "request.userInfo.username.startsWith('system:serviceaccount:' + request.namespace + ':')",
}
