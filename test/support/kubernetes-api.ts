// A tiny Kubernetes API for one instance: its RedisCluster and Pods in memory; an answer can be held back.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Reign } from '../../instance/api.ts'

export interface FakePod {
  readonly uid: string
  annotations: Record<string, string>
}

export interface FakeApi {
  readonly url: string
  reign: Reign
  readonly pods: Map<string, FakePod>
  /** Reads of the RedisCluster wait until the returned function is called. */
  holdClusterReads(): { readonly held: Promise<unknown>; release(): void }
  close(): Promise<void>
}

export const clusterUID = 'c1'

export async function startFakeApi(): Promise<FakeApi> {
  let gate: Promise<unknown> = Promise.resolve()
  let arrived: () => void = () => undefined
  let version = 1
  const pods = new Map<string, FakePod>()
  const api = { reign: {} as Reign }
  const server = createServer((request, response) => void answer(request, response))

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://api')
    const podName = /\/pods\/([^/]+)$/.exec(url.pathname)?.[1]
    if (podName !== undefined) {
      await answerPod(podName, request, response)
      return
    }
    if (url.searchParams.has('watch')) {
      response.writeHead(200).flushHeaders()
      return
    }
    const cluster = {
      metadata: { uid: clusterUID, resourceVersion: String(version) },
      spec: { instances: 2 },
      status: api.reign,
    }
    if (url.searchParams.has('fieldSelector')) {
      send(response, { metadata: { resourceVersion: '1' }, items: [cluster] })
      return
    }
    // What is sent is what was true when the read began.
    const text = structuredClone(cluster)
    arrived()
    await gate
    send(response, text)
  }

  async function answerPod(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pod = pods.get(name)
    if (pod === undefined) {
      send(response, { message: 'not found' }, 404)
      return
    }
    if (request.method === 'PATCH') {
      const patch = JSON.parse(await textOf(request)) as {
        metadata: { uid: string; resourceVersion?: string; annotations: Record<string, string> }
      }
      const { uid, resourceVersion, annotations } = patch.metadata
      if (uid !== pod.uid || (resourceVersion !== undefined && resourceVersion !== String(version))) {
        send(response, { message: 'conflict' }, 409)
        return
      }
      version += 1
      Object.assign(pod.annotations, annotations)
    }
    send(response, {
      metadata: { name, uid: pod.uid, resourceVersion: String(version), annotations: pod.annotations },
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return Object.assign(api, {
    url: `http://127.0.0.1:${port}`,
    pods,
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
  })
}

function send(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
