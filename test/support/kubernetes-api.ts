// A tiny Kubernetes API for a few instances: their RedisCluster and Pods in memory; it can be cut off, and answers held back.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Reign } from '../../instance/ballot.ts'

export interface FakePod {
  readonly uid: string
  /** Where its instance is reached by the others; none are told without. */
  readonly ip?: string
  annotations: Record<string, string>
}

export interface FakeApi {
  readonly url: string
  /** Watches learn of every other value. */
  reign: Reign
  /** Of the RedisCluster. */
  uid: string
  /** Of the RedisCluster; watches learn of every other value. */
  annotations: Readonly<Record<string, string>>
  /** The same, before watches have learnt of it. */
  annotateUnwatched(annotations: Readonly<Record<string, string>>): void
  /** What the status says of the backup that the cluster is born from; nothing while it is undefined. */
  bootstrap: unknown
  readonly pods: Map<string, FakePod>
  /** While false every connection breaks. */
  reachable: boolean
  /** Reads of the RedisCluster wait until the returned function is called. */
  holdClusterReads(): { readonly held: Promise<unknown>; release(): void }
  close(): Promise<void>
}

export const clusterUID = 'c1'

export async function startFakeApi(): Promise<FakeApi> {
  let gate: Promise<unknown> = Promise.resolve()
  let arrived: () => void = () => undefined
  let version = 1
  let reign: Reign = {}
  let annotations: Readonly<Record<string, string>> = {}
  let reachable = true
  const watches = new Set<ServerResponse>()
  const pods = new Map<string, FakePod>()
  const server = createServer((request, response) => {
    if (reachable) void answer(request, response)
    else request.socket.destroy()
  })

  function cluster(): object {
    const instances = [...pods].flatMap(([name, { uid, ip }]) =>
      ip === undefined ? [] : [[name, { uid, ip }] as const],
    )
    return {
      metadata: { uid: api.uid, resourceVersion: String(version), annotations },
      spec: { instances: 3 },
      status: {
        ...reign,
        instancesStatus: Object.fromEntries(instances),
        ...(api.bootstrap === undefined ? {} : { bootstrap: api.bootstrap }),
      },
    }
  }

  function tellWatches(): void {
    version += 1
    for (const watch of watches) watch.write(event())
  }

  function event(): string {
    return `${JSON.stringify({ type: 'MODIFIED', object: cluster() })}\n`
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://api')
    const podName = /\/pods\/([^/]+)$/.exec(url.pathname)?.[1]
    if (podName !== undefined) {
      await answerPod(podName, request, response)
    } else if (url.searchParams.has('watch')) {
      response.writeHead(200).flushHeaders()
      // As the real one does: what changed between the list and its watch is told by the watch.
      if (url.searchParams.get('resourceVersion') !== String(version)) response.write(event())
      watches.add(response)
      response.once('close', () => watches.delete(response))
    } else if (url.searchParams.has('fieldSelector')) {
      send(response, { metadata: { resourceVersion: String(version) }, items: [cluster()] })
    } else {
      // What is sent is what was true when the read began.
      const text = structuredClone(cluster())
      arrived()
      await gate
      send(response, text)
    }
  }

  async function answerPod(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pod = pods.get(name)
    if (pod === undefined) {
      send(response, { message: 'not found' }, 404)
      return
    }
    if (request.method === 'PATCH') {
      const patch = JSON.parse(await textOf(request)) as {
        metadata: { uid: string; resourceVersion?: string; annotations: Record<string, string | null> }
      }
      const { uid, resourceVersion, annotations } = patch.metadata
      if (uid !== pod.uid || (resourceVersion !== undefined && resourceVersion !== String(version))) {
        send(response, { message: 'conflict' }, 409)
        return
      }
      version += 1
      pod.annotations = merged(pod.annotations, annotations)
    }
    send(response, {
      metadata: { name, uid: pod.uid, resourceVersion: String(version), annotations: pod.annotations },
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const api: FakeApi = {
    url: `http://127.0.0.1:${port}`,
    uid: clusterUID,
    bootstrap: undefined,
    pods,
    get reign() {
      return reign
    },
    set reign(next) {
      reign = next
      tellWatches()
    },
    get annotations() {
      return annotations
    },
    set annotations(next) {
      annotations = next
      tellWatches()
    },
    annotateUnwatched: (next) => void (annotations = next),
    get reachable() {
      return reachable
    },
    set reachable(next) {
      reachable = next
      if (!reachable) server.closeAllConnections()
    },
    holdClusterReads() {
      const opened = Promise.withResolvers<undefined>()
      const held = Promise.withResolvers<undefined>()
      gate = opened.promise
      arrived = () => held.resolve(undefined)
      return { held: held.promise, release: () => opened.resolve(undefined) }
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return api
}

/** A merge patch: null takes an annotation away. */
function merged(
  annotations: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const entries = Object.entries({ ...annotations, ...patch })
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null))
}

function send(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
