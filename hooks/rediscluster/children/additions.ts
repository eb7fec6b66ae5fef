// What a user adds to a Pod's spec, as it goes into the Pod and into the hash of its template: absent where nothing is said.
import type { RedisClusterSpec } from '../spec.ts'
import { labels } from '../names.ts'

/** Read nowhere: it passes through to the API server, which knows these fields better. */
export interface Additions {
  readonly nodeSelector?: object
  readonly affinity?: object
  readonly tolerations?: readonly object[]
  readonly topologySpreadConstraints?: readonly object[]
  readonly priorityClassName?: string
  readonly imagePullSecrets?: readonly object[]
  readonly env?: readonly object[]
  readonly volumes?: readonly object[]
  readonly volumeMounts?: readonly object[]
}

/** An empty list or map says nothing, and neither does `false`, which is every flag's default here. */
export function additionsOf(spec: RedisClusterSpec): Additions {
  const { nodeSelector, affinity, tolerations, topologySpreadConstraints, priorityClassName } = spec
  const { imagePullSecrets, volumes, volumeMounts } = spec
  const env = spec.env?.map(({ value, ...variable }) => (value ? { ...variable, value } : variable))
  return said({
    ...{ nodeSelector, affinity, tolerations, topologySpreadConstraints, priorityClassName },
    ...{ imagePullSecrets, env, volumes, volumeMounts },
  })
}

/** Where the Pod may run. The default stays unless the user says something about the same part of it. */
export function schedulingOf(spec: RedisClusterSpec, cluster: string): object {
  const { nodeSelector, affinity, tolerations, topologySpreadConstraints, priorityClassName } =
    additionsOf(spec)
  return said({
    ...{ nodeSelector, tolerations, priorityClassName },
    affinity: { podAntiAffinity: spreadOverNodes(cluster), ...affinity },
    topologySpreadConstraints: topologySpreadConstraints?.map((constraint) => ({
      labelSelector: instancesOf(cluster),
      ...constraint,
    })),
  })
}

const instancesOf = (cluster: string): object => ({
  matchLabels: { [labels.cluster]: cluster, [labels.workload]: 'data' },
})

/** Soft, so that a cluster larger than the number of nodes still runs. */
function spreadOverNodes(cluster: string): object {
  const podAffinityTerm = { labelSelector: instancesOf(cluster), topologyKey: 'kubernetes.io/hostname' }
  return { preferredDuringSchedulingIgnoredDuringExecution: [{ podAffinityTerm, weight: 100 }] }
}

function said(fields: object): object {
  const entries = Object.entries(fields).map(([name, value]) => [name, withoutFalse(value)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && !isEmpty(value)))
}

function withoutFalse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFalse)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, part]) => part !== false)
  return Object.fromEntries(entries.map(([name, part]) => [name, withoutFalse(part)]))
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0
