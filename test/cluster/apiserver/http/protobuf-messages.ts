// The protobuf messages of the kinds that kubectl's own commands and Go clients create; numbers from generated.proto in k8s.io/api.
export type FieldType =
  | 'text'
  | 'bytes'
  | 'int'
  | 'bool'
  | 'time'
  | 'int or text'
  | { readonly list: FieldType }
  | { readonly map: FieldType }
  | Message

export interface Message {
  readonly [number: number]: readonly [name: string, type: FieldType]
}

const texts: FieldType = { list: 'text' }
const textMap: FieldType = { map: 'text' }

const ownerReference: Message = {
  1: ['kind', 'text'],
  3: ['name', 'text'],
  4: ['uid', 'text'],
  5: ['apiVersion', 'text'],
  6: ['controller', 'bool'],
  7: ['blockOwnerDeletion', 'bool'],
}

const metadata: Message = {
  1: ['name', 'text'],
  2: ['generateName', 'text'],
  3: ['namespace', 'text'],
  5: ['uid', 'text'],
  6: ['resourceVersion', 'text'],
  11: ['labels', textMap],
  12: ['annotations', textMap],
  13: ['ownerReferences', { list: ownerReference }],
  14: ['finalizers', texts],
}

const reference: Message = {
  1: ['kind', 'text'],
  2: ['namespace', 'text'],
  3: ['name', 'text'],
  4: ['uid', 'text'],
  5: ['apiVersion', 'text'],
  6: ['resourceVersion', 'text'],
  7: ['fieldPath', 'text'],
}

const expression: Message = { 1: ['key', 'text'], 2: ['operator', 'text'], 3: ['values', texts] }
const selector: Message = { 1: ['matchLabels', textMap], 2: ['matchExpressions', { list: expression }] }

const deleteOptions: Message = {
  1: ['gracePeriodSeconds', 'int'],
  2: ['preconditions', { 1: ['uid', 'text'], 2: ['resourceVersion', 'text'] }],
  3: ['orphanDependents', 'bool'],
  4: ['propagationPolicy', 'text'],
  5: ['dryRun', texts],
}

const rule: Message = {
  1: ['verbs', texts],
  2: ['apiGroups', texts],
  3: ['resources', texts],
  4: ['resourceNames', texts],
  5: ['nonResourceURLs', texts],
}
const role: Message = { 1: ['metadata', metadata], 2: ['rules', { list: rule }] }
const binding: Message = {
  1: ['metadata', metadata],
  2: [
    'subjects',
    { list: { 1: ['kind', 'text'], 2: ['apiGroup', 'text'], 3: ['name', 'text'], 4: ['namespace', 'text'] } },
  ],
  3: ['roleRef', { 1: ['apiGroup', 'text'], 2: ['kind', 'text'], 3: ['name', 'text'] }],
}

const lease: Message = {
  1: ['holderIdentity', 'text'],
  2: ['leaseDurationSeconds', 'int'],
  3: ['acquireTime', 'time'],
  4: ['renewTime', 'time'],
  5: ['leaseTransitions', 'int'],
}

const event: Message = {
  1: ['metadata', metadata],
  2: ['involvedObject', reference],
  3: ['reason', 'text'],
  4: ['message', 'text'],
  5: ['source', { 1: ['component', 'text'], 2: ['host', 'text'] }],
  6: ['firstTimestamp', 'time'],
  7: ['lastTimestamp', 'time'],
  8: ['count', 'int'],
  9: ['type', 'text'],
  14: ['reportingComponent', 'text'],
  15: ['reportingInstance', 'text'],
}

const attributes: Message = {
  1: ['namespace', 'text'],
  2: ['verb', 'text'],
  3: ['group', 'text'],
  4: ['version', 'text'],
  5: ['resource', 'text'],
  6: ['subresource', 'text'],
  7: ['name', 'text'],
}

const tokenSpec: Message = {
  1: ['audiences', texts],
  3: [
    'boundObjectRef',
    { 1: ['kind', 'text'], 2: ['apiVersion', 'text'], 3: ['name', 'text'], 4: ['uid', 'text'] },
  ],
  4: ['expirationSeconds', 'int'],
}

/** By kind. */
export const bodies: Readonly<Record<string, Message>> = {
  Namespace: { 1: ['metadata', metadata] },
  ConfigMap: {
    1: ['metadata', metadata],
    2: ['data', textMap],
    3: ['binaryData', { map: 'bytes' }],
    4: ['immutable', 'bool'],
  },
  Secret: {
    1: ['metadata', metadata],
    2: ['data', { map: 'bytes' }],
    3: ['type', 'text'],
    4: ['stringData', textMap],
    5: ['immutable', 'bool'],
  },
  ServiceAccount: { 1: ['metadata', metadata], 4: ['automountServiceAccountToken', 'bool'] },
  Event: event,
  Binding: { 1: ['metadata', metadata], 2: ['target', reference] },
  Role: role,
  ClusterRole: { ...role, 3: ['aggregationRule', { 1: ['clusterRoleSelectors', { list: selector }] }] },
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  PodDisruptionBudget: {
    1: ['metadata', metadata],
    2: [
      'spec',
      { 1: ['minAvailable', 'int or text'], 2: ['selector', selector], 3: ['maxUnavailable', 'int or text'] },
    ],
  },
  Lease: { 1: ['metadata', metadata], 2: ['spec', lease] },
  Scale: { 1: ['metadata', metadata], 2: ['spec', { 1: ['replicas', 'int'] }] },
  Eviction: { 1: ['metadata', metadata], 2: ['deleteOptions', deleteOptions] },
  DeleteOptions: deleteOptions,
  TokenRequest: { 1: ['metadata', metadata], 2: ['spec', tokenSpec] },
  SelfSubjectReview: {},
  SelfSubjectAccessReview: {
    2: [
      'spec',
      {
        1: ['resourceAttributes', attributes],
        2: ['nonResourceAttributes', { 1: ['path', 'text'], 2: ['verb', 'text'] }],
      },
    ],
  },
}
