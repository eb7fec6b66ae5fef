// Which instance runs a backup, and for what a backup waits when there is none.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InstanceStatus } from '../../../instance/api.ts'
import type { RedisBackupSpec } from '../../../hooks/redisbackup/spec.ts'
import * as backups from '../../support/backups.ts'
import { primary, replica, uidOf } from '../../support/builders.ts'

type Target = RedisBackupSpec['target']

/** The Pod that is recorded, or why it waits. */
function chosen(statuses: readonly InstanceStatus[], target: Target = 'prefer-replica'): string {
  const plan = backups.planAt(0, { spec: { target } }, backups.heard(...statuses))
  return plan.status.targetPod ?? backups.claimOf(plan)?.slice(1).join(': ') ?? ''
}

const busy = { backup: { backupName: 'other', backupUID: 'other-uid', step: 'Upload' } } as const
const ahead = (ordinal: number, replicationOffset: number): InstanceStatus =>
  replica(ordinal, { replicationOffset })

describe('prefer-replica', () => {
  it('takes the replica that lags least, and of equals the one of the lowest ordinal', () => {
    assert.equal(chosen([primary(0), ahead(1, 100), ahead(2, 101)]), 'cache-2')
    assert.equal(chosen([primary(0), ahead(2, 100), ahead(1, 100)]), 'cache-1')
  })

  const unfit: readonly (readonly [string, Partial<InstanceStatus>])[] = [
    ['whose redis-server does not run', { redis: { state: 'starting', loading: false, silentSeconds: 0 } }],
    ['that is loading', { redis: { state: 'running', loading: true, silentSeconds: 0 } }],
    ['whose first sync goes on', { syncInProgress: true }],
    ['whose link is down', { masterLinkStatus: 'down' }],
    ['that follows somebody else', { follows: { host: '127.9.9.9', port: 6379 } }],
    ['that was restarted and is not in sync since', { restarted: true }],
    ['that is fenced', { fencedByUser: true }],
    ['that is leaving', { terminating: true }],
    ['that is being restored', { restore: { id: 'r', state: 'Loading', bytes: 0 } }],
    ['that holds the data of another cluster', { foreign: true }],
  ]
  for (const [what, overrides] of unfit) {
    it(`takes no replica ${what}, however far it is`, () => {
      const worse = replica(2, { replicationOffset: 999, ...overrides })
      assert.equal(chosen([primary(0), ahead(1, 1), worse]), 'cache-1')
    })
  }

  it('takes the primary when no replica is fit', () => {
    assert.equal(chosen([primary(0), replica(1, { masterLinkStatus: 'down' })]), 'cache-0')
    assert.equal(chosen([primary(0)]), 'cache-0')
  })

  it('takes an idle replica before one that runs a backup', () => {
    assert.equal(
      chosen([primary(0), replica(1, { ...busy, replicationOffset: 999 }), ahead(2, 1)]),
      'cache-2',
    )
  })

  it('waits for a busy replica rather than burden the primary, and says for which backup', () => {
    assert.equal(
      chosen([primary(0), replica(1, busy)]),
      'TargetBusy: waiting for another backup to end: cache-1 runs other',
    )
  })

  it('takes another Pod than the last attempt did, if there is one', () => {
    const lastFailure = { targetPod: 'cache-2', targetPodUID: uidOf(2), reason: 'JobLost', message: 'lost' }
    const seen = { status: { phase: 'Pending', attempts: 1, lastFailure } } as const
    const pick = (...statuses: readonly InstanceStatus[]): string | undefined =>
      backups.planAt(0, seen, backups.heard(...statuses)).status.targetPod
    assert.equal(pick(primary(0), ahead(1, 1), ahead(2, 999)), 'cache-1')
    assert.equal(pick(primary(0), ahead(2, 999)), 'cache-2')
  })
})

describe('primary', () => {
  it('takes the primary whatever replicas there are', () => {
    assert.equal(chosen([primary(0), replica(1), replica(2)], 'primary'), 'cache-0')
  })

  it('waits for one that does not accept writes, and says so', () => {
    assert.match(
      chosen([primary(0, 1, { writable: false })], 'primary'),
      /^NoFitTarget: .*cache-0: it does not accept writes/,
    )
  })

  it('waits for one that does not answer', () => {
    assert.match(
      chosen([replica(1)], 'primary'),
      /^NoPrimary: RedisCluster cache has no primary .*does not answer/,
    )
  })
})

describe('a cluster that cannot be backed up yet', () => {
  it('does not exist: it is waited for, by name', () => {
    const plan = backups.planAt(0, { cluster: undefined })
    assert.equal(plan.status.phase, 'Pending')
    assert.deepEqual(backups.claimOf(plan), [
      'False',
      'ClusterMissing',
      'RedisCluster cache does not exist in namespace shop: the backup starts when it does',
    ])
  })

  it('is being deleted: as good as gone', () => {
    const { metadata, ...rest } = backups.seenCluster()
    const cluster = { ...rest, metadata: { ...metadata, deletionTimestamp: '2026-03-01T09:00:00Z' } }
    assert.equal(backups.claimOf(backups.planAt(0, { cluster }))?.[1], 'ClusterMissing')
  })

  it('is not born', () => {
    const { status, ...rest } = backups.seenCluster()
    const cluster = { ...rest, status: { instancesStatus: status.instancesStatus } }
    const plan = backups.planAt(0, { cluster }, backups.heard(replica(1)))
    assert.equal(backups.claimOf(plan)?.[1], 'ClusterNotReady')
  })
})
