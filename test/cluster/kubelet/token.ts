// The token of a Pod's ServiceAccount, good as long as the Pod is.
import type { Client, KubernetesObject } from '../client.ts'
import { specOf } from './pod-spec.ts'

export async function requestToken(client: Client, pod: KubernetesObject): Promise<string> {
  const { namespace = '', name, uid } = pod.metadata
  const account = specOf(pod).serviceAccountName ?? 'default'
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid }, expirationSeconds: 3607 * 24 },
  }
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`
  const answer = await client.request('POST', path, request)
  return (answer['status'] as { token: string }).token
}
