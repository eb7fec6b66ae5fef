// What every field of spec.bootstrap does: it shows in what the status records of the artifact.
import { namespace } from './builders.ts'
import type { Effect, Spec } from './spec-table.ts'

const checksumSHA256 = 'ab'.repeat(32)
export const source = { s3: { bucket: 'mine' }, key: 'a/b.rdb', method: 'rdb', checksumSHA256 }

const bornFrom = (fields: Spec, instead: Spec, path: string, value: unknown): Effect => ({
  kind: 'Records',
  spec: { instances: 3, bootstrap: { source: { ...source, ...fields } } },
  instead: { instances: 3, bootstrap: { source: { ...source, ...instead } } },
  path: `bootstrap.${path}`,
  value,
})

const store = (fields: Spec, path: string, value: unknown): Effect =>
  bornFrom({ s3: { bucket: 'mine', ...fields } }, { s3: { bucket: 'other' } }, `s3.${path}`, value)

const completed = {
  apiVersion: 'redis.io/v1',
  kind: 'RedisBackup',
  metadata: { name: 'nightly', namespace },
  spec: { destination: { s3: { bucket: 'mine' } } },
  status: { phase: 'Completed', objectKey: 'nightly.rdb', artifactType: 'rdb', checksumSHA256 },
}

export const bootstrapEffects: Readonly<Record<string, Effect>> = {
  'bootstrap.backupName': {
    kind: 'Records',
    spec: { instances: 3, bootstrap: { backupName: 'nightly' } },
    instead: { instances: 3, bootstrap: { backupName: 'another' } },
    path: 'bootstrap.objectKey',
    value: 'nightly.rdb',
    related: [completed],
  },
  'bootstrap.source.s3.bucket': store({}, 'bucket', 'mine'),
  'bootstrap.source.s3.endpoint': store(
    { endpoint: 'https://store.example' },
    'endpoint',
    'https://store.example',
  ),
  'bootstrap.source.s3.region': store({ region: 'eu-1' }, 'region', 'eu-1'),
  'bootstrap.source.s3.forcePathStyle=true': store({ forcePathStyle: true }, 'forcePathStyle', true),
  'bootstrap.source.s3.forcePathStyle=false': store({ forcePathStyle: false }, 'forcePathStyle', false),
  'bootstrap.source.key': bornFrom({}, { key: 'c.rdb' }, 'objectKey', 'a/b.rdb'),
  'bootstrap.source.method=rdb': bornFrom({}, { method: 'aof' }, 'artifactType', 'rdb'),
  'bootstrap.source.method=aof': bornFrom({ method: 'aof' }, {}, 'artifactType', 'aof-archive'),
  'bootstrap.source.checksumSHA256': bornFrom(
    {},
    { checksumSHA256: 'cd'.repeat(32) },
    'checksumSHA256',
    checksumSHA256,
  ),
}
