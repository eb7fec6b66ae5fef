// The kinds with little behaviour of their own.
import { forbiddenValue, invalidValue, type Cause } from '../failure.ts'
import { fieldsOf, isEqual, listOf, textOf, type ApiObject } from '../object.ts'
import type { Behaviour } from '../resource.ts'
import { canonicalQuantities, setDefaults } from './defaults.ts'

const rbacGroup = 'rbac.authorization.k8s.io'

export const namespaceBehaviour: Behaviour = {
  complete: (namespace, previous) => {
    const { name, labels } = namespace.metadata
    namespace.metadata.labels = { ...labels, 'kubernetes.io/metadata.name': name }
    namespace.spec = { finalizers: ['kubernetes'] }
    if (previous === undefined) namespace.status = { phase: 'Active' }
  },
}

export const nodeBehaviour: Behaviour = {
  complete: (node) => {
    node.spec = fieldsOf(node.spec)
    canonicalQuantities(fieldsOf(node.status), ['capacity', 'allocatable'])
  },
}

export const storageClassBehaviour: Behaviour = {
  complete: (storageClass) =>
    setDefaults(storageClass, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
}

export const secretBehaviour: Behaviour = {
  complete: (secret) => {
    const texts = Object.entries(fieldsOf(secret['stringData']))
    const written = texts.map(([key, value]) => [key, Buffer.from(textOf(value)).toString('base64')])
    if (texts.length > 0) secret['data'] = { ...fieldsOf(secret['data']), ...Object.fromEntries(written) }
    delete secret['stringData']
    setDefaults(secret, { type: 'Opaque' })
  },
  validate: (secret, previous) => [
    ...encoding(secret),
    ...(previous === undefined ? [] : fixed(secret, previous)),
  ],
}

export const bindingBehaviour: Behaviour = {
  complete: (binding) => {
    setDefaults(fieldsOf(binding['roleRef']), { apiGroup: rbacGroup })
    for (const subject of listOf(binding['subjects']))
      if (subject['kind'] !== 'ServiceAccount') setDefaults(subject, { apiGroup: rbacGroup })
  },
  validate: (binding, previous) =>
    previous === undefined || isEqual(binding['roleRef'], previous['roleRef'])
      ? []
      : [invalidValue('roleRef', binding['roleRef'], 'cannot change roleRef')],
}

function encoding(secret: ApiObject): readonly Cause[] {
  return Object.entries(fieldsOf(secret['data'])).flatMap(([key, value]) =>
    typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value
      ? []
      : [invalidValue(`data[${key}]`, '<hidden>', 'illegal base64 data')],
  )
}

function fixed(secret: ApiObject, previous: ApiObject): readonly Cause[] {
  const isFrozen = previous['immutable'] === true && !isEqual(secret['data'], previous['data'])
  return [
    ...(secret['type'] === previous['type']
      ? []
      : [invalidValue('type', secret['type'], 'field is immutable')]),
    ...(isFrozen ? [forbiddenValue('data', 'field is immutable when `immutable` is set')] : []),
  ]
}
