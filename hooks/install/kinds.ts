// The kinds that are installed: the CRD of each, its CompositeController, and what that lets Metacontroller write.
import type { ChildResource, Guard } from '../composite-controller.ts'
import * as backup from '../redisbackup/controller.ts'
import * as backupNames from '../redisbackup/names.ts'
import { redisBackupCrd } from '../redisbackup/resource.ts'
import * as cluster from '../rediscluster/controller.ts'
import * as clusterNames from '../rediscluster/names.ts'
import { redisClusterCrd } from '../rediscluster/resource.ts'
import * as schedule from '../redisscheduledbackup/controller.ts'
import * as scheduleNames from '../redisscheduledbackup/names.ts'
import { redisScheduledBackupCrd } from '../redisscheduledbackup/resource.ts'

export interface InstalledKind {
  readonly kind: string
  readonly plural: string
  /** Name of the file that holds its CompositeController. */
  readonly singular: string
  readonly crd: () => object
  readonly compositeController: (baseUrl: string, guarded?: Guard) => object
  readonly childResources: readonly ChildResource[]
  /** Whether it has the scale subresource. */
  readonly scaled: boolean
}

/** A kind comes before those that need it. */
export const installedKinds: readonly InstalledKind[] = [
  { ...cluster, ...clusterNames, singular: 'rediscluster', crd: redisClusterCrd, scaled: true },
  { ...backup, ...backupNames, singular: 'redisbackup', crd: redisBackupCrd, scaled: false },
  {
    ...schedule,
    ...scheduleNames,
    singular: 'redisscheduledbackup',
    crd: redisScheduledBackupCrd,
    scaled: false,
  },
]
