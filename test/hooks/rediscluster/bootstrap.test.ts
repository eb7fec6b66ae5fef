// A cluster that is to be born from a backup: it is born with the backup's data, or not at all.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Bootstrap, RestoreReport } from '../../../instance/artifact.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import type { KubernetesObject } from '../../../metacontroller/contract.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import { customize } from '../../../hooks/rediscluster/sync.ts'
import * as build from '../../support/builders.ts'
import { look, named, plan } from '../../support/look.ts'

const checksumSHA256 = 'ab'.repeat(32)
const fromBackup = { bootstrap: { backupName: 'nightly' } }

function backup(status: object): KubernetesObject {
  return {
    apiVersion: 'redis.io/v1',
    kind: 'RedisBackup',
    metadata: { name: 'nightly', namespace: build.namespace },
    spec: { clusterName: 'old', destination: { s3: { bucket: 'mine', path: 'a' } } },
    status,
  } as KubernetesObject
}

const completed = backup({
  phase: 'Completed',
  objectKey: 'a/nightly.rdb',
  artifactType: 'rdb',
  checksumSHA256,
  backupSize: 1000,
})

const conditionOf = ({ conditions = [] }: RedisClusterStatus): string => {
  const condition = conditions.find(({ type }) => type === 'BootstrapRestored')
  return condition === undefined ? 'none' : `${condition.reason}: ${condition.message}`
}

function source(): Bootstrap {
  const request = build.request({ spec: fromBackup, pods: [], related: [completed] })
  return plan(request).status.bootstrap ?? assert.fail('no bootstrap in the status')
}

const report = (state: RestoreReport['state'], more: Partial<RestoreReport> = {}): RestoreReport => ({
  id: source().id,
  state,
  bytes: 0,
  ...more,
})

/** Restored, and nothing else yet: data, but of no reign. */
const restored = (ordinal: number, more: Partial<InstanceStatus> = {}): InstanceStatus =>
  build.newborn(ordinal, { empty: false, restore: report('Done', { keys: 7 }), ...more })

const waiting = (restore: RestoreReport): InstanceStatus =>
  build.newborn(0, { redis: { state: 'waiting', loading: false, silentSeconds: 0 }, restore })

describe('a cluster that is to be born from a backup', () => {
  it('asks for that RedisBackup by name', () => {
    const { parent } = build.request({ spec: fromBackup })
    const { relatedResources } = customize({ parent })
    assert.deepEqual(
      relatedResources.find(({ resource }) => resource === 'redisbackups'),
      { apiVersion: 'redis.io/v1', resource: 'redisbackups', namespace: build.namespace, names: ['nightly'] },
    )
  })

  it('has no Pod before the backup can be had, and says what it waits for', () => {
    const cases = [
      [[], /^BackupMissing: RedisBackup nightly .* does not exist/],
      [[backup({})], /^BackupNotCompleted: .* is Pending/],
      [[backup({ phase: 'Running' })], /^BackupNotCompleted: .* is Running/],
      [[backup({ phase: 'Failed', error: 'no bucket' })], /^BackupFailed: .* \(no bucket\)/],
    ] as const
    for (const [related, sentence] of cases) {
      const { children, status } = plan(build.request({ spec: fromBackup, pods: [], related }))
      assert.match(conditionOf(status), sentence)
      assert.equal(status.bootstrap, undefined)
      assert.deepEqual(
        children.filter(({ kind }) => kind === 'Pod'),
        [],
      )
    }
  })

  it('tells its instances what to restore, and who', () => {
    const { children, status } = plan(build.request({ spec: fromBackup, pods: [], related: [completed] }))
    const { id, ...rest } = status.bootstrap ?? assert.fail()
    assert.match(id, /^[0-9a-f]+$/)
    assert.deepEqual(rest, {
      pod: 'cache-0',
      s3: { bucket: 'mine', path: 'a' },
      objectKey: 'a/nightly.rdb',
      artifactType: 'rdb',
      checksumSHA256,
      backupSize: 1000,
    })
    const pods = children.filter(({ kind }) => kind === 'Pod') as unknown as {
      spec: { containers: { args: string[] }[] }
    }[]
    assert.equal(pods.length, 3)
    assert.ok(pods.every(({ spec }) => spec.containers[0]?.args.includes('--bootstrap')))
  })

  it('keeps what it has told them when the RedisBackup goes', () => {
    const status = { bootstrap: source() }
    const after = plan(build.request({ spec: fromBackup, pods: [], status })).status
    assert.deepEqual(after.bootstrap, status.bootstrap)
  })

  it('shows how the restore goes, in steps of ten', () => {
    const message = (restore: RestoreReport): string =>
      conditionOf(
        plan(
          build.request({ spec: fromBackup, status: { bootstrap: source() } }),
          build.reports(waiting(restore), build.newborn(1), build.newborn(2)),
        ).status,
      )
    const downloading = (bytes: number): string => message(report('Downloading', { bytes, totalBytes: 1000 }))
    assert.equal(downloading(420), 'Restoring: cache-0: Downloading; 40 %; s3://mine/a/nightly.rdb')
    assert.equal(downloading(420), downloading(499))
    assert.match(message(report('Failed', { reason: 'the checksum differs' })), /^RestoreFailed: .*differs$/)
  })
})

