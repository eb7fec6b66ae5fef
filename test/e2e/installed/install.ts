// The operator installed as docs/install.md says, in that order: Metacontroller without its wildcard, and hooks with a token.
import { randomBytes } from 'node:crypto'
import type { Client } from '../../cluster/client.ts'
import type { Kubectl } from '../../support/kubectl.ts'
import { namespace } from '../cluster-view.ts'
import { root } from '../install/apply.ts'
import { overlayWith } from '../install/overlay.ts'
import { ensure } from '../install/site.ts'

export const hooksNamespace = 'redis-operator-system'
export const metacontrollerNamespace = 'metacontroller'

const patience = '--timeout=180s'

export async function installOperator(
  client: Client,
  kubectl: Kubectl,
  stateDirectory: string,
  upstream: string,
): Promise<void> {
  const overlay = overlayWith(upstream, stateDirectory, { least: true })
  await kubectl(`apply --server-side --force-conflicts -k ${overlay}`)
  await kubectl(`-n ${metacontrollerNamespace} rollout status statefulset/metacontroller ${patience}`)
  await kubectl(`apply -f ${root}/manifests/namespace.yaml`)
  await ensure(client, `/api/v1/namespaces/${hooksNamespace}/secrets`, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'redis-operator-hooks' },
    stringData: { token: randomBytes(32).toString('hex') },
  })
  await kubectl(`apply -k ${root}/examples/install`)
  await kubectl(`-n ${hooksNamespace} rollout status deployment/redis-operator ${patience}`)
  await kubectl(`apply -n ${namespace} -k ${root}/manifests/instances`)
}
