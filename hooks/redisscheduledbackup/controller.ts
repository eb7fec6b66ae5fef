// The CompositeController that tells Metacontroller about RedisScheduledBackups, and their one kind of child.
import { compositeControllerFor, type ChildResource, type Guard } from '../composite-controller.ts'
import { plural as backups } from '../redisbackup/names.ts'
import { apiVersion } from '../rediscluster/names.ts'
import { kinds } from '../rediscluster/observed.ts'
import { plural } from './names.ts'

export const childKinds: readonly string[] = [kinds.backup]

/** OnDelete: what a RedisBackup became after its creation is none of the schedule's business. */
export const childResources: readonly ChildResource[] = [
  { apiVersion, resource: backups, method: 'OnDelete' },
]

export const hookPaths = {
  sync: '/hooks/redisscheduledbackup/sync',
  customize: '/hooks/redisscheduledbackup/customize',
} as const

/**
 * There is no finalize hook: the backups have a second owner and stay. The period bounds how late a backup starts after
 * errors, for these make the next attempt wait up to 1000 s.
 */
export function compositeController(baseUrl: string, guarded?: Guard): object {
  const options = { plural, parentVersion: apiVersion, hookPaths, childResources, resyncPeriodSeconds: 60 }
  return compositeControllerFor(options, baseUrl, guarded)
}
