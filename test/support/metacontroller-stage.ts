// The stage of a conformance test: a namespace, a webhook, and a CompositeController that calls it for every Thing.
import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { KubernetesObject } from '../cluster/client.ts'
import { eventually } from '../e2e/eventually.ts'
import type { Cluster } from './metacontroller-cluster.ts'
import { startWebhook, type Answer, type Call, type Webhook } from './webhook.ts'

type ObjectMap = Readonly<Record<string, Readonly<Record<string, KubernetesObject>>>>

export interface Thing extends KubernetesObject {
  readonly status?: { readonly phase?: string; readonly count?: number; readonly observedGeneration?: number }
}

export interface SyncBody {
  readonly parent: Thing
  readonly children: ObjectMap
  readonly related: ObjectMap
}

export interface StageOptions {
  readonly sync: (body: SyncBody) => Answer | Promise<Answer>
  readonly customize?: (parent: Thing) => Answer
  readonly children?: readonly {
    readonly apiVersion?: string
    readonly resource: string
    readonly method?: string
  }[]
  readonly parents?: 'things' | 'plains'
  readonly timeout?: string
  readonly resyncPeriodSeconds?: number
}

export interface Stage {
  readonly namespace: string
  readonly webhook: Webhook
  /** Where the CompositeController is. */
  readonly controllerPath: string
  /** What the sync hook was asked about this parent, oldest first. */
  readonly syncs: (parent?: string) => readonly Call<SyncBody>[]
  readonly path: (plural: string, name?: string) => string
  readonly find: (plural: string, name: string) => Promise<KubernetesObject | undefined>
  readonly create: (plural: string, object: object) => Promise<KubernetesObject>
  readonly patch: (
    plural: string,
    name: string,
    change: object,
    subresource?: 'status',
  ) => Promise<KubernetesObject>
  readonly remove: (plural: string, name: string) => Promise<void>
  readonly createParent: (spec?: object, name?: string) => Promise<KubernetesObject>
  /** Annotates the parent, and waits until a sync that saw this is through: the hook must answer `settled(body)`. */
  readonly force: () => Promise<void>
}

export const json = (value: unknown): Answer => ({ kind: 'Json', value })

export const raw = (status: number, body = '', headers: Readonly<Record<string, string>> = {}): Answer => ({
  kind: 'Raw',
  status,
  body,
  headers,
})

export const configMap = (
  name: string,
  data: object = { key: 'value' },
  metadata: object = {},
): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
})

/** The status by which `force` knows what the sync has seen. */
export const settled = ({ parent }: SyncBody): { readonly phase: string } => ({
  phase: parent.metadata.annotations?.['poke'] ?? '',
})

const controllers = '/apis/metacontroller.k8s.io/v1alpha1/compositecontrollers'

export async function openStage(t: TestContext, cluster: Cluster, options: StageOptions): Promise<Stage> {
  const { client, group } = cluster
  const { parents = 'things' } = options
  const id = randomBytes(3).toString('hex')
  const namespace = `mc-${id}`
  const webhook = await startWebhook((call) => answer(options, namespace, call))
  await client.request('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  })
  if (cluster.isReal)
    await eventually('Pods may be created', () =>
      client.request('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`),
    )
  await client.request('POST', controllers, compositeController(id, group, webhook.url, options))

  const path = (plural: string, name?: string): string =>
    [rootOf(plural, group), 'namespaces', namespace, plural, ...(name === undefined ? [] : [name])].join('/')
  const list = async (plural: string): Promise<readonly KubernetesObject[]> => {
    const { items } = await client.request('GET', path(plural))
    return items as readonly KubernetesObject[]
  }
  const find: Stage['find'] = async (plural, name) =>
    (await list(plural)).find(({ metadata }) => metadata.name === name)
  const patch: Stage['patch'] = (plural, name, change, subresource) => {
    const suffix = subresource === undefined ? '' : `/${subresource}`
    return client.request('PATCH', `${path(plural, name)}${suffix}`, change, 'application/merge-patch+json')
  }
  const remove: Stage['remove'] = async (plural, name) => {
    await client.request('DELETE', path(plural, name))
  }

  t.after(async () => {
    await client.request('DELETE', `${controllers}/${id}`).catch(() => undefined)
    await webhook.close()
    for (const { metadata } of await list(parents))
      await remove(parents, metadata.name).catch(() => undefined)
    await client.request('DELETE', `/api/v1/namespaces/${namespace}`)
  })
  let pokes = 0
  return {
    namespace,
    webhook,
    controllerPath: `${controllers}/${id}`,
    syncs: (parent = 'thing') => {
      const calls = webhook.calls.filter((call) => call.path === '/sync') as readonly Call<SyncBody>[]
      return calls.filter(
        ({
          body: {
            parent: { metadata },
          },
        }) => metadata.name === parent && metadata.namespace === namespace,
      )
    },
    path,
    find,
    create: (plural, object) => client.request('POST', path(plural), object),
    patch,
    remove,
    createParent: (spec = {}, name = 'thing') =>
      client.request('POST', path(parents), {
        apiVersion: `${group}/v1`,
        kind: parents === 'things' ? 'Thing' : 'Plain',
        metadata: { name, namespace },
        spec,
      }),
    force: async () => {
      const poke = String(++pokes)
      await patch(parents, 'thing', { metadata: { annotations: { poke } } })
      await eventually(
        `sync ${poke} is through`,
        async () => {
          const parent = (await find(parents, 'thing')) as Thing | undefined
          return parent?.status?.phase === poke ? true : undefined
        },
        20,
      )
    },
  }
}

/** A parent of another test may still be going. */
function answer(options: StageOptions, namespace: string, call: Call): Answer | Promise<Answer> {
  const body = call.body as SyncBody
  if (body.parent.metadata.namespace !== namespace) return raw(429, '', { 'retry-after': '60' })
  if (call.path === '/sync') return options.sync(body)
  return options.customize?.(body.parent) ?? raw(404)
}

function compositeController(id: string, group: string, url: string, options: StageOptions): object {
  const { parents = 'things', children = [{ resource: 'configmaps' }], customize, timeout = '5s' } = options
  const hook = (path: string): object => ({ version: 'v2', webhook: { url: `${url}/${path}`, timeout } })
  return {
    apiVersion: 'metacontroller.k8s.io/v1alpha1',
    kind: 'CompositeController',
    metadata: { name: id, labels: { group } },
    spec: {
      generateSelector: true,
      parentResource: { apiVersion: `${group}/v1`, resource: parents },
      childResources: children.map(({ apiVersion = 'v1', resource, method = 'InPlace' }) => ({
        apiVersion,
        resource,
        updateStrategy: { method },
      })),
      ...(options.resyncPeriodSeconds === undefined
        ? {}
        : { resyncPeriodSeconds: options.resyncPeriodSeconds }),
      hooks: { sync: hook('sync'), ...(customize === undefined ? {} : { customize: hook('customize') }) },
    },
  }
}

function rootOf(plural: string, group: string): string {
  if (['things', 'plains'].includes(plural)) return `/apis/${group}/v1`
  if (['roles', 'rolebindings'].includes(plural)) return '/apis/rbac.authorization.k8s.io/v1'
  return plural === 'poddisruptionbudgets' ? '/apis/policy/v1' : '/api/v1'
}
