// An API server in memory for one test, with the calls that tests of it make.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { startApiServer, type ApiServer, type ApiServerOptions } from '../cluster/apiserver/start.ts'
import {
  ApiError,
  createClient,
  type Client,
  type KubernetesObject,
  type Metadata,
  type Method,
  type WatchEvent,
} from '../cluster/client.ts'
import { eventually } from '../e2e/eventually.ts'

export const core = '/api/v1/namespaces/default'
export const mediaTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

export interface Bench {
  readonly server: ApiServer
  readonly client: Client
  readonly get: (path: string) => Promise<KubernetesObject>
  readonly create: (path: string, object: object) => Promise<KubernetesObject>
  readonly merge: (path: string, patch: object) => Promise<KubernetesObject>
  readonly remove: (path: string, options?: object) => Promise<unknown>
  /** The refusal of a request that must not succeed. */
  readonly refusal: (method: Method, path: string, body?: object, contentType?: string) => Promise<ApiError>
  readonly gone: (path: string) => Promise<unknown>
  /** The first `count` events, in order. */
  readonly events: (path: string, count: number) => Promise<readonly WatchEvent[]>
  /** As somebody else. */
  readonly as: (token: string) => Client
}

export async function openBench(t: TestContext, options: Partial<ApiServerOptions> = {}): Promise<Bench> {
  const server = await startApiServer({ adminToken: 'test-admin', ...options })
  const clients = [createClient(server.connection)]
  const [client] = clients as [Client]
  t.after(async () => {
    await Promise.all(clients.map((each) => each.close()))
    await server.close()
  })
  return {
    server,
    client,
    get: (path) => client.request('GET', path),
    create: (path, object) => client.request('POST', path, object),
    merge: (path, patch) => client.request('PATCH', path, patch, mediaTypes.merge),
    remove: (path, body) => client.request('DELETE', path, body),
    refusal: (method, path, body, contentType) => refusalOf(client.request(method, path, body, contentType)),
    gone: (path) => eventually(`${path} is gone`, () => isMissing(client, path), 10),
    events: (path, count) => firstEvents(client, path, count),
    as(token) {
      const other = createClient({ ...server.connection, token })
      clients.push(other)
      return other
    },
  }
}

export async function refusalOf(request: Promise<unknown>): Promise<ApiError> {
  const outcome = await request.catch((error: unknown) => error)
  if (outcome instanceof ApiError) return outcome
  return assert.fail(`was not refused: ${JSON.stringify(outcome)}`)
}

export const configMap = (name: string, data: object = {}, metadata: Partial<Metadata> = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
})

/** As kubelet would say it. */
export async function makeReady({ merge }: Bench, name: string): Promise<void> {
  const conditions = [{ type: 'Ready', status: 'True' }]
  await merge(`${core}/pods/${name}/status`, { status: { phase: 'Running', conditions } })
}

export const pod = (name: string, metadata: Partial<Metadata> = {}, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'main', image: 'image:1' }], ...spec },
})

export const ownedBy = ({ apiVersion, kind, metadata }: KubernetesObject): object => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid,
})

/** A CRD `things.example.com` whose objects have this schema. */
export const thingCrd = (properties: object, root: object = {}): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Thing', plural: 'things', singular: 'thing', shortNames: ['th'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.count', statusReplicasPath: '.status.count' },
        },
        additionalPrinterColumns: [{ name: 'Count', type: 'integer', jsonPath: '.spec.count' }],
        schema: { openAPIV3Schema: { type: 'object', properties, ...root } },
      },
    ],
  },
})

export const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
export const things = '/apis/example.com/v1/namespaces/default/things'
export const thing = (name: string, spec: object, metadata: Partial<Metadata> = {}): object => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name, ...metadata },
  spec,
})

async function isMissing(client: Client, path: string): Promise<true | undefined> {
  const outcome = await client.request('GET', path).catch((error: unknown) => error)
  return outcome instanceof ApiError && outcome.status === 404 ? true : undefined
}

async function firstEvents(client: Client, path: string, count: number): Promise<readonly WatchEvent[]> {
  const found: WatchEvent[] = []
  const aborter = new AbortController()
  for await (const event of client.watch(path, aborter.signal)) {
    found.push(event)
    if (found.length === count) aborter.abort()
  }
  return found
}
