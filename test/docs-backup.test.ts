// docs/backup.md and the code agree: keys of the Secret, fields and defaults, reasons, conditions; and the examples are accepted.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { installedKinds } from '../hooks/install/kinds.ts'
import { scheduleLabel } from '../hooks/redisscheduledbackup/names.ts'
import { RedisScheduledBackupSpec } from '../hooks/redisscheduledbackup/spec.ts'
import { backupFields } from '../hooks/redisbackup/spec.ts'
import { mostAttempts, pausesSeconds } from '../hooks/redisbackup/timings.ts'
import { credentialKeys, S3Location } from '../instance/artifact.ts'
import { BackupFailure, backupErrorOf, type FailureReason } from '../instance/backup/failure.ts'
import type { KubernetesObject } from './cluster/client.ts'
import { crds, mediaTypes, openBench } from './support/api-server.ts'
import { read, reasonsIn, rowOf, rows, section, unionIn, wordsIn } from './support/pages.ts'

const page = read('docs/backup.md')
const sorted = (words: readonly string[]): readonly string[] => [...new Set(words)].sort()

describe('docs/backup.md', () => {
  it('lists every spelling of every key of the Secret', () => {
    const spellings: readonly string[] = Object.values(credentialKeys).flat()
    assert.deepEqual(sorted(wordsIn(section(page, 'Credentials'), 0)), sorted(spellings))
  })

  it('lists every field of a backup, and of a schedule with its default', () => {
    const s3 = Object.keys(S3Location.properties)
    for (const field of [...Object.keys(backupFields).filter((name) => name !== 'destination'), ...s3])
      assert.match(section(page, 'Take one'), new RegExp(`\`(destination\\.s3\\.)?${field}\``), field)
    const own = Object.entries(RedisScheduledBackupSpec.properties).filter(
      ([name]) => !(name in backupFields),
    )
    for (const [name, { default: value = '' }] of own as [string, { default?: unknown }][])
      assert.equal(rowOf(section(page, 'Schedules'), name)[1], String(value), name)
  })

  it('has a row for every reason of a failure, and for nothing else', () => {
    const reasons = [
      ...unionIn('instance/backup/failure.ts', 'FailureReason'),
      ...unionIn('instance/backup/store.ts', 'StoreReason'),
      ...reasonsIn('hooks/redisbackup/running.ts', 'hooks/redisbackup/ended.ts'),
      'Internal',
    ]
    assert.deepEqual(sorted(wordsIn(section(page, 'Why one failed'), 0)), sorted(reasons))
  })

  it('says which failures of an instance are tried again, and how often', () => {
    const text = section(page, 'Why one failed')
    assert.equal(mostAttempts, 3)
    assert.ok(text.includes(`three times, after ${pausesSeconds.join(' s\nand after ')} s`))
    const told = rows(text).map(([reasons = '', again]) => [reasons.split(', '), again] as const)
    for (const reason of unionIn('instance/backup/failure.ts', 'FailureReason') as FailureReason[]) {
      const { retriable } = backupErrorOf(new BackupFailure(reason, ''))
      const [, again = ''] = told.find(([reasons]) => reasons.includes(reason)) ?? []
      assert.equal(again, again === 'mostly' ? 'mostly' : retriable ? 'yes' : 'no', reason)
    }
  })

  const told: readonly (readonly [heading: string, reasons: readonly string[]])[] = [
    ['Watch it', unionIn('hooks/redisbackup/target.ts', 'WaitReason')],
    ['Watch it', reasonsIn('hooks/redisbackup/pending.ts', 'hooks/redisbackup/conditions.ts')],
    ['Schedules', reasonsIn('hooks/redisscheduledbackup/conditions.ts')],
    ['Restore into a new cluster', reasonsIn('hooks/rediscluster/bootstrap.ts')],
  ]
  for (const [heading, reasons] of told)
    it(`tells under "${heading}" of ${reasons.join(', ')}`, () => {
      assert.ok(reasons.length > 1)
      const words = [0, 1].flatMap((column) => wordsIn(section(page, heading), column))
      assert.deepEqual(
        reasons.filter((reason) => !words.includes(reason)),
        [],
      )
    })
})

describe('examples', () => {
  const files = [
    'rediscluster.yaml',
    'redisbackup.yaml',
    'redisscheduledbackup.yaml',
    'rediscluster-from-backup.yaml',
  ]
  for (const file of files)
    it(`the API server takes ${file} and drops nothing of it`, async (t) => {
      const bench = await openBench(t)
      for (const { crd } of installedKinds) await bench.create(crds, crd())
      const object = parse(read(`examples/${file}`)) as KubernetesObject & { kind: string; spec: object }
      const { plural } = installedKinds.find(({ singular }) => singular === object.kind.toLowerCase()) ?? {}
      const path = `/apis/redis.io/v1/namespaces/default/${plural ?? ''}/${object.metadata.name}?fieldManager=test`
      const applied = await bench.client.request('PATCH', path, object, mediaTypes.apply)
      assert.partialDeepStrictEqual(applied, { spec: object.spec })
    })

  it('fit together: the cluster is born from the backup, of the cluster, with the Secret that the page makes', () => {
    const [cluster, backup, schedule, restored] = files.map(
      (file) =>
        parse(read(`examples/${file}`)) as { metadata: { name: string }; spec: Record<string, unknown> },
    )
    for (const each of [backup, schedule]) assert.equal(each?.spec['clusterName'], cluster?.metadata.name)
    const { bootstrap, backupCredentialsSecret } = restored?.spec ?? {}
    assert.deepEqual(bootstrap, { backupName: backup?.metadata.name })
    const { name } = backupCredentialsSecret as { name: string }
    assert.ok(section(page, 'Credentials').includes(`kubectl create secret generic ${name} `))
    assert.ok(page.includes(`-l ${scheduleLabel}=${schedule?.metadata.name ?? ''}\n`))
    for (const file of files.slice(1)) assert.ok(page.includes(`../examples/${file}`), file)
  })
})
