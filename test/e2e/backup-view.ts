// What scenarios ask of a RedisBackup: create it, look at it, wait for how it ends.
import type { RedisBackupStatus } from '../../hooks/redisbackup/recorded.ts'
import type { BackupMethod } from '../../instance/artifact.ts'
import type { KubernetesObject } from '../cluster/client.ts'
import { namespace } from './cluster-view.ts'
import { eventually } from './eventually.ts'
import type { ObjectStore } from './object-store.ts'
import type { Stage } from './stage.ts'

export const backupsPath = `/apis/redis.io/v1/namespaces/${namespace}/redisbackups`

export interface BackupWish {
  readonly clusterName: string
  readonly method?: BackupMethod
  readonly verify?: boolean
}

export interface BackupView {
  readonly name: string
  create(wish: BackupWish): Promise<void>
  object(): Promise<KubernetesObject>
  status(): Promise<RedisBackupStatus>
  /** Rejects when it has failed. */
  completed(): Promise<RedisBackupStatus>
  /** Resolves when it is gone. */
  remove(): Promise<void>
}

export function backupView({ client }: Stage, name: string, { location }: ObjectStore): BackupView {
  const path = `${backupsPath}/${name}`
  const view: BackupView = {
    name,
    async create(wish) {
      const spec = { ...wish, destination: { s3: location } }
      await client.request('POST', backupsPath, {
        apiVersion: 'redis.io/v1',
        kind: 'RedisBackup',
        metadata: { name },
        spec,
      })
    },
    object: () => client.request('GET', path),
    status: async () => (await view.object())['status'] ?? {},
    async completed() {
      const status = await eventually(`${name} has ended`, async () => {
        const now = await view.status()
        return now.phase === 'Completed' || now.phase === 'Failed' ? now : undefined
      })
      if (status.phase === 'Failed') throw new Error(`${name} has failed: ${status.error ?? ''}`)
      return status
    },
    async remove() {
      await client.request('DELETE', path)
      await eventually(`${name} is gone`, async () =>
        (await view.object().catch(() => undefined)) === undefined ? true : undefined,
      )
    },
  }
  return view
}
