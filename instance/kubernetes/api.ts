// The few API calls that a Pod makes: its own RedisCluster, Pods by name, and annotations on its own Pod.
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { fencedAnnotation, fencedNames, instanceAnnotations, mounts } from '../api.ts'
import { promiseFrom, Reign, termsFrom, type Claim, type Term } from '../ballot.ts'
import type { ClusterConfig } from '../config.ts'
import type { Log } from '../parts.ts'
import type { Recorded } from '../reign/boot.ts'
import { textOf, transport, type Transport } from '../transport.ts'

export interface ClusterView extends Recorded {
  readonly uid: string
  readonly resourceVersion: string
  /** It is being deleted, or was: nobody will ever be named again. */
  readonly deleted: boolean
  readonly instances: number
  /** Names of the Pods whose redis-server is to be stopped; undefined when the annotation cannot be read. */
  readonly fenced: readonly string[] | undefined
  /** The status cannot be read: it names nobody. */
  readonly malformed: boolean
  /** Names of the Pods that the status knows. */
  readonly podNames: readonly string[]
  /** What it is born from, as the status says it; undefined when it says nothing. */
  readonly bootstrap?: unknown
}

export interface PodView extends Claim {
  /** What it has promised and obeys; epoch 0 for nothing. */
  readonly promised: { readonly epoch: number; readonly target: string }
  /** The terms by which it holds a right; undefined when they cannot be read. */
  readonly terms: readonly Term[] | undefined
  readonly resourceVersion: string
  /** It is being deleted. */
  readonly deleted: boolean
}

export interface KubernetesApi {
  /** A quorum read: no resourceVersion is sent, so no cache may answer. Rejects when it is another cluster by now. */
  getCluster(): Promise<ClusterView>
  /** Undefined when there is no such Pod. */
  getPod(name: string): Promise<PodView | undefined>
  /** With a resourceVersion it is a compare-and-set: rejects with ApiError 409 when somebody was faster. */
  annotateOwnPod(annotations: Annotations, resourceVersion?: string): Promise<void>
  /** Lists, then watches this very RedisCluster; resolves when the watch ends. */
  watchCluster(onChange: (cluster: ClusterView) => void, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Null takes an annotation away. */
export type Annotations = Readonly<Record<string, string | null>>

export class ApiError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
  }
}

const callDeadlineMs = 2000

export async function kubernetesApi(config: ClusterConfig, root: string, log: Log): Promise<KubernetesApi> {
  const directory = root + mounts.serviceAccount
  const http = await transportFor(config.apiUrl, directory)
  const clusters = `/apis/redis.io/v1/namespaces/${config.namespace}/redisclusters`
  const pods = `/api/v1/namespaces/${config.namespace}/pods`
  const call = async (path: string, options: CallOptions = {}): Promise<unknown> => {
    const signal = AbortSignal.timeout(callDeadlineMs)
    return JSON.parse(await textOf(await send(http, config.apiUrl + path, directory, { ...options, signal })))
  }
  const view = viewer(log)
  return {
    async getCluster() {
      const cluster = view(await call(`${clusters}/${config.name}`))
      if (cluster.uid === config.uid) return cluster
      throw new Error(`RedisCluster ${config.name} is another one now (${cluster.uid})`)
    },
    getPod: (name) => unlessMissing(call(`${pods}/${name}`).then(podView)),
    async annotateOwnPod(annotations, resourceVersion) {
      const metadata = { annotations, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
      await call(`${pods}/${config.pod}`, {
        method: 'PATCH',
        body: { metadata: { uid: config.podUid, ...metadata } },
      })
    },
    watchCluster(onChange, signal) {
      const collection = `${clusters}?fieldSelector=metadata.name%3D${config.name}`
      const open: Open = (path) => send(http, config.apiUrl + path, directory, { signal })
      return listAndWatch(collection, call, open, (raw) => {
        const cluster = view(raw)
        if (cluster.uid === config.uid) onChange(cluster)
      })
    },
    close() {
      http.close()
      return Promise.resolve()
    },
  }
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

/** A status that cannot be read is told once, not at every look. */
function viewer(log: Log): (raw: unknown) => ClusterView {
  let told = false
  return (raw) => {
    const cluster = clusterView(raw)
    if (cluster.malformed && !told)
      log.error({ cluster: cluster.uid }, 'the status of the RedisCluster cannot be read: it names nobody')
    told = cluster.malformed
    return cluster
  }
}

type Call = (path: string, options?: CallOptions) => Promise<unknown>
type Open = (path: string) => Promise<IncomingMessage>

async function listAndWatch(
  collection: string,
  call: Call,
  open: Open,
  onChange: (raw: unknown) => void,
): Promise<void> {
  const list = (await call(collection)) as { metadata: { resourceVersion: string }; items: unknown[] }
  for (const item of list.items) onChange(item)
  const answer = await open(
    `${collection}&watch=true&allowWatchBookmarks=true&resourceVersion=${list.metadata.resourceVersion}`,
  )
  for await (const event of eventsOf(answer)) onChange(event)
}

interface CallOptions {
  readonly method?: 'GET' | 'PATCH'
  readonly body?: object
}

async function transportFor(url: string, directory: string): Promise<Transport> {
  return transport(url.startsWith('https:') ? await authorityIn(directory) : undefined)
}

async function authorityIn(directory: string): Promise<string> {
  try {
    return await readFile(join(directory, 'ca.crt'), 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `the certificate of the Kubernetes API cannot be read (${why}): check that the Pod's service-account token is mounted`,
      { cause },
    )
  }
}

/** The token is read at every call: kubelet renews the file. */
async function send(
  http: Transport,
  url: string,
  directory: string,
  { method = 'GET', body, signal }: CallOptions & { readonly signal: AbortSignal },
): Promise<IncomingMessage> {
  const token = (await readFile(join(directory, 'token'), 'utf8')).trim()
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'content-type': 'application/merge-patch+json',
  }
  const json = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await http.send(url, { method, headers, signal, ...json })
  const { statusCode = 0 } = answer
  if (statusCode < 300) return answer
  throw new ApiError(
    statusCode,
    `${method} ${new URL(url).pathname}: ${statusCode} ${await messageOf(answer)}`,
  )
}

async function messageOf(answer: IncomingMessage): Promise<string> {
  const text = await textOf(answer)
  try {
    return (JSON.parse(text) as { message?: string }).message ?? ''
  } catch {
    return text.slice(0, 200)
  }
}

/** A RedisCluster is a few kilobytes. */
const mostEventCharacters = 2 ** 20

async function* eventsOf(answer: IncomingMessage): AsyncGenerator {
  let rest = ''
  answer.setEncoding('utf8')
  for await (const chunk of answer) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > mostEventCharacters) throw new Error('the watch sends an event without end')
    for (const line of lines.filter((text) => text !== '')) {
      const event = JSON.parse(line) as { type: string; object: unknown }
      if (event.type === 'ERROR') return
      if (event.type === 'ADDED' || event.type === 'MODIFIED') yield event.object
      if (event.type === 'DELETED') yield deleted(event.object)
    }
  }
}

