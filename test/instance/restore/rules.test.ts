// The rules of a restore that need no process: who restores, when it is tried again, what an RDB file says of itself.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { ConfigError, readConfig } from '../../../instance/config.ts'
import { StoreError } from '../../../instance/backup/store.ts'
import { clusterView } from '../../../instance/kubernetes/api.ts'
import { emptyState, parseState, takenOver } from '../../../instance/reign/state.ts'
import { RestoreFailure } from '../../../instance/restore/failure.ts'
import type { Place } from '../../../instance/restore/place.ts'
import { planOf, useOf } from '../../../instance/restore/plan.ts'
import { rdbHeader } from '../../../instance/restore/rdb-header.ts'
import { kindOf, pauseSeconds } from '../../../instance/restore/retry.ts'
import { checkSpace } from '../../../instance/restore/room.ts'

const bootstrap = {
  id: 'b1',
  pod: 'cache-0',
  s3: { bucket: 'backups' },
  objectKey: 'redis/nightly.rdb',
  artifactType: 'rdb',
  checksumSHA256: 'a'.repeat(64),
}
const planWith = (status: object, pod = 'cache-0'): string =>
  planOf(clusterView({ metadata: { uid: 'c1', resourceVersion: '1' }, status }), pod).kind

describe('a Pod', () => {
  it('restores when it is named and the cluster is not born, starts when not, and waits while it cannot know', () => {
    assert.equal(planWith({ bootstrap }), 'Restore')
    assert.equal(planWith({ bootstrap }, 'cache-1'), 'Start')
    assert.equal(planWith({ bootstrap, currentEpoch: 1, currentPrimaryUID: 'u1' }), 'Start')
    assert.equal(planWith({}), 'Wait')
    assert.equal(planWith({ bootstrap: { ...bootstrap, objectKey: '' } }), 'Wait')
    assert.equal(planWith({ bootstrap, primaryEpoch: 'one' }), 'Wait')
  })

  it('never restores to a volume that was used', () => {
    assert.equal(useOf(emptyState, undefined), undefined)
    assert.match(useOf(emptyState, 'dump.rdb') ?? '', /dump\.rdb/)
    for (const used of ['seen', 'openedEpoch', 'dataEpoch'] as const)
      assert.match(useOf({ ...emptyState, [used]: 2 }, undefined) ?? '', /epoch 2/)
  })
})

describe('the state on a volume', () => {
  const restored = { id: 'b1', bytes: 10, keys: 2 }

  it('keeps what was restored for its cluster alone', () => {
    const state = { ...emptyState, clusterUID: 'c1', restored }
    assert.deepEqual(parseState(JSON.stringify(takenOver(state, 'c1', 'u1'))).restored, restored)
    assert.equal(parseState(JSON.stringify(takenOver(state, 'c2', 'u1'))).restored, undefined)
    assert.equal(parseState(JSON.stringify(emptyState)).restored, undefined)
    assert.throws(() => parseState(JSON.stringify({ ...state, restored: { id: 'b1' } })))
  })
})

describe('what failed', () => {
  it('is tried again soon when it passes by itself, each minute when somebody can mend it, rarely when nobody can', () => {
    const kinds = [
      new StoreError('Unreachable', true, ''),
      new Error('an error of the disk'),
      new RestoreFailure('Ended', ''),
      new StoreError('AccessDenied', false, ''),
      new RestoreFailure('NoRoom', ''),
      new RestoreFailure('Mismatch', ''),
      new RestoreFailure('TooNew', ''),
    ].map((error) => kindOf(error))
    const [passing, standing, final] = ['Passing', 'Standing', 'Final'] as const
    assert.deepEqual(kinds, [passing, passing, passing, standing, standing, final, final])
    const pauses = (kind: typeof passing | typeof standing | typeof final): readonly number[] =>
      [1, 2, 3, 7, 5000].map((count) => pauseSeconds(kind, count))
    assert.deepEqual(pauses('Passing'), [1, 2, 4, 60, 60])
    assert.deepEqual(pauses('Standing'), [60, 60, 60, 60, 60])
    assert.deepEqual(pauses('Final'), [60, 120, 240, 3600, 3600])
  })
})

describe('a volume', () => {
  it('that is too small for a restore is told with what it has and what it needs', async () => {
    const place = { data: tmpdir() } as Place
    await checkSpace(place, 1, 'the restore')
    const message =
      /^the data volume has \d+ (?:MiB|bytes) free, the restore needs 1099511627776 MiB: enlarge/
    await assert.rejects(checkSpace(place, 2 ** 60, 'the restore'), { reason: 'NoRoom', message })
  })
})

describe('the beginning of an RDB file', () => {
  const text = (value: string): number[] => [value.length, ...Buffer.from(value)]
  const head = [
    ...Buffer.from('REDIS0011'),
    250,
    ...text('redis-ver'),
    ...text('7.2.4'),
    250,
    ...text('redis-bits'),
    0xc0,
    64,
  ]

  it('names its writer and counts the keys of its first database, in every length that there is', () => {
    const counts: readonly (readonly [number[], number])[] = [
      [[5], 5],
      [[0x43, 0xe8], 1000],
      [[0x80, 0, 1, 0, 0], 65_536],
      [[0x81, 0, 0, 0, 1, 0, 0, 0, 0], 2 ** 32],
    ]
    for (const [bytes, keys] of counts) {
      const file = Buffer.from([...head, 245, 0xc3, 3, 9, 1, 2, 3, 254, 3, 251, ...bytes, 2])
      assert.deepEqual(rdbHeader(file), {
        format: 'REDIS0011',
        version: '7.2.4',
        first: { database: 3, keys, expires: 2 },
      })
    }
  })

  it('may be cut anywhere, and tells what is there', () => {
    const file = Buffer.from([...head, 254, 0, 251, 5, 2])
    for (let end = 9; end < file.length; end++)
      assert.equal(rdbHeader(file.subarray(0, end))?.first, undefined)
    assert.equal(rdbHeader(file.subarray(0, 8)), undefined)
    assert.equal(rdbHeader(Buffer.from('VALKEY080'))?.format, 'VALKEY080')
    assert.equal(rdbHeader(Buffer.from('no RDB file')), undefined)
  })
})

describe('the flag --bootstrap', () => {
  const identity = ['cluster', 'cluster-uid', 'namespace', 'pod', 'pod-uid', 'pod-ip'].map(
    (flag) => `--${flag}=x`,
  )

  it('has no value; its variable says true or false', () => {
    const given = (argv: readonly string[], env = {}): boolean | undefined =>
      readConfig([...identity, ...argv], env).cluster?.bootstrap
    assert.deepEqual([given([]), given(['--bootstrap'])], [false, true])
    assert.deepEqual([given([], { REDIS_OPERATOR_BOOTSTRAP: 'true' })], [true])
    assert.throws(() => given([], { REDIS_OPERATOR_BOOTSTRAP: 'yes' }), ConfigError)
  })
})
