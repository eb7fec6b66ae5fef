// The CompositeController that tells Metacontroller about RedisBackups. They have no children.
import { compositeControllerFor, type ChildResource, type Guard } from '../composite-controller.ts'
import { apiVersion } from '../rediscluster/names.ts'
import { plural } from './names.ts'

export const childKinds: readonly string[] = []
export const childResources: readonly ChildResource[] = []

export const hookPaths = {
  sync: '/hooks/redisbackup/sync',
  customize: '/hooks/redisbackup/customize',
} as const

/**
 * There is no finalize hook: a RedisBackup that is deleted while it runs is not asked about any more, and the instance
 * drops a job that nobody asks about. The artifact in the store is never deleted. Ended backups stay for long and need
 * no visits: the period is longer than that of a cluster.
 */
export function compositeController(baseUrl: string, guarded?: Guard): object {
  const options = { plural, parentVersion: apiVersion, hookPaths, childResources, resyncPeriodSeconds: 300 }
  return compositeControllerFor(options, baseUrl, guarded)
}
