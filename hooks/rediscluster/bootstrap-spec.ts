// spec.bootstrap: the backup that a new cluster is born from, by its RedisBackup or by where it lies.
import { Type } from '@sinclair/typebox'
import { artifacts, S3Location, Sha256 } from '../../instance/artifact.ts'
import { objectNamePattern, oneOf, rules } from './schema.ts'

/** Where it lies when no RedisBackup tells: after the loss of everything but the store. */
const Source = Type.Object(
  {
    s3: Type.Omit(S3Location, ['path', 'serverSideEncryption', 'kmsKeyID'], {
      description: 'The bucket. Credentials come from backupCredentialsSecret.',
    }),
    key: Type.String({ minLength: 1, maxLength: 1024, description: 'Key of the artifact in the bucket.' }),
    method: oneOf(Object.keys(artifacts) as (keyof typeof artifacts)[], {
      description: 'What it was made with: rdb for .rdb, aof for .aof.tar.gz.',
    }),
    checksumSHA256: Type.String({
      ...Sha256,
      description: 'Of the artifact, in hex; nothing is served before it was compared.',
    }),
  },
  { description: 'The artifact itself, for when its RedisBackup is gone.' },
)

export const BootstrapSpec = Type.Object(
  {
    backupName: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        pattern: objectNamePattern,
        description: 'A RedisBackup of this namespace.',
      }),
    ),
    source: Type.Optional(Source),
  },
  {
    description:
      'The backup that the cluster is born from. Its data are restored once, before anything is served.',
    ...rules(
      {
        rule: 'has(self.backupName) != has(self.source)',
        message: 'bootstrap needs exactly one of backupName and source',
      },
      { rule: 'self == oldSelf', message: 'bootstrap is immutable: a cluster is born once' },
    ),
  },
)