/** Deleted in the background, it goes without ever having been shown as one that is to go. */
function deleted(object: unknown): unknown {
  const { metadata, ...rest } = object as { metadata: object }
  return { ...rest, metadata: { deletionTimestamp: 'past', ...metadata } }
}

const RawCluster = Type.Object({
  metadata: Type.Object({
    uid: Type.String({ minLength: 1 }),
    resourceVersion: Type.String(),
    deletionTimestamp: Type.Optional(Type.String()),
    annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
  }),
  spec: Type.Optional(Type.Object({ instances: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })) })),
  status: Type.Optional(Type.Unknown()),
})

const InstanceState = Type.Object({ uid: Type.String(), ip: Type.Optional(Type.String({ maxLength: 45 })) })

const RawStatus = Type.Intersect([
  Reign,
  Type.Object({
    instancesStatus: Type.Optional(Type.Record(Type.String(), InstanceState)),
    bootstrap: Type.Optional(Type.Unknown()),
  }),
])

/** Throws on what is not a RedisCluster; a status that cannot be read names nobody. */
export function clusterView(raw: unknown): ClusterView {
  if (!Value.Check(RawCluster, raw)) throw new Error('what the API gave is not a RedisCluster')
  const { metadata, spec, status: given = {} } = raw
  const status = Value.Check(RawStatus, given) ? given : undefined
  const states = Object.entries(status?.instancesStatus ?? {})
  const addresses = states.flatMap(([, { uid, ip }]) => (ip === undefined ? [] : [[uid, ip] as const]))
  return {
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    deleted: metadata.deletionTimestamp !== undefined,
    instances: spec?.instances ?? 1,
    fenced: fencedNames(metadata.annotations?.[fencedAnnotation]),
    malformed: status === undefined,
    reign: status ?? {},
    addresses: Object.fromEntries(addresses),
    podNames: states.map(([name]) => name),
    ...(status?.bootstrap === undefined ? {} : { bootstrap: status.bootstrap }),
  }
}

export function podView(raw: unknown): PodView {
  const { metadata } = raw as {
    metadata: {
      uid: string
      name: string
      resourceVersion: string
      deletionTimestamp?: string
      annotations?: Record<string, string>
    }
  }
  const { uid, name, resourceVersion, deletionTimestamp, annotations = {} } = metadata
  const claimed = annotations[instanceAnnotations.epoch] ?? ''
  const epoch = /^[0-9]{1,15}$/.test(claimed) ? Number(claimed) : 0
  const promised = promiseFrom(annotations[instanceAnnotations.promised])
  return {
    uid,
    name,
    resourceVersion,
    epoch,
    promised,
    terms: termsFrom(annotations[instanceAnnotations.terms]),
    deleted: deletionTimestamp !== undefined,
  }
}
