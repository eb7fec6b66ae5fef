// A small client of the Kubernetes REST API: requests, watches, and errors with the server's reason.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'
import { parse } from 'yaml'

export interface Connection {
  readonly url: string
  readonly token?: string
  /** PEM of the authority that signed the server's certificate. */
  readonly ca?: string
}

export interface Metadata {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly {
    readonly apiVersion: string
    readonly kind: string
    readonly name: string
    readonly uid: string
    readonly controller?: boolean
    readonly blockOwnerDeletion?: boolean
  }[]
}

export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly [field: string]: unknown
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: KubernetesObject
}

/** What the server refused, with its HTTP status and reason ("NotFound", "Conflict", "AlreadyExists", …). */
export class ApiError extends Error {
  readonly status: number
  readonly reason: string
  constructor(status: number, reason: string, message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.reason = reason
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Client {
  /** Rejects with ApiError when the server refuses. */
  request(method: Method, path: string, body?: unknown, contentType?: string): Promise<KubernetesObject>
  /** What is not JSON: metrics, logs. */
  text(path: string): Promise<string>
  /** Ends when the server ends the watch or the signal aborts. */
  watch(path: string, signal: AbortSignal): AsyncIterable<WatchEvent>
  close(): Promise<void>
}

export function createClient({ url, token, ca }: Connection): Client {
  const agent = new Agent({ bodyTimeout: 0, ...(ca === undefined ? {} : { connect: { ca } }) })
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const send = async (
    method: Method,
    path: string,
    options: SendOptions,
  ): Promise<AsyncIterable<Buffer> & { text(): Promise<string> }> => {
    const { body, contentType = 'application/json', signal } = options
    const answer = await request(url + path, {
      dispatcher: agent,
      method,
      headers: {
        accept: 'application/json',
        ...authorization,
        ...(body === undefined ? {} : { 'content-type': contentType }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
    if (answer.statusCode >= 300)
      throw errorFrom(answer.statusCode, `${method} ${path}`, await answer.body.text())
    return answer.body
  }
  return {
    async request(method, path, body, contentType) {
      const answer = await send(method, path, { body, contentType })
      return JSON.parse(await answer.text()) as KubernetesObject
    },
    text: async (path) => await (await send('GET', path, {})).text(),
    async *watch(path, signal) {
      try {
        yield* eventsOf(await send('GET', path, { signal }))
      } catch (error) {
        if (!signal.aborted) throw error
      }
    },
    close: () => agent.destroy(),
  }
}

/** The current context of a kubeconfig file that holds a token. */
export function readKubeconfig(path: string): Connection {
  const { clusters, users } = parse(readFileSync(path, 'utf8')) as Kubeconfig
  const [cluster] = clusters
  const [user] = users
  if (cluster === undefined || user === undefined) throw new Error(`${path} names no cluster or no user`)
  const ca = cluster.cluster['certificate-authority-data']
  return {
    url: cluster.cluster.server,
    token: user.user.token,
    ...(ca === undefined ? {} : { ca: Buffer.from(ca, 'base64').toString('utf8') }),
  }
}

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data'?: string }
  }[]
  readonly users: readonly { readonly user: { readonly token: string } }[]
}

interface SendOptions {
  readonly body?: unknown
  readonly contentType?: string | undefined
  readonly signal?: AbortSignal
}

function errorFrom(status: number, what: string, text: string): ApiError {
  try {
    const { reason, message } = JSON.parse(text) as { reason?: string; message?: string }
    return new ApiError(status, reason ?? '', message ?? what)
  } catch {
    return new ApiError(status, '', `${what}: ${status} ${text.slice(0, 200)}`)
  }
}

async function* eventsOf(body: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield JSON.parse(line) as WatchEvent
  }
}
