// What the status tells of salvage copies: where they are, how they are read and forgotten, for as long as they are there.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InstanceReports } from '../../../hooks/rediscluster/plan.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import type { Salvage } from '../../../instance/api.ts'
import { primary, reigning, replica, reports, request, silent, uidOf } from '../../support/builders.ts'
import { plan } from '../../support/look.ts'

const copy = {
  path: '/data/salvage/epoch-1',
  epoch: 1,
  primaryEpoch: 2,
  bytes: 4096,
  surplusBytes: 512,
  madeAt: '2026-03-01T09:59:00.000Z',
}

const withCopy = (salvage: Salvage): InstanceReports =>
  reports(primary(0), replica(1, { salvage }), replica(2))

function told(given: InstanceReports, before: RedisClusterStatus = reigning()): RedisClusterStatus {
  return plan(request({ status: before }), given).status
}

function message(status: RedisClusterStatus): string | undefined {
  const condition = (status.conditions ?? []).find(({ type }) => type === 'SalvageCopy')
  return condition && `${condition.status} ${condition.reason}: ${condition.message}`
}

describe('a salvage copy in the status', () => {
  it('is told with its Pod, path, size, and the commands to fetch and to forget it', () => {
    const status = told(withCopy({ copy }))
    assert.deepEqual(status.instancesStatus?.['cache-1']?.salvage, { copy })
    assert.equal(
      message(status),
      'True CopyKept: cache-1 keeps what it had of epoch 1, of which the primary of epoch 2 lacks up to 512 bytes: /data/salvage/epoch-1, 4096 bytes. ' +
        'To get it: kubectl exec -n shop cache-1 -- tar -c -C /data/salvage epoch-1 | tar -x. ' +
        'To forget it: kubectl exec -n shop cache-1 -- rm -r /data/salvage',
    )
  })

  it('is told as possible when nobody knows how much is in it', () => {
    const { surplusBytes: _unknown, ...rest } = copy
    assert.match(
      message(told(withCopy({ copy: rest }))) ?? '',
      /epoch 1, that the primary of epoch 2 may lack: /,
    )
  })

  it('that could not be made is told with the reason', () => {
    const refused = { epoch: 1, reason: 'there is no append-only file on the volume' }
    assert.equal(
      message(told(withCopy({ refused }))),
      'True CopyRefused: cache-1 kept no copy of what it had of epoch 1: there is no append-only file on the volume. ' +
        'To forget it: kubectl exec -n shop cache-1 -- rm -r /data/salvage',
    )
    assert.match(message(told(withCopy({ copy, refused }))) ?? '', /^True CopyKept: .*; cache-1 kept no copy/)
  })

  it('stays while its instance is silent or has not taken its volume, and is forgotten when that answers without it', () => {
    const before = told(withCopy({ copy }))
    const quiet = { ...reports(primary(0), replica(2)), [uidOf(1)]: silent() }
    assert.deepEqual(told(quiet, before).instancesStatus?.['cache-1']?.salvage, { copy })
    assert.match(message(told(quiet, before)) ?? '', /^True CopyKept/)
    const waiting = replica(1, { volume: { locked: false, predecessors: [] } })
    assert.match(message(told(reports(primary(0), waiting, replica(2)), before)) ?? '', /^True CopyKept/)
    const after = told(reports(primary(0), replica(1), replica(2)), before)
    assert.equal(after.instancesStatus?.['cache-1']?.salvage, undefined)
    assert.equal(message(after), undefined)
  })
})
