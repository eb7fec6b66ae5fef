// The auth Secret (when the user names none) and the control Secret; made once from entropy, then echoed as observed.
import { controlKeys, passwordKey } from '../../../instance/api.ts'
import type { Secret } from '../../kubernetes.ts'
import type { Blueprint } from '../blueprint.ts'
import { authSecretName, clusterLabels, controlSecretName } from '../names.ts'
import { find, kinds } from '../observed.ts'

/** Hex characters of entropy for each generated value: 128 bits. */
const secretLength = 32

export function authSecretOf({ name, spec }: Pick<Blueprint, 'name' | 'spec'>): string {
  return spec.authSecret?.name ?? authSecretName(name)
}

/** The Secrets that we create: none for the application's password when the user names one. */
export function desiredSecrets(blueprint: Blueprint): readonly Secret[] {
  const control = secret(blueprint, controlSecretName(blueprint.name), Object.values(controlKeys), 1)
  if (blueprint.spec.authSecret !== undefined) return [control]
  return [secret(blueprint, authSecretName(blueprint.name), [passwordKey], 0), control]
}

function secret(blueprint: Blueprint, name: string, keys: readonly string[], firstSlice: number): Secret {
  const observed = find(blueprint.request.children, kinds.secret, name) as Secret | undefined
  const fresh = keys.map((key, index) => [key, btoa(slice(blueprint.entropy, firstSlice + index))] as const)
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: blueprint.namespace, labels: clusterLabels(blueprint.name) },
    type: 'Opaque',
    data: { ...Object.fromEntries(fresh), ...observed?.data },
  }
}

function slice(entropy: string, index: number): string {
  const value = entropy.slice(index * secretLength, (index + 1) * secretLength)
  if (value.length < secretLength) throw new Error('too little entropy to create a Secret')
  return value
}
