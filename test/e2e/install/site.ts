// A real API server to install on: its administrator, kubectl, and clients that hold somebody else's token.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ApiError,
  createClient,
  readKubeconfig,
  type Client,
  type Connection,
  type KubernetesObject,
} from '../../cluster/client.ts'
import { kubectlWith, type Kubectl } from '../../support/kubectl.ts'

export interface Programs {
  readonly metacontroller: string | undefined
  /** Folder with Metacontroller's own manifests: its repository's manifests/production. */
  readonly upstream: string | undefined
  readonly helm: string | undefined
}

export interface InstallSite {
  readonly client: Client
  readonly connection: Connection
  readonly kubectl: Kubectl
  readonly environment: NodeJS.ProcessEnv
  readonly programs: Programs
  /** For kubectl's caches and what scenarios write. */
  readonly directory: string
  /** A client with a token for that account, bound to a Pod as kubelet's are, or to nothing. */
  readonly as: (namespace: string, account: string, pod?: KubernetesObject) => Promise<Client>
  readonly close: () => Promise<void>
}

export interface Scenario {
  readonly name: string
  /** Resolves with what is worth telling, or with why it was left out; rejects when it failed. */
  readonly run: (site: InstallSite) => Promise<string>
}

const scratches: string[] = []

/** Name of a namespace of this run, which goes with it: volumes outlive their cluster, and would stop the next one. */
export function scratch(name: string): string {
  scratches.push(`install-${name}-${process.pid}`)
  return `install-${name}-${process.pid}`
}

export function openSite(kubeconfig: string, programs: Programs): InstallSite {
  const directory = mkdtempSync(join(tmpdir(), 'install-'))
  const connection = readKubeconfig(kubeconfig)
  const client = createClient(connection)
  const clients: Client[] = [client]
  const environment = { ...process.env, HOME: directory, KUBECONFIG: kubeconfig }
  return {
    client,
    connection,
    environment,
    programs,
    directory,
    kubectl: kubectlWith(environment),
    async as(namespace, account, pod) {
      const other = createClient({ ...connection, token: await tokenOf(client, namespace, account, pod) })
      clients.push(other)
      return other
    },
    async close() {
      for (const namespace of scratches)
        await verdict(client.request('DELETE', `/api/v1/namespaces/${namespace}`))
      for (const each of clients) await each.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export async function tokenOf(
  client: Client,
  namespace: string,
  account: string,
  pod?: KubernetesObject,
): Promise<string> {
  const { name, uid } = pod?.metadata ?? {}
  const bound = pod === undefined ? {} : { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } }
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`
  const answer = await client.request('POST', path, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3600, ...bound },
  })
  return (answer['status'] as { token: string }).token
}

/** What the API server made of a request: `ok`, or its refusal as `status message`. */
export async function verdict(request: Promise<unknown>): Promise<string> {
  try {
    await request
    return 'ok'
  } catch (error) {
    if (error instanceof ApiError) return `${error.status} ${error.message}`
    throw error
  }
}

/** Creates it unless it is there. */
export async function ensure(client: Client, path: string, object: object): Promise<void> {
  const answer = await verdict(client.request('POST', path, object))
  if (answer !== 'ok' && !answer.startsWith('409')) throw new Error(answer)
}
