// The object store of a scenario: a store behind a network that can be made to fail, and the Secret that opens it.
import type { S3Location } from '../../instance/artifact.ts'
import type { Client } from '../cluster/client.ts'
import { newLifetime } from '../support/lifetime.ts'
import { s3Proxy, type S3Proxy } from '../support/s3-proxy.ts'
import { s3Server, type S3Credentials, type S3Server } from '../support/s3-server.ts'
import { namespace } from './cluster-view.ts'
import type { Stage } from './stage.ts'

export interface ObjectStore {
  readonly server: S3Server
  readonly proxy: S3Proxy
  /** As Pods reach it. */
  readonly location: S3Location
  /** What the spec of a RedisCluster needs to reach it. */
  readonly access: object
}

/** The store ends with `use`. */
export async function withStore<T>(
  { client, connection }: Stage,
  secret: string,
  use: (store: ObjectStore) => Promise<T>,
): Promise<T> {
  const life = newLifetime()
  try {
    const server = await s3Server(life)
    // Where Pods reach the API server, they reach this as well.
    const proxy = await s3Proxy(life, server.endpoint, new URL(connection.url).hostname)
    const access = await credentialsSecret(client, secret, server.credentials)
    return await use({ server, proxy, location: server.location({ endpoint: proxy.endpoint }), access })
  } finally {
    await life.end()
  }
}

/** Resolves with the part of a RedisCluster's spec that names it. */
export async function credentialsSecret(
  client: Client,
  name: string,
  { accessKeyId, secretAccessKey }: S3Credentials,
): Promise<{ readonly backupCredentialsSecret: { readonly name: string } }> {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    stringData: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  }
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}?fieldManager=e2e&force=true`
  await client.request('PATCH', path, secret, 'application/apply-patch+yaml')
  return { backupCredentialsSecret: { name } }
}
