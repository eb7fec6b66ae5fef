// The kinds that the hooks serve.
import { servedRedisBackup } from './redisbackup.ts'
import { servedRedisCluster } from './rediscluster.ts'
import { servedRedisScheduledBackup } from './redisscheduledbackup.ts'
import type { ServedKind } from './served.ts'

export const servedKinds: readonly ServedKind[] = [
  servedRedisCluster,
  servedRedisBackup,
  servedRedisScheduledBackup,
]
