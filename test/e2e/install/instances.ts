// The Pods, account and Role of one RedisCluster as the hooks render them, in a namespace that enforces restricted Pods.
import { blueprintOf } from '../../../hooks/rediscluster/blueprint.ts'
import {
  desiredRole,
  desiredRoleBinding,
  desiredServiceAccount,
} from '../../../hooks/rediscluster/children/access.ts'
import { desiredPod } from '../../../hooks/rediscluster/children/pod.ts'
import { restricted } from '../../../hooks/install/workload.ts'
import type { Client, KubernetesObject } from '../../cluster/client.ts'
import { entropy, request, spec } from '../../support/builders.ts'
import { ensure, scratch, type InstallSite } from './site.ts'

export const shop = scratch('shop')
export const cache = 'cache'
export const podsPath = `/api/v1/namespaces/${shop}/pods`
export const clustersPath = `/apis/redis.io/v1/namespaces/${shop}/redisclusters`

export interface Instances {
  /** `cache-0` and `cache-1`; both are the cluster's. */
  readonly pods: readonly [KubernetesObject, KubernetesObject]
  /** Somebody else's Pod, which took the name `cache-2`. */
  readonly foreign: KubernetesObject
  /** What the Pod of `cache-0` can do. */
  readonly instance: Client
}

export async function startInstances(site: InstallSite): Promise<Instances> {
  const { client } = site
  await ensure(client, '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: shop, labels: restricted },
  })
  const metadata = { name: cache, namespace: shop }
  for (const name of [cache, 'other'])
    await ensure(client, clustersPath, {
      apiVersion: 'redis.io/v1',
      kind: 'RedisCluster',
      metadata: { name },
      spec: { instances: 3 },
    })
  const parent = {
    apiVersion: 'redis.io/v1',
    kind: 'RedisCluster',
    metadata: { ...metadata, uid: 'c1' },
    spec: spec(),
  }
  const blueprint = blueprintOf({ ...request(), parent }, entropy, 'redis-operator:0.1.0')
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${shop}`
  await ensure(client, `/api/v1/namespaces/${shop}/serviceaccounts`, desiredServiceAccount(blueprint))
  await ensure(client, `${rbac}/roles`, desiredRole(blueprint, ['cache-0', 'cache-1', 'cache-2']))
  await ensure(client, `${rbac}/rolebindings`, desiredRoleBinding(blueprint))
  const own = [desiredPod(blueprint, 0), desiredPod(blueprint, 1)]
  for (const pod of [...own, barePod('cache-2')]) await ensure(client, podsPath, pod)
  const [first, second, foreign] = await Promise.all(
    [0, 1, 2].map((ordinal) => client.request('GET', `${podsPath}/cache-${ordinal}`)),
  )
  if (first === undefined || second === undefined || foreign === undefined)
    throw new Error('a Pod is missing')
  return { pods: [first, second], foreign, instance: await site.as(shop, cache, first) }
}

/** A Pod that has nothing to do with Redis, within what the namespace allows. */
export function barePod(name: string, serviceAccountName = 'default'): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: shop, labels: { app: 'web' } },
    spec: {
      serviceAccountName,
      containers: [
        {
          name: 'web',
          image: 'web:1',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    },
  }
}
