// Bearer tokens: the administrator's, and those issued to ServiceAccounts, which end with what they are bound to.
import { randomBytes } from 'node:crypto'
import { kinds, objectOf, type Cluster } from '../cluster.ts'
import { conflict, invalid, invalidValue, notFound } from '../failure.ts'
import { fieldsOf, textOf, timestamp, type ApiObject, type Fields } from '../object.ts'
import { admin, authenticated, type User } from './user.ts'

interface Issued {
  readonly account: ApiObject
  readonly pod: { readonly name: string; readonly uid: string } | undefined
  readonly expires: number
}

export interface Tokens {
  /** Undefined for a token that is unknown, expired, or bound to something that is gone. */
  userOf(token: string): User | undefined
  /** Answers a TokenRequest. */
  issue(namespace: string, account: string, request: unknown): object
}

const defaultSeconds = 3600
const shortestSeconds = 600

export function createTokens(cluster: Cluster, adminToken: string): Tokens {
  const issued = new Map<string, Issued>()
  return {
    userOf(token) {
      if (token === adminToken) return admin
      const found = issued.get(token)
      return found !== undefined && isValid(cluster, found) ? accountUser(found) : undefined
    },
    issue(namespace, name, request) {
      const account = objectOf(cluster, kinds.serviceAccount, namespace, name)
      if (account === undefined) throw notFound(kinds.serviceAccount, name)
      const spec = fieldsOf(fieldsOf(request)['spec'])
      const expires = Date.now() + secondsOf(spec) * 1000
      const token = `sa-${randomBytes(24).toString('base64url')}`
      issued.set(token, { account, pod: boundPod(cluster, namespace, spec['boundObjectRef']), expires })
      return {
        kind: 'TokenRequest',
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { name, namespace, creationTimestamp: timestamp() },
        spec: { audiences: ['https://kubernetes.default.svc'], ...spec, expirationSeconds: secondsOf(spec) },
        status: { token, expirationTimestamp: timestamp(expires) },
      }
    },
  }
}

function secondsOf(spec: Fields): number {
  const seconds = Number(spec['expirationSeconds'] ?? defaultSeconds)
  if (seconds >= shortestSeconds) return seconds
  throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest', plural: '' }, '', [
    invalidValue('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes'),
  ])
}

function boundPod(cluster: Cluster, namespace: string, reference: unknown): Issued['pod'] {
  const { kind, name, uid } = fieldsOf(reference)
  if (kind !== 'Pod') return undefined
  const pod = objectOf(cluster, kinds.pod, namespace, textOf(name))
  if (pod === undefined) throw notFound(kinds.pod, textOf(name))
  if (uid !== undefined && uid !== pod.metadata.uid)
    throw conflict(
      kinds.pod,
      pod.metadata.name,
      `the UID in the bound object reference (${textOf(uid)}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  return { name: pod.metadata.name, uid: pod.metadata.uid }
}

function isValid(cluster: Cluster, { account, pod, expires }: Issued): boolean {
  const { name, namespace = '', uid } = account.metadata
  const isThere = objectOf(cluster, kinds.serviceAccount, namespace, name)?.metadata.uid === uid
  const isBound =
    pod === undefined || objectOf(cluster, kinds.pod, namespace, pod.name)?.metadata.uid === pod.uid
  return isThere && isBound && Date.now() < expires
}

function accountUser({ account, pod }: Issued): User {
  const { name, namespace = '', uid } = account.metadata
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, authenticated],
    ...(pod === undefined
      ? {}
      : {
          extra: {
            'authentication.kubernetes.io/pod-name': [pod.name],
            'authentication.kubernetes.io/pod-uid': [pod.uid],
          },
        }),
  }
}
