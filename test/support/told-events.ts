// What a sync of a cluster of three tells as Events, from what was recorded of it.
import type { PlannedEvent } from '../../hooks/rediscluster/event.ts'
import type { SyncPlan } from '../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../hooks/rediscluster/recorded.ts'
import type { InstanceStatus } from '../../instance/api.ts'
import * as build from './builders.ts'
import { plan } from './look.ts'

const { primary, reigning, replica, reports } = build

export const healthy = [primary(0), replica(1), replica(2)] as const

type Options = NonNullable<Parameters<typeof build.request>[0]>

export const planOf = (options: Options, ...statuses: readonly InstanceStatus[]): SyncPlan =>
  plan(build.request(options), reports(...statuses))

/** What is recorded of three instances that are well. */
export const settled = (overrides: RedisClusterStatus = {}): RedisClusterStatus => ({
  ...planOf({ status: reigning() }, ...healthy).status,
  ...overrides,
})

export const told = ({ events }: SyncPlan, ...reasons: readonly string[]): readonly PlannedEvent[] =>
  events.filter(({ reason }) => reasons.includes(reason))
export const reasonsIn = ({ events }: SyncPlan): readonly string[] => events.map(({ reason }) => reason)
