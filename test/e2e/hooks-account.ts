// The hooks' own account, as the manifests make it, and its token as files: a process that stands in for their Pod has both.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hooksRights } from '../../hooks/install/access.ts'
import { defaultSite, hooksName, operatorNamespace } from '../../hooks/install/site.ts'
import { ApiError, type Client, type Connection, type KubernetesObject } from '../cluster/client.ts'

/** Longer than any cluster on a laptop is played with. */
const expirationSeconds = 7 * 86_400

/** The flags that tell the hooks where the API is, and who they are. */
export async function hooksAccount(
  client: Client,
  { url, ca }: Connection,
  stateDirectory: string,
): Promise<readonly string[]> {
  const accounts = `/api/v1/namespaces/${operatorNamespace}/serviceaccounts`
  const named = { metadata: { name: hooksName } }
  await ensure(client, '/api/v1/namespaces', { metadata: { name: operatorNamespace } })
  await ensure(client, accounts, named)
  const [role, binding] = hooksRights(defaultSite(''))
  await ensure(client, '/apis/rbac.authorization.k8s.io/v1/clusterroles', role)
  await ensure(client, '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', binding)
  const answer = await client.request('POST', `${accounts}/${hooksName}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds },
  })
  const directory = join(stateDirectory, 'hooks-account')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'token'), tokenIn(answer), { mode: 0o600 })
  if (ca !== undefined) writeFileSync(join(directory, 'ca.crt'), ca)
  return [`--kubernetes-api=${url}`, `--service-account=${directory}`]
}

const tokenIn = ({ status }: KubernetesObject): string => (status as { token: string }).token

/** A real API server may have been used before. */
async function ensure(client: Client, path: string, object: object | undefined): Promise<void> {
  try {
    await client.request('POST', path, object)
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error
  }
}
