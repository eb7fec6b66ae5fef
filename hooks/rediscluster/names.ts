// Every name, label and annotation of a RedisCluster and its children.

import { fencedAnnotation } from '../../instance/api.ts'

export const group = 'redis.io'
export const version = 'v1'
export const apiVersion = `${group}/${version}`
export const kind = 'RedisCluster'
export const plural = 'redisclusters'

export const labels = {
  cluster: 'redis.io/cluster',
  instance: 'redis.io/instance',
  role: 'redis.io/role',
  workload: 'redis.io/workload',
  /** On a Secret that spec.connectionSecret named. */
  connection: 'redis.io/connection-secret',
} as const

export const annotations = {
  /** Hash of the template that a Pod was made from. */
  template: 'redis.io/spec-hash',
  /** Hash of the ConfigMap's text: a change makes kubelet refresh the mount at once. */
  config: 'redis.io/config-hash',
  /** On a Pod: since when the file system of its volume waited to grow as the Pod was made, and so mounted it anew. */
  mounted: 'redis.io/mounted-for-growth',
  /** On a RedisCluster: the Pod that is to be primary. */
  switchover: 'redis.io/switchover',
  /** On a RedisCluster: `<pod uid>/<primaryEpoch>` of the copy that is to be promoted although others may hold more. */
  acceptLoss: 'redis.io/accept-loss',
  /** On a RedisCluster: a JSON array of the Pods whose redis-server is to be stopped. */
  fenced: fencedAnnotation,
  /** On a RedisCluster, any text: every Pod that was not made with it is replaced. On a Pod: the one it was made with. */
  restartedAt: 'redis.io/restartedAt',
  /** On a RedisCluster, on or true: its instances stop, and their volumes stay. */
  hibernation: 'redis.io/hibernation',
  /** On a RedisCluster with supervised updates, `true`: the primary may be moved and replaced now. */
  approveUpdate: 'redis.io/approve-primary-update',
  /** On a RedisCluster: UIDs of Pods whose machines a person has seen dead. */
  confirmGone: 'redis.io/confirm-gone',
} as const

export type Role = 'primary' | 'replica'

export const podName = (cluster: string, ordinal: number): string => `${cluster}-${ordinal}`
export const volumeName = (cluster: string, ordinal: number): string => `${cluster}-data-${ordinal}`
export const leaderServiceName = (cluster: string): string => `${cluster}-leader`
export const replicaServiceName = (cluster: string): string => `${cluster}-replica`
export const anyServiceName = (cluster: string): string => `${cluster}-any`
export const configMapName = (cluster: string): string => `${cluster}-config`
export const authSecretName = (cluster: string): string => `${cluster}-auth`
export const controlSecretName = (cluster: string): string => `${cluster}-control`
export const disruptionBudgetName = (cluster: string): string => `${cluster}-pdb`

/** The number at the end of a Pod's name, or undefined for a foreign name. */
export function ordinalOf(cluster: string, name: string): number | undefined {
  const digits = name.startsWith(`${cluster}-`) ? name.slice(cluster.length + 1) : ''
  return /^(0|[1-9][0-9]{0,3})$/.test(digits) ? Number(digits) : undefined
}

/** Of a volume claim's name, as that of a Pod. */
export const ordinalOfVolume = (cluster: string, name: string): number | undefined =>
  ordinalOf(`${cluster}-data`, name)

export function clusterLabels(cluster: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'redis',
    'app.kubernetes.io/instance': cluster,
    'app.kubernetes.io/managed-by': 'redis-operator',
    [labels.cluster]: cluster,
  }
}

export function podLabels(cluster: string, name: string, role: Role): Record<string, string> {
  return {
    ...clusterLabels(cluster),
    [labels.instance]: name,
    [labels.role]: role,
    [labels.workload]: 'data',
  }
}
