// The spec of a RedisBackup: one TypeBox schema for its type, its validation and its part of the CRD.
import { Type, type Static, type TSchema } from '@sinclair/typebox'
import { artifacts, S3Location, type BackupMethod } from '../../instance/artifact.ts'
import { longestName } from '../rediscluster/resource.ts'
import { objectNamePattern, oneOf, rules } from '../rediscluster/schema.ts'

const methods = Object.keys(artifacts) as BackupMethod[]
const { bucket, path, endpoint, region, forcePathStyle, serverSideEncryption, kmsKeyID } =
  S3Location.properties

/** What instances take, and what the API server can tell people about it. */
const explained = <T extends TSchema>(schema: T, description: string, more: object = {}): T => ({
  ...schema,
  ...more,
  description,
})

/**
 * Characters that every store, tool and URL takes as they are. All are one byte long: with the longest name and suffix
 * a key stays below the 1024 bytes of S3.
 */
const keyCharacters = "^[A-Za-z0-9!_.*'()=+@,:&$/-]*$"

const S3 = Type.Object(
  {
    bucket: explained(bucket, 'Name of the bucket, which must exist.', {
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]$',
    }),
    path: explained(path, 'Prefix of the key: the artifact is written to <path>/<name>.rdb or .aof.tar.gz.', {
      pattern: keyCharacters,
      ...rules({
        rule: "!self.matches('(^|/)[.][.]?(/|$)')",
        message: 'destination.s3.path must not have . or .. as a segment: not every tool could read the key',
      }),
    }),
    endpoint: explained(endpoint, 'URL of a store that speaks S3. Unset: AWS.', {
      pattern: '^https?://[^/?#@\\s]+(/[^?#@\\s]*)?$',
    }),
    region: explained(region, 'Region of the bucket. Unset: us-east-1.', { pattern: '^[A-Za-z0-9-]+$' }),
    forcePathStyle: explained(
      forcePathStyle,
      'Whether the bucket is in the path of the URL, not in its host. Unset: true when there is an endpoint.',
    ),
    serverSideEncryption: explained(serverSideEncryption, 'How the store is to encrypt the artifact.'),
    kmsKeyID: explained(kmsKeyID, 'Key with which aws:kms encrypts. Unset: that of the bucket.'),
  },
  {
    description:
      'An object store that speaks S3. Credentials are the backupCredentialsSecret of the cluster.',
    additionalProperties: false,
    ...rules({
      rule: "!has(self.kmsKeyID) || (has(self.serverSideEncryption) && self.serverSideEncryption == 'aws:kms')",
      message: 'destination.s3.kmsKeyID needs serverSideEncryption aws:kms',
    }),
  },
)

/** What a RedisBackup and a schedule of them have in common. */
export const backupFields = {
  clusterName: Type.String({
    minLength: 1,
    maxLength: longestName,
    pattern: objectNamePattern,
    description: 'Name of the RedisCluster to back up, in the same namespace.',
  }),
  target: oneOf(['primary', 'prefer-replica'], {
    default: 'prefer-replica',
    description:
      'Which instance does it. primary: only the primary. prefer-replica: the replica that lags least, the primary when no replica is in sync.',
  }),
  method: oneOf(methods, {
    default: 'rdb',
    description: 'rdb: a snapshot by BGSAVE. aof: the append-only file after BGREWRITEAOF, as .aof.tar.gz.',
  }),
  destination: Type.Object(
    { s3: S3 },
    { description: 'Where the artifact is kept.', additionalProperties: false },
  ),
  verify: Type.Boolean({
    default: false,
    description:
      'Whether the artifact is read back and loaded into a throw-away Redis beside the instance, which needs as much memory again.',
  }),
}

export const RedisBackupSpec = Type.Object(
  backupFields,
  rules({
    rule: 'self == oldSelf',
    message: 'the spec of a RedisBackup is immutable: create another RedisBackup',
  }),
)
export type RedisBackupSpec = Static<typeof RedisBackupSpec>
