// What Metacontroller does to Pods: makes them from the spec of that moment, labels them, and deletes the very one that it saw.
import { templateHash } from '../../hooks/rediscluster/children/pod.ts'
import type { PersistentVolumeClaim } from '../../hooks/kubernetes.ts'
import {
  annotations,
  apiVersion,
  kind,
  labels,
  ordinalOf,
  volumeName,
} from '../../hooks/rediscluster/names.ts'
import type { RedisCluster } from '../../hooks/rediscluster/resource.ts'
import type { Api, Pods } from './api.ts'
import { clusterName, clusterUID, namespace } from './host.ts'
import type { World } from './world.ts'

export function labelPod(api: Api, uid: string, role: string): void {
  const pod = api.podOf(uid)
  if (pod) api.putPod({ ...pod, metadata: { ...pod.metadata, labels: { [labels.role]: role } } })
}

/** Gracefully. Nothing happens to a Pod of the same name that was made since. */
export function deletePod(api: Api, world: World, uid: string): void {
  const pod = api.podOf(uid)
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return
  world.tell(`${pod.metadata.name} (${uid}) is left out`)
  world.reached.add('Pod omitted')
  api.putPod({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: 'now' } })
}

export function createPod(api: Api, name: string, newUid: () => string, cluster: RedisCluster): void {
  if (api.pods[name] !== undefined) return
  const { spec, metadata } = cluster
  const restartedAt = metadata.annotations?.[annotations.restartedAt]
  const made = {
    [annotations.template]: templateHash({ spec }),
    ...(restartedAt === undefined ? {} : { [annotations.restartedAt]: restartedAt }),
  }
  const owner = { apiVersion, kind, name: clusterName, uid: clusterUID, controller: true }
  api.putPod({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: newUid(),
      labels: { [labels.role]: 'replica' },
      annotations: made,
      ownerReferences: [owner],
    },
    spec: { containers: [{ name: 'redis', image: spec.imageName ?? 'redis' }] },
  })
}

/** Each Pod has its own, which outlives it. */
export function claimsOf(pods: Pods): Readonly<Record<string, PersistentVolumeClaim>> {
  const names = Object.keys(pods).map((name) => volumeName(clusterName, ordinalOf(clusterName, name) ?? 0))
  const claim = (name: string): PersistentVolumeClaim => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace },
    status: { phase: 'Bound' },
  })
  return Object.fromEntries(names.map((name) => [name, claim(name)]))
}
