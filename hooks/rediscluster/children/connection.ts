// The Secret of spec.connectionSecret: all that an application needs to connect, made of the password as it is observed.
import { passwordKey, redisPort } from '../../../instance/api.ts'
import type { Secret } from '../../kubernetes.ts'
import type { Blueprint } from '../blueprint.ts'
import { clusterLabels, labels, leaderServiceName, replicaServiceName } from '../names.ts'
import { allOf, find, isTerminating, kinds } from '../observed.ts'
import type { Deletion } from '../plan.ts'
import { authSecretOf } from './secrets.ts'

/** None before the password is known. One of an earlier name is kept up to date for as long as it is kept. */
export function connectionSecrets(blueprint: Blueprint): readonly Secret[] {
  const password = passwordOf(blueprint)
  const wanted = blueprint.spec.connectionSecret?.name
  if (password === undefined || wanted === undefined) return []
  const names = new Set([wanted, ...madeBefore(blueprint).map(({ metadata }) => metadata.name)])
  return [...names].sort().map((name) => connectionSecret(blueprint, name, password))
}

/** The old one goes once the new one is ours: a name that is taken must not leave an application with neither. */
export function connectionDeletions(blueprint: Blueprint): readonly Deletion[] {
  const wanted = blueprint.spec.connectionSecret?.name
  const made = madeBefore(blueprint).filter((secret) => !isTerminating(secret))
  if (wanted !== undefined && !made.some(({ metadata }) => metadata.name === wanted)) return []
  const reason =
    wanted === undefined ? 'spec.connectionSecret is gone' : `spec.connectionSecret is now ${wanted}`
  return made
    .filter(({ metadata }) => metadata.name !== wanted)
    .map(({ metadata }) => ({ kind: 'Secret', name: metadata.name, reason }))
}

export const isConnectionSecret = ({ metadata }: Pick<Secret, 'metadata'>): boolean =>
  metadata.labels?.[labels.connection] === 'true'

/** Children only: what is not ours is not among them. */
export const madeBefore = ({ request }: Blueprint): readonly Secret[] =>
  allOf(request.children, kinds.secret).filter(isConnectionSecret)

function connectionSecret(blueprint: Blueprint, name: string, password: string): Secret {
  const fields = Object.entries(fieldsOf(blueprint, password))
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace: blueprint.namespace,
      labels: { ...clusterLabels(blueprint.name), [labels.connection]: 'true' },
    },
    type: 'Opaque',
    data: Object.fromEntries(fields.map(([key, value]) => [key, btoa(value)])),
  }
}

function fieldsOf({ name, namespace, spec }: Blueprint, password: string): Record<string, string> {
  const username = 'default'
  const port = String(redisPort)
  const hostOf = (service: string): string => `${service}.${namespace}.svc`
  const urlOf = (host: string): string => `redis://${username}:${percentEncoded(password)}@${host}:${port}`
  const leader = hostOf(leaderServiceName(name))
  const replica = hostOf(replicaServiceName(name))
  return {
    ...{ cluster_name: name, namespace, mode: spec.mode, username, password, port },
    ...{ host: leader, url: urlOf(leader) },
    ...{ leader_host: leader, leader_url: urlOf(leader) },
    ...{ replica_host: replica, replica_url: urlOf(replica) },
  }
}

/** As the instances read it: without the line end that an editor leaves. Bytes, one in each character. */
function passwordOf(blueprint: Blueprint): string | undefined {
  const { children, related } = blueprint.request
  const name = authSecretOf(blueprint)
  const secret = (find(children, kinds.secret, name) ?? find(related, kinds.secret, name)) as
    Secret | undefined
  const password = atob(secret?.data?.[passwordKey] ?? '').replace(/\r?\n$/, '')
  return password === '' ? undefined : password
}

const percentEncoded = (bytes: string): string =>
  bytes.replace(
    /[^A-Za-z0-9._~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
