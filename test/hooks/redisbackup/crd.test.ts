// The CRD of RedisBackup: every field reaches the instance or decides who that is, and what cannot be done is refused at apply.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { redisBackupCrd } from '../../../hooks/redisbackup/resource.ts'
import type { RedisBackupSpec } from '../../../hooks/redisbackup/spec.ts'
import { objectKey, S3Location } from '../../../instance/artifact.ts'
import { crds, openBench, type Bench } from '../../support/api-server.ts'
import * as backups from '../../support/backups.ts'
import { primary, replica } from '../../support/builders.ts'

type Fields = Readonly<Record<string, unknown>>

const collection = '/apis/redis.io/v1/namespaces/default/redisbackups'
const s3 = { bucket: 'backups' }
const minimal = { clusterName: 'cache', destination: { s3 } }
const inStore = (fields: Fields): Fields => ({ ...minimal, destination: { s3: { ...s3, ...fields } } })
const object = (spec: Fields, name = 'nightly'): object => ({
  apiVersion: 'redis.io/v1',
  kind: 'RedisBackup',
  metadata: { name },
  spec,
})

async function openBackups(t: TestContext): Promise<Bench> {
  const bench = await openBench(t)
  await bench.create(crds, redisBackupCrd())
  return bench
}

/** As the API server stores it, defaults and all; an unknown field is an error. */
async function applied({ create }: Bench, spec: Fields): Promise<RedisBackupSpec> {
  const made = await create(`${collection}?fieldValidation=Strict`, object(spec))
  return made['spec'] as RedisBackupSpec
}

/** What the target is told, and who it is. */
function told(spec: RedisBackupSpec): Fields {
  const cluster = backups.heard(primary(0), replica(1))
  const { targetPod = '' } = backups.planAt(0, { spec }, cluster).status
  const seen = { spec, status: backups.begun() }
  const [command] = backups.planAt(0, seen, backups.jobIs(backups.unknownJob, replica(1))).commands
  return { targetPod, ...command?.body }
}

const fields: readonly (readonly [string, Fields, Fields])[] = [
  ['target', { ...minimal, target: 'primary' }, { targetPod: 'cache-0' }],
  ['method', { ...minimal, method: 'aof' }, { method: 'aof' }],
  ['verify', { ...minimal, verify: true }, { verify: true }],
  ...(
    [
      ['bucket', { bucket: 'other' }],
      ['path', { path: 'a/b' }],
      ['endpoint', { endpoint: 'http://store:9000' }],
      ['region', { region: 'eu-west-1' }],
      ['forcePathStyle', { forcePathStyle: false }],
      ['serverSideEncryption', { serverSideEncryption: 'AES256' }],
      ['kmsKeyID', { serverSideEncryption: 'aws:kms', kmsKeyID: 'key' }],
    ] as const
  ).map(
    ([name, location]) =>
      [`destination.s3.${name}`, inStore(location), { destination: { s3: { ...s3, ...location } } }] as const,
  ),
]

describe('every field', () => {
  it('of an S3 location can be said', () => {
    const said = fields.flatMap(([name]) => (name.startsWith('destination') ? name.split('.')[2] : []))
    assert.deepEqual(said, Object.keys(S3Location.properties))
  })

  for (const [name, spec, expected] of fields) {
    it(`${name} decides what is sent, or to whom`, async (t) => {
      const seen = told(await applied(await openBackups(t), spec))
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, seen[key]])), expected)
    })
  }

  it('but the destination and the cluster has a default', async (t) => {
    assert.deepEqual(await applied(await openBackups(t), minimal), {
      ...minimal,
      target: 'prefer-replica',
      method: 'rdb',
      verify: false,
    })
  })
})

describe('what is refused at apply', () => {
  const refusals: readonly (readonly [string, Fields, RegExp])[] = [
    ['no cluster', { destination: { s3 } }, /clusterName/],
    ['no destination', { clusterName: 'cache' }, /destination/],
    ['a destination without a store', { ...minimal, destination: {} }, /s3/],
    ['no bucket', { ...minimal, destination: { s3: {} } }, /bucket/],
    ['a bucket that is a path', inStore({ bucket: 'a/b/c' }), /bucket/],
    ['a key of KMS without KMS', inStore({ kmsKeyID: 'k' }), /kmsKeyID needs serverSideEncryption aws:kms/],
    [
      'a key of KMS beside another encryption',
      inStore({ kmsKeyID: 'k', serverSideEncryption: 'AES256' }),
      /kmsKeyID needs serverSideEncryption aws:kms/,
    ],
    ['an unknown encryption', inStore({ serverSideEncryption: 'rot13' }), /serverSideEncryption/],
    ['an endpoint that holds a password', inStore({ endpoint: 'http://me:secret@store' }), /endpoint/],
    ['an endpoint of another protocol', inStore({ endpoint: 'file:///etc' }), /endpoint/],
    ['a path that climbs', inStore({ path: 'a/../b' }), /must not have \. or \.\. as a segment/],
    ['a path of characters that some tool cannot take', inStore({ path: 'a b' }), /path/],
    ['another method', { ...minimal, method: 'copy' }, /method/],
    ['another target', { ...minimal, target: 'any' }, /target/],
  ]
  for (const [what, spec, message] of refusals) {
    it(what, async (t) => {
      const { refusal } = await openBackups(t)
      assert.match((await refusal('POST', collection, object(spec))).message, message)
    })
  }

  it('any change of the spec, while labels may change', async (t) => {
    const bench = await openBackups(t)
    await applied(bench, minimal)
    const { refusal, merge } = bench
    const path = `${collection}/nightly`
    for (const spec of [
      { method: 'aof' },
      { clusterName: 'other' },
      { destination: { s3: { path: 'x' } } },
    ]) {
      const type = 'application/merge-patch+json'
      assert.match(
        (await refusal('PATCH', path, { spec }, type)).message,
        /immutable: create another RedisBackup/,
      )
    }
    await merge(path, { metadata: { labels: { kept: 'yes' } } })
  })
})

describe('the key of an artifact', () => {
  it('stays below the 1024 bytes of S3, however long name and path are', () => {
    const path = 'p'.repeat(S3Location.properties.path.maxLength ?? Infinity)
    const key = objectKey({ path }, 'n'.repeat(253), 'aof')
    assert.ok(Buffer.byteLength(key) <= 1024, String(key.length))
  })
})
