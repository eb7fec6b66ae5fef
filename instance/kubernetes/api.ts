// The few API calls that a Pod makes: its own RedisCluster, Pods by name, and annotations on its own Pod.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent, request, type Dispatcher } from 'undici'
import { instanceAnnotations, mounts, type Claim, type Reign } from '../api.ts'
import type { ClusterConfig } from '../config.ts'
import type { Recorded } from '../reign/boot.ts'

export interface ClusterView extends Recorded {
  readonly uid: string
  readonly resourceVersion: string
  readonly instances: number
  /** Names of the Pods that the status knows. */
  readonly podNames: readonly string[]
}

export interface PodView extends Claim {
  readonly resourceVersion: string
}

export interface KubernetesApi {
  /** A quorum read: no resourceVersion is sent, so no cache may answer. */
  getCluster(): Promise<ClusterView>
  /** Undefined when there is no such Pod. */
  getPod(name: string): Promise<PodView | undefined>
  /** With a resourceVersion it is a compare-and-set: rejects with ApiError 409 when somebody was faster. */
  annotateOwnPod(annotations: Readonly<Record<string, string>>, resourceVersion?: string): Promise<void>
  /** Lists, then watches the RedisCluster; resolves when the watch ends. */
  watchCluster(onChange: (cluster: ClusterView) => void, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export class ApiError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
  }
}

const callDeadlineMs = 2000
const quietWatchMs = 300_000

export async function kubernetesApi(config: ClusterConfig, root: string): Promise<KubernetesApi> {
  const directory = root + mounts.serviceAccount
  const agent = await agentFor(config.apiUrl, directory)
  const clusters = `/apis/redis.io/v1/namespaces/${config.namespace}/redisclusters`
  const pods = `/api/v1/namespaces/${config.namespace}/pods`
  const call = async (path: string, options: CallOptions = {}): Promise<unknown> => {
    const answer = await send(agent, config.apiUrl + path, directory, {
      signal: AbortSignal.timeout(callDeadlineMs),
      ...options,
    })
    return answer.body.json()
  }
  return {
    getCluster: async () => clusterView(await call(`${clusters}/${config.name}`)),
    async getPod(name) {
      try {
        return podView(await call(`${pods}/${name}`))
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return undefined
        throw error
      }
    },
    async annotateOwnPod(annotations, resourceVersion) {
      const metadata = { annotations, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
      await call(`${pods}/${config.pod}`, {
        method: 'PATCH',
        body: { metadata: { uid: config.podUid, ...metadata } },
      })
    },
    watchCluster(onChange, signal) {
      const collection = `${clusters}?fieldSelector=metadata.name%3D${config.name}`
      const open: Open = (path) => send(agent, config.apiUrl + path, directory, { signal })
      return listAndWatch(collection, call, open, onChange, signal)
    },
    close: () => agent.close(),
  }
}

type Call = (path: string, options?: CallOptions) => Promise<unknown>
type Open = (path: string, signal: AbortSignal) => Promise<Dispatcher.ResponseData>

async function listAndWatch(
  collection: string,
  call: Call,
  open: Open,
  onChange: (cluster: ClusterView) => void,
  signal: AbortSignal,
): Promise<void> {
  const list = (await call(collection)) as { metadata: { resourceVersion: string }; items: unknown[] }
  for (const item of list.items) onChange(clusterView(item))
  const { body } = await open(
    `${collection}&watch=true&allowWatchBookmarks=true&resourceVersion=${list.metadata.resourceVersion}`,
    signal,
  )
  for await (const event of eventsOf(body)) onChange(clusterView(event))
}

interface CallOptions {
  readonly method?: 'GET' | 'PATCH'
  readonly body?: object
  readonly signal?: AbortSignal
}

async function agentFor(url: string, directory: string): Promise<Agent> {
  const ca = url.startsWith('https:') ? await readFile(join(directory, 'ca.crt'), 'utf8') : undefined
  return new Agent({ bodyTimeout: quietWatchMs, ...(ca === undefined ? {} : { connect: { ca } }) })
}

/** The token is read at every call: kubelet renews the file. */
async function send(
  agent: Agent,
  url: string,
  directory: string,
  options: CallOptions,
): Promise<Dispatcher.ResponseData> {
  const token = (await readFile(join(directory, 'token'), 'utf8')).trim()
  const { method = 'GET', body, signal } = options
  const answer = await request(url, {
    dispatcher: agent,
    method,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'content-type': 'application/merge-patch+json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  })
  if (answer.statusCode >= 300)
    throw new ApiError(
      answer.statusCode,
      `${method} ${new URL(url).pathname}: ${answer.statusCode} ${await messageOf(answer)}`,
    )
  return answer
}

async function messageOf(answer: Dispatcher.ResponseData): Promise<string> {
  const text = await answer.body.text()
  try {
    return (JSON.parse(text) as { message?: string }).message ?? ''
  } catch {
    return text.slice(0, 200)
  }
}

async function* eventsOf(body: Dispatcher.ResponseData['body']): AsyncGenerator {
  let rest = ''
  body.setEncoding('utf8')
  for await (const chunk of body) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines.filter((text) => text !== '')) {
      const event = JSON.parse(line) as { type: string; object: unknown }
      if (event.type === 'ERROR') return
      if (event.type === 'ADDED' || event.type === 'MODIFIED') yield event.object
    }
  }
}

interface RawCluster {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string }
  readonly spec?: { readonly instances?: number }
  readonly status?: Reign & {
    readonly instancesStatus?: Readonly<Record<string, { readonly uid: string; readonly ip?: string }>>
  }
}

function clusterView(raw: unknown): ClusterView {
  const { metadata, spec, status = {} } = raw as RawCluster
  const states = Object.entries(status.instancesStatus ?? {})
  const addresses = states.flatMap(([, { uid, ip }]) => (ip === undefined ? [] : [[uid, ip] as const]))
  return {
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    instances: spec?.instances ?? 1,
    reign: status,
    addresses: Object.fromEntries(addresses),
    podNames: states.map(([name]) => name),
  }
}

function podView(raw: unknown): PodView {
  const { metadata } = raw as {
    metadata: { uid: string; name: string; resourceVersion: string; annotations?: Record<string, string> }
  }
  const claimed = metadata.annotations?.[instanceAnnotations.epoch] ?? ''
  const epoch = /^[0-9]{1,15}$/.test(claimed) ? Number(claimed) : 0
  return { uid: metadata.uid, name: metadata.name, resourceVersion: metadata.resourceVersion, epoch }
}
