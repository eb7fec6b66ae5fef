// A RedisScheduledBackup at work: it makes backups when they are due, prunes them, and leaves them when it goes.
import assert from 'node:assert/strict'
import type { RedisScheduledBackupStatus } from '../../hooks/redisscheduledbackup/recorded.ts'
import { backupView, type BackupView } from './backup-view.ts'
import { clusterView, namespace } from './cluster-view.ts'
import { eventually } from './eventually.ts'
import { withStore, type ObjectStore } from './object-store.ts'
import { filled } from './sample.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'

export const schedules: readonly Scenario[] = [
  { name: 'backup: schedules make backups, prune them, and leave them behind', run: followsSchedules },
]

const path = `/apis/redis.io/v1/namespaces/${namespace}/redisscheduledbackups`

/** Two of the same minute, for only the wait for that takes long: one keeps nothing, one keeps all. */
async function followsSchedules(stage: Stage): Promise<string> {
  return await withStore(stage, 'bs-store', async (store) => {
    const cluster = clusterView(stage, 'bs')
    await filled(cluster, 1, store)
    const due = await Promise.all([schedule(stage, 'bs-all', 3, store), schedule(stage, 'bs-none', 0, store)])
    const kept = await made(stage, 'bs-all', store)
    await kept.completed()
    const pruned = await made(stage, 'bs-none', store)
    await eventually('the backup is pruned', async () =>
      (await pruned.object().catch(() => undefined)) === undefined ? true : undefined,
    )
    assert.equal((await statusOf(stage, 'bs-none')).lastSuccessfulBackup, pruned.name)
    const artifacts = (await store.server.objects()).map(({ key }) => key).sort()
    assert.deepEqual(artifacts, [kept, pruned].map(({ name }) => `redis/${name}.rdb`).sort())
    for (const name of ['bs-all', 'bs-none']) await stage.client.request('DELETE', `${path}/${name}`)
    const owners = await eventually('the backup has lost its schedule', async () => {
      const { ownerReferences = [] } = (await kept.object()).metadata
      const kinds = ownerReferences.map(({ kind }) => kind)
      return kinds.includes('RedisScheduledBackup') ? undefined : kinds
    })
    assert.deepEqual(owners, ['Namespace'])
    assert.equal((await kept.status()).phase, 'Completed')
    await cluster.remove()
    return `due at ${due.join(' and ')}; ${pruned.name} was pruned, its artifact was not; ${kept.name} outlived its schedule`
  })
}

/** Resolves with when its first backup is due. */
async function schedule(
  stage: Stage,
  name: string,
  successfulBackupsHistoryLimit: number,
  { location }: ObjectStore,
): Promise<string> {
  const content = { clusterName: 'bs', method: 'rdb', destination: { s3: location } }
  await stage.client.request('POST', path, {
    apiVersion: 'redis.io/v1',
    kind: 'RedisScheduledBackup',
    metadata: { name },
    spec: { schedule: '@every 1m', ...content, successfulBackupsHistoryLimit },
  })
  return await eventually('it tells when', async () => (await statusOf(stage, name)).nextScheduleTime)
}

/** The backup that it made last, which may be gone by now. */
async function made(stage: Stage, name: string, store: ObjectStore): Promise<BackupView> {
  const last = await eventually(
    `${name} makes a backup`,
    async () => (await statusOf(stage, name)).lastBackupName,
    90,
  )
  return backupView(stage, last, store)
}

const statusOf = async ({ client }: Stage, name: string): Promise<RedisScheduledBackupStatus> =>
  (await client.request('GET', `${path}/${name}`))['status'] ?? {}