describe('the first primary of a cluster that is to be born from a backup', () => {
  const request = build.request({ spec: fromBackup, status: { bootstrap: source() } })

  it('is nobody while the restore goes on, though all the others are ready', () => {
    const others = [build.newborn(1), build.newborn(2)]
    const { situation, decision } = look(
      request,
      build.reports(waiting(report('Downloading', { bytes: 9 })), ...others),
    )
    assert.equal(decision.kind, 'Wait')
    assert.deepEqual('missing' in situation && situation.missing, ['cache-0'])
  })

  it('is nobody while the one that restores runs without its data', () => {
    for (const restore of [undefined, report('Failed'), report('Done', { id: 'another' })]) {
      const first = build.newborn(0, restore === undefined ? {} : { restore })
      const { decision } = look(request, build.reports(first, build.newborn(1), build.newborn(2)))
      assert.equal(decision.kind, 'Wait')
    }
  })

  it('is the one that has restored, also when the backup was empty', () => {
    for (const empty of [false, true]) {
      const all = build.reports(restored(0, { empty }), build.newborn(1), build.newborn(2))
      assert.equal(named(look(request, all).decision), 'cache-0 for 1')
    }
  })

  it('is never an empty one, though the one that had restored is lost before it opened', () => {
    const status = {
      bootstrap: source(),
      targetPrimary: 'cache-0',
      targetPrimaryUID: build.uidOf(0),
      primaryEpoch: 1,
      namedAt: build.secondsAgo(60),
      trouble: { uid: build.uidOf(0), kind: 'SuccessorBlinking', since: build.secondsAgo(60) },
    }
    const promised = (ordinal: number, uid = build.uidOf(ordinal)): InstanceStatus =>
      build.newborn(ordinal, { podUID: uid, seen: 1, seenTarget: build.uidOf(0) })
    const pods = [build.pod(0, { uid: 'new' }), build.pod(1), build.pod(2)]
    const again = build.request({ spec: fromBackup, status, pods })
    const { decision } = look(again, build.reports(promised(0, 'new'), promised(1), promised(2)))
    assert.equal(decision.kind, 'Stuck')
    const second = restored(0, { podUID: 'new', seen: 1, seenTarget: build.uidOf(0) })
    const later = look(again, build.reports(second, promised(1), promised(2)))
    assert.equal(named(later.decision), 'cache-0 for 2')
  })

  it('may be anybody once the cluster was born', () => {
    const status = build.reigning({ bootstrap: source() })
    const reports = build.reports(
      build.primary(0, 1, { restore: report('Done') }),
      build.replica(1),
      build.replica(2),
    )
    const { status: after } = plan(
      build.request({ spec: fromBackup, status, annotations: { 'redis.io/switchover': 'cache-1' } }),
      reports,
    )
    assert.equal(after.targetPrimary, 'cache-1')
    assert.match(conditionOf(after), /^Restored/)
  })
})
