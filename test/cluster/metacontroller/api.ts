// The few API calls that Metacontroller makes, on objects of any kind.
import { setTimeout as delay } from 'node:timers/promises'
import {
  ApiError,
  createClient,
  type Client,
  type Connection,
  type KubernetesObject,
  type WatchEvent,
} from '../client.ts'

export interface Resource {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}

export interface Api {
  readonly resource: (apiVersion: string, plural: string) => Promise<Resource>
  readonly resourceOfKind: (apiVersion: string, kind: string) => Promise<Resource>
  readonly hasStatusSubresource: (apiVersion: string, plural: string) => Promise<boolean>
  readonly list: (
    resource: Resource,
  ) => Promise<{ readonly items: readonly KubernetesObject[]; readonly resourceVersion: string }>
  readonly watch: (
    resource: Resource,
    resourceVersion: string,
    signal: AbortSignal,
  ) => AsyncIterable<WatchEvent>
  readonly read: (resource: Resource, object: KubernetesObject) => Promise<KubernetesObject>
  readonly create: (resource: Resource, object: KubernetesObject) => Promise<void>
  readonly replace: (resource: Resource, object: KubernetesObject, subresource?: 'status') => Promise<void>
  /** In the background, and only this very object. */
  readonly remove: (resource: Resource, object: KubernetesObject) => Promise<void>
  readonly close: () => Promise<void>
}

export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.status === 404
export const isAlreadyExists = (error: unknown): boolean =>
  error instanceof ApiError && error.reason === 'AlreadyExists'
export const isConflict = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 409 && !isAlreadyExists(error)

export function createApi(connection: Connection): Api {
  const client = createClient(connection)
  const find = createDiscovery(client)
  return {
    resource: (apiVersion, plural) => find(apiVersion, (one) => one.plural === plural, plural),
    resourceOfKind: (apiVersion, kind) => find(apiVersion, (one) => one.kind === kind, kind),
    hasStatusSubresource: async (apiVersion, plural) => {
      const [group = '', version] = apiVersion.split('/')
      const crd = await client.request('GET', `${crdPath}/${plural}.${group}`)
      const { versions } = (crd as unknown as Crd).spec
      return versions.some(({ name, subresources }) => name === version && subresources?.status !== undefined)
    },
    list: async (resource) => {
      const list = (await client.request('GET', collectionPath(resource))) as unknown as List
      // The items of a list of a built-in kind do not say what they are.
      const { apiVersion, kind } = resource
      const items = list.items.map((item) => ({ ...item, apiVersion, kind }))
      return { items, resourceVersion: list.metadata.resourceVersion }
    },
    watch: (resource, resourceVersion, signal) =>
      client.watch(
        `${collectionPath(resource)}?watch=true&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`,
        signal,
      ),
    read: (resource, object) => client.request('GET', pathOf(resource, object)),
    create: async (resource, object) => {
      await client.request('POST', collectionPath(resource, object.metadata.namespace), object)
    },
    replace: async (resource, object, subresource) => {
      const suffix = subresource === undefined ? '' : `/${subresource}`
      await client.request('PUT', `${pathOf(resource, object)}${suffix}`, object)
    },
    remove: async (resource, object) => {
      await client.request('DELETE', pathOf(resource, object), {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        preconditions: { uid: object.metadata.uid },
        propagationPolicy: 'Background',
      })
    },
    close: () => client.close(),
  }
}

/** Reads live, changes and writes, once more after a conflict; `change` answers undefined when there is nothing to write. */
export async function rewrite(
  api: Api,
  resource: Resource,
  object: KubernetesObject,
  change: (live: KubernetesObject) => KubernetesObject | undefined,
  subresource?: 'status',
): Promise<void> {
  for (let milliseconds = 10; ; milliseconds *= 5) {
    const live = await api.read(resource, object)
    if (live.metadata.uid !== object.metadata.uid)
      throw new ApiError(404, 'NotFound', `${resource.kind} ${object.metadata.name} is another one now`)
    const changed = change(live)
    if (changed === undefined) return
    try {
      await api.replace(resource, changed, subresource)
      return
    } catch (error) {
      if (!isConflict(error) || milliseconds > 1000) throw error
      await delay(milliseconds)
    }
  }
}

const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

interface Crd {
  readonly spec: {
    readonly versions: readonly {
      readonly name: string
      readonly subresources?: { readonly status?: object }
    }[]
  }
}

interface List {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly KubernetesObject[]
}

interface ResourceList {
  readonly resources: readonly {
    readonly name: string
    readonly kind: string
    readonly namespaced: boolean
  }[]
}

type Find = (apiVersion: string, isIt: (resource: Resource) => boolean, what: string) => Promise<Resource>

function createDiscovery(client: Client): Find {
  const discovered = new Map<string, readonly Resource[]>()
  const discover = async (apiVersion: string): Promise<readonly Resource[]> => {
    const found = await client.request('GET', rootOf(apiVersion)).catch(() => ({ resources: [] }))
    return (found as unknown as ResourceList).resources
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced }) => ({ apiVersion, plural: name, kind, namespaced }))
  }
  return async (apiVersion, isIt, what) => {
    const known = discovered.get(apiVersion)?.find(isIt)
    if (known !== undefined) return known
    const resources = await discover(apiVersion)
    discovered.set(apiVersion, resources)
    const found = resources.find(isIt)
    if (found === undefined) throw new Error(`discovery: can't find ${what} in apiVersion "${apiVersion}"`)
    return found
  }
}

const rootOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`

function collectionPath({ apiVersion, plural, namespaced }: Resource, namespace?: string): string {
  const scope = namespaced && namespace !== undefined ? `/namespaces/${namespace}` : ''
  return `${rootOf(apiVersion)}${scope}/${plural}`
}

const pathOf = (resource: Resource, { metadata: { namespace, name } }: KubernetesObject): string =>
  `${collectionPath(resource, namespace)}/${name}`
