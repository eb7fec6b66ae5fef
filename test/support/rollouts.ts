// A cluster of three of whose Pods some were made from an earlier spec, and what a sync makes of it.
import type { InstanceStatus } from '../../instance/api.ts'
import type { Pod } from '../../hooks/kubernetes.ts'
import type { SyncPlan } from '../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../hooks/rediscluster/recorded.ts'
import type { RedisClusterSpec } from '../../hooks/rediscluster/spec.ts'
import * as build from './builders.ts'
import { plan } from './look.ts'

export interface Seen {
  readonly spec?: Partial<RedisClusterSpec>
  readonly status?: RedisClusterStatus
  readonly annotations?: Readonly<Record<string, string>>
  readonly pods: readonly Pod[]
  readonly reports?: readonly InstanceStatus[]
}

export const healthy = [build.primary(0), build.replica(1), build.replica(2)]

export function old(ordinal: number, options: Parameters<typeof build.pod>[1] = {}): Pod {
  const made = build.pod(ordinal, options)
  const annotations = { 'redis.io/spec-hash': 'of an earlier spec' }
  return { ...made, metadata: { ...made.metadata, annotations } }
}

export const rolled = ({ status = build.reigning(), reports = healthy, ...seen }: Seen): SyncPlan =>
  plan(build.request({ status, ...seen }), build.reports(...reports))

export const replaced = (seen: Seen): readonly string[] => rolled(seen).deletions.map(({ name }) => name)

export const condition = ({ status }: SyncPlan, type: string): string => {
  const found = status.conditions?.find((each) => each.type === type)
  return found === undefined ? 'none' : `${found.reason}: ${found.message}`
}

export const crashing = (pod: Pod, reason = 'ImagePullBackOff'): Pod => ({
  ...pod,
  status: {
    ...pod.status,
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [{ name: 'redis', state: { waiting: { reason, message: 'no such image' } } }],
  },
})
