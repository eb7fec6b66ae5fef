// A schedule under Metacontroller's stand-in and the hooks' server: the backup that is made outlives its schedule.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { redisBackupCrd } from '../../../hooks/redisbackup/resource.ts'
import { compositeController } from '../../../hooks/redisscheduledbackup/controller.ts'
import { redisScheduledBackupCrd } from '../../../hooks/redisscheduledbackup/resource.ts'
import type { RedisScheduledBackup } from '../../../hooks/redisscheduledbackup/resource.ts'
import { metacontrollerCrds } from '../../cluster/metacontroller/crd.ts'
import { startMetacontroller } from '../../cluster/metacontroller/start.ts'
import { eventually } from '../../e2e/eventually.ts'
import { crds, openBench } from '../../support/api-server.ts'
import { backupSpec } from '../../support/backups.ts'
import { hooksServer } from '../../support/hooks-server.ts'

const folder = '/apis/redis.io/v1/namespaces/default'
const path = `${folder}/redisscheduledbackups/nightly`

describe('a schedule that runs', () => {
  it('catches up on one backup, tells how it ended, and leaves it behind when it is deleted', async (t) => {
    const bench = await openBench(t)
    for (const crd of [...metacontrollerCrds, redisBackupCrd(), redisScheduledBackupCrd()])
      await bench.create(crds, crd)
    const url = await hooksServer(t).app.listen({ host: '127.0.0.1', port: 0 })
    const controllers = '/apis/metacontroller.k8s.io/v1alpha1/compositecontrollers'
    await bench.create(controllers, compositeController(url))
    const engine = await startMetacontroller({ connection: bench.server.connection, log: () => undefined })
    t.after(() => engine.close())
    const { clusterName, destination } = backupSpec()
    const schedule = '0 0 1 1 *'
    await bench.create(`${folder}/redisscheduledbackups`, {
      apiVersion: 'redis.io/v1',
      kind: 'RedisScheduledBackup',
      metadata: { name: 'nightly' },
      spec: { clusterName, destination, schedule },
    })
    const status = async (): Promise<RedisScheduledBackup['status']> =>
      ((await bench.get(path)) as Pick<RedisScheduledBackup, 'status'>).status
    await eventually('it is followed', async () => (await status())?.nextScheduleTime)

    const inForce = { schedule, timeZone: 'UTC', since: '2020-06-01T00:00:00.000Z' }
    await bench.merge(`${path}/status`, { status: { inForce } })
    const name = await eventually('a backup is made', async () => (await status())?.lastBackupName)
    assert.match(name, /^nightly-20[0-9]{2}01010000$/)
    const owners = (await bench.get(`${folder}/redisbackups/${name}`)).metadata.ownerReferences ?? []
    assert.deepEqual(owners.map(({ kind }) => kind).sort(), ['Namespace', 'RedisScheduledBackup'])

    const completedAt = new Date().toISOString()
    await bench.merge(`${folder}/redisbackups/${name}/status`, {
      status: { phase: 'Completed', completedAt },
    })
    await eventually(
      'its end is told',
      async () => (await status())?.lastSuccessfulBackup === name || undefined,
    )

    await bench.remove(path)
    await bench.gone(path)
    const left = await eventually('the backup has one owner left', async () => {
      const { ownerReferences = [] } = (await bench.get(`${folder}/redisbackups/${name}`)).metadata
      return ownerReferences.length === 1 ? ownerReferences : undefined
    })
    assert.equal(left[0]?.kind, 'Namespace')
  })
})
