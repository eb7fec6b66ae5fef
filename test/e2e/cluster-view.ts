// What scenarios ask of a RedisCluster: apply it, wait for it, find its Pods, write to it.
import { Redis } from 'ioredis'
import type { RedisClusterStatus } from '../../hooks/rediscluster/recorded.ts'
import type { KubernetesObject } from '../cluster/client.ts'
import { eventually } from './eventually.ts'
import type { Stage } from './stage.ts'

export const namespace = 'default'
const mergePatch = 'application/merge-patch+json'
const clusters = `/apis/redis.io/v1/namespaces/${namespace}/redisclusters`

export interface ClusterView {
  readonly name: string
  /** `more` goes into its spec. */
  apply(instances: number, more?: object): Promise<void>
  scale(instances: number): Promise<void>
  /** Merges into its spec. */
  patch(spec: object): Promise<void>
  /** Null takes an annotation away. */
  annotate(annotations: Readonly<Record<string, string | null>>): Promise<void>
  remove(): Promise<void>
  object(): Promise<KubernetesObject>
  status(): Promise<RedisClusterStatus>
  /** Waits until every instance is ready and one serves, other than `not`. */
  ready(instances: number, not?: string): Promise<RedisClusterStatus>
  pod(name: string): Promise<KubernetesObject>
  password(): Promise<string>
  /** Through the Service, reconnecting as applications do. */
  client(service: 'leader' | 'replica' | 'any'): Promise<Redis>
}

/** Changes go through kubectl where it is installed, as people make them. */
export function clusterView({ client, kubelet, kubectl }: Stage, name: string): ClusterView {
  const get = (path: string): Promise<KubernetesObject> => client.request('GET', path)
  const view: ClusterView = {
    name,
    async apply(instances, more = {}) {
      const object = {
        apiVersion: 'redis.io/v1',
        kind: 'RedisCluster',
        metadata: { name },
        spec: { instances, ...more },
      }
      const path = `${clusters}/${name}?fieldManager=e2e&force=true`
      if (kubectl === undefined) await client.request('PATCH', path, object, 'application/apply-patch+yaml')
      else await kubectl(`apply -n ${namespace} -f -`, object)
    },
    async scale(instances) {
      if (kubectl === undefined) await view.apply(instances)
      else await kubectl(`scale rediscluster ${name} -n ${namespace} --replicas=${instances}`)
    },
    async patch(spec) {
      await client.request('PATCH', `${clusters}/${name}`, { spec }, mergePatch)
    },
    async annotate(annotations) {
      const words = Object.entries(annotations).map(([key, value]) =>
        value === null ? `${key}-` : `${key}=${value}`,
      )
      const body = { metadata: { annotations } }
      if (kubectl === undefined) await client.request('PATCH', `${clusters}/${name}`, body, mergePatch)
      else await kubectl(`annotate rediscluster ${name} -n ${namespace} --overwrite ${words.join(' ')}`)
    },
    async remove() {
      if (kubectl === undefined) await client.request('DELETE', `${clusters}/${name}`)
      else await kubectl(`delete rediscluster ${name} -n ${namespace} --timeout=60s`)
    },
    object: () => get(`${clusters}/${name}`),
    status: async () => (await view.object())['status'] ?? {},
    ready: (instances, not) =>
      eventually(`${name} has ${instances} ready instances`, async () => {
        const status = await view.status()
        const healthy = status.phase === 'Healthy' && status.readyInstances === instances
        return healthy && status.currentPrimary !== not ? status : undefined
      }),
    pod: (pod) => get(`/api/v1/namespaces/${namespace}/pods/${pod}`),
    async password() {
      const { data } = (await get(`/api/v1/namespaces/${namespace}/secrets/${name}-auth`)) as unknown as {
        data: { password: string }
      }
      return Buffer.from(data.password, 'base64').toString('utf8')
    },
    async client(service) {
      const host = await eventually('the Service has an address', () =>
        kubelet.serviceAddress(namespace, `${name}-${service}`),
      )
      const redis = new Redis({
        host,
        port: 6379,
        password: await view.password(),
        commandTimeout: 2000,
        retryStrategy: () => 50,
        maxRetriesPerRequest: 0,
      })
      redis.on('error', () => undefined)
      return redis
    },
  }
  return view
}
