// What the API server fills into a RedisScheduledBackup, and what it refuses, with which words.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { redisScheduledBackupCrd } from '../../../hooks/redisscheduledbackup/resource.ts'
import { crds, openBench, type Bench } from '../../support/api-server.ts'
import { backupSpec } from '../../support/backups.ts'
import { planAt, scheduleName, scheduleSpec } from '../../support/schedules.ts'

const collection = '/apis/redis.io/v1/namespaces/default/redisscheduledbackups'

async function open(t: TestContext): Promise<Bench> {
  const bench = await openBench(t)
  await bench.create(crds, redisScheduledBackupCrd())
  return bench
}

const { clusterName, destination } = backupSpec()
const schedule = (spec: object = {}, name = scheduleName): object => ({
  apiVersion: 'redis.io/v1',
  kind: 'RedisScheduledBackup',
  metadata: { name },
  spec: { clusterName, destination, schedule: '0 3 * * *', ...spec },
})

describe('the CRD of RedisScheduledBackup', () => {
  it('fills in every default', async (t) => {
    const bench = await open(t)
    const { spec } = (await bench.create(collection, schedule())) as { spec?: object }
    assert.deepEqual(spec, scheduleSpec())
  })

  it('keeps every field of a status', async (t) => {
    const bench = await open(t)
    await bench.create(collection, schedule())
    const { status } = planAt('2026-03-02T03:00Z')
    const full = {
      ...status,
      lastSuccessfulBackup: 'a',
      lastSuccessfulTime: status.lastScheduleTime,
      lastFinishedBackup: 'a',
    }
    const written = (await bench.merge(`${collection}/${scheduleName}/status`, { status: full })) as {
      status?: object
    }
    assert.deepEqual(written.status, full)
  })

  for (const text of ['@hourly', '@every 6h', '*/5 0-6 1,15 * MON-FRI', '0  3 * * *'])
    it(`takes ${text}`, async (t) => {
      const bench = await open(t)
      await bench.create(collection, schedule({ schedule: text, timeZone: 'America/Argentina/Buenos_Aires' }))
    })

  const refusals: readonly (readonly [string, object, string?])[] = [
    ['schedule has five fields', { schedule: '0 3 * *' }],
    ['schedule has five fields', { schedule: '0 0 3 * * *' }],
    ['schedule has five fields', { schedule: '@fortnightly' }],
    ['timeZone is the IANA name', { timeZone: '+03:00' }],
    ['verify verifies every backup already', { verify: true, verifyEvery: 2 }],
    ['the name of a RedisScheduledBackup has at most 50 characters', {}, 'a'.repeat(51)],
    ['failedBackupsHistoryLimit', { failedBackupsHistoryLimit: -1 }],
    ['startingDeadlineSeconds', { startingDeadlineSeconds: 1 }],
    ['concurrencyPolicy', { concurrencyPolicy: 'Replace' }],
    ['must not have . or ..', { destination: { s3: { bucket: 'backups', path: '../x' } } }],
  ]
  for (const [message, spec, name] of refusals)
    it(`refuses ${name ?? JSON.stringify(spec)}`, async (t) => {
      const bench = await open(t)
      const refusal = await bench.refusal('POST', collection, schedule(spec, name))
      assert.ok(refusal.message.includes(message), refusal.message)
    })

  it('refuses another cluster later', async (t) => {
    const bench = await open(t)
    await bench.create(collection, schedule())
    const other = { spec: { clusterName: 'other' } }
    const type = 'application/merge-patch+json'
    const refusal = await bench.refusal('PATCH', `${collection}/${scheduleName}`, other, type)
    assert.match(refusal.message, /clusterName is immutable/)
  })
})
