// How the hooks serve RedisScheduledBackups: nobody is asked, and nobody is commanded.
import { handleSync, type AnyPlan, type Steps } from '../handle-sync.ts'
import { childKinds, hookPaths } from '../redisscheduledbackup/controller.ts'
import { kind } from '../redisscheduledbackup/names.ts'
import type { Request } from '../redisscheduledbackup/observed.ts'
import type { RedisScheduledBackup } from '../redisscheduledbackup/resource.ts'
import { RedisScheduledBackupSpec } from '../redisscheduledbackup/spec.ts'
import { customize, sync } from '../redisscheduledbackup/sync.ts'
import { bodiesOf } from '../requests.ts'
import type { ServedKind } from './served.ts'

const steps: Steps<Request, object, AnyPlan> = {
  kind,
  childKinds,
  gather: () => Promise.resolve({}),
  decide: ({ request, now }) => ({ ...sync(request, now), commands: [] }),
  execute: () => Promise.resolve([]),
  isIdle: ({ deletions }) => deletions.length === 0,
}

export const servedRedisScheduledBackup: ServedKind = {
  kind,
  paths: hookPaths,
  ...bodiesOf(kind, RedisScheduledBackupSpec),
  sync: (request, context) => handleSync(steps, request as Request, context),
  customize: (parent) => customize({ parent: parent as RedisScheduledBackup }),
}
