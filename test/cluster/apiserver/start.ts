// Starts the API server: in memory, on one loopback address, over TLS.
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Connection } from '../client.ts'
import { createTokens } from './access/tokens.ts'
import { createCluster, kinds, type AllocateServiceIp } from './cluster.ts'
import { releaseClaims, releaseVolumes } from './controllers/claims.ts'
import { defineKinds, endDefinitions } from './controllers/definitions.ts'
import { updateBudgets } from './controllers/disruption.ts'
import { collectGarbage } from './controllers/garbage.ts'
import { furnish, tendNamespaces } from './controllers/namespaces.ts'
import { runControllers } from './controllers/work.ts'
import { selfSigned } from './http/certificate.ts'
import { createCounters, type RequestCount } from './http/counters.ts'
import { handle } from './http/handle.ts'
import type { ReadLog } from './http/log.ts'
import { createObject } from './write/create.ts'
import { internal } from './write/request.ts'

export interface ApiServerOptions {
  readonly adminToken: string
  /** A free one by default. */
  readonly port?: number
  readonly host?: string
  readonly allocateServiceIp?: AllocateServiceIp
  /** The logs of the Pods: whoever runs them has them. */
  readonly readLog?: ReadLog
}

export interface ApiServer {
  readonly url: string
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string
  /** As the administrator. */
  readonly connection: Connection
  requests(): readonly RequestCount[]
  /** The text of a file for kubectl and others. */
  kubeconfig(): string
  /** From now on whoever watches from an earlier version must list again. */
  forgetHistory(): void
  close(): Promise<void>
}

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { adminToken, port = 0, host = '127.0.0.1', allocateServiceIp = addresses(), readLog } = options
  const { key, cert } = selfSigned([host, '127.0.0.1', 'localhost', 'kubernetes.default.svc'])
  const cluster = createCluster({ allocateServiceIp, certificate: cert })
  defineKinds(cluster)
  furnishCluster(cluster)
  const stop = runControllers(cluster, [
    tendNamespaces,
    endDefinitions,
    collectGarbage,
    releaseClaims,
    releaseVolumes,
    updateBudgets,
  ])
  const counters = createCounters()
  const context = {
    ...{ cluster, counters, tokens: createTokens(cluster, adminToken) },
    readLog: readLog ?? (() => Promise.resolve(undefined)),
  }
  const server = createServer({ key, cert }, (request, response) => void handle(context, request, response))
  server.keepAliveTimeout = 120_000
  server.listen(port, host)
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  const url = `https://${host}:${(server.address() as AddressInfo).port}`
  return {
    url,
    ca: cert,
    connection: { url, token: adminToken, ca: cert },
    requests: () => counters.all(),
    kubeconfig: () => kubeconfigFor(url, cert, adminToken),
    forgetHistory: () => cluster.store.forgetHistory(),
    close: async () => {
      stop()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** 127.96.0.1, 127.96.0.2, …: on Linux all of 127/8 is this machine. */
function addresses(): AllocateServiceIp {
  let last = 0
  return () => {
    last += 1
    return `127.96.${last >> 8}.${last & 255}`
  }
}

function furnishCluster(cluster: ReturnType<typeof createCluster>): void {
  for (const name of ['default', 'kube-system'])
    furnish(cluster, createObject(cluster, kinds.namespace, '', { metadata: { name } }, internal))
  const everything = [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ]
  createObject(
    cluster,
    kinds.clusterRole,
    '',
    { metadata: { name: 'cluster-admin' }, rules: everything },
    internal,
  )
}

const kubeconfigFor = (server: string, certificate: string, token: string): string => `apiVersion: v1
kind: Config
clusters:
- name: laptop
  cluster:
    server: ${server}
    certificate-authority-data: ${Buffer.from(certificate).toString('base64')}
users:
- name: admin
  user:
    token: ${token}
contexts:
- name: laptop
  context:
    cluster: laptop
    user: admin
    namespace: default
current-context: laptop
`
