// What only a sync can see wrong with a spec: names that collide, Secrets that are missing, directives that slipped past the schema.
import { aclKey, passwordKey } from '../../instance/api.ts'
import type { Secret } from '../kubernetes.ts'
import type { Blueprint } from './blueprint.ts'
import { refusalOf } from './directives.ts'
import { authSecretName, controlSecretName } from './names.ts'
import { find, isTerminating, kinds } from './observed.ts'

export interface Invalidity {
  readonly reason: 'NameTaken' | 'SecretMissing' | 'SecretKeyMissing' | 'DirectiveRefused'
  readonly message: string
}

/** Each with what to do; empty when the spec can be carried out. */
export function invalidities(blueprint: Blueprint): readonly Invalidity[] {
  return [...nameProblems(blueprint), ...secretProblems(blueprint), ...directiveProblems(blueprint)]
}

/** Owner references are merged by name: such a cluster's volumes could not keep their second owner, the namespace. */
function nameProblems({ name, namespace, spec }: Blueprint): readonly Invalidity[] {
  const problems: Invalidity[] = []
  if (name === namespace) {
    const message = `a RedisCluster cannot be named like its namespace (${name}): create it under another name`
    problems.push({ reason: 'NameTaken', message })
  }
  const secret = spec.authSecret?.name
  if (secret === controlSecretName(name)) {
    const message = `authSecret ${secret} is a name that the operator uses itself: choose another, or leave authSecret out`
    problems.push({ reason: 'NameTaken', message })
  }
  const connection = spec.connectionSecret?.name
  const { aclConfigSecret, backupCredentialsSecret } = spec
  const named = [secret, aclConfigSecret?.name, backupCredentialsSecret?.name]
  const others = [authSecretName(name), controlSecretName(name), ...named]
  if (connection !== undefined && others.includes(connection)) {
    const message = `connectionSecret ${connection} is a Secret that the operator reads itself: choose another name`
    problems.push({ reason: 'NameTaken', message })
  }
  return problems
}

/** Secrets that the user names, with the key that each must have, and how one is made. */
function secretProblems(blueprint: Blueprint): readonly Invalidity[] {
  const { authSecret, aclConfigSecret } = blueprint.spec
  return [
    ...secretProblem(
      blueprint,
      'authSecret',
      authSecret?.name,
      passwordKey,
      `--from-literal=${passwordKey}=...`,
    ),
    ...secretProblem(
      blueprint,
      'aclConfigSecret',
      aclConfigSecret?.name,
      aclKey,
      `--from-file=${aclKey}=users.acl`,
    ),
  ]
}

function secretProblem(
  { namespace, request }: Blueprint,
  field: string,
  name: string | undefined,
  key: string,
  from: string,
): readonly Invalidity[] {
  if (name === undefined) return []
  const secret = find(request.related, kinds.secret, name) as Secret | undefined
  if (secret === undefined || isTerminating(secret)) {
    const create = `kubectl create secret generic ${name} -n ${namespace} ${from}`
    return [{ reason: 'SecretMissing', message: `Secret ${name} (spec.${field}) does not exist: ${create}` }]
  }
  const value = secret.data?.[key]
  // No more users is a valid wish, no password is not.
  if (value !== undefined && (value !== '' || key === aclKey)) return []
  const message = `Secret ${name} (spec.${field}) has no value under the key ${key}: add it`
  return [{ reason: 'SecretKeyMissing', message }]
}

function directiveProblems({ spec }: Blueprint): readonly Invalidity[] {
  const refusals = Object.keys(spec.redis ?? {}).flatMap(
    (directive) => refusalOf(directive.toLowerCase()) ?? [],
  )
  return refusals.length > 0 ? [{ reason: 'DirectiveRefused', message: refusals.sort().join('; ') }] : []
}
