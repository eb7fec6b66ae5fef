// What both halves know of backups: where an artifact lies, how a job goes, what a restore needs. Imported by api.ts and both halves.
import { Type, type Static } from '@sinclair/typebox'
import { Count, Uid } from './ballot.ts'

/** The kinds of artifact, by method: what it is called, and how its key ends. */
export const artifacts = {
  rdb: { artifactType: 'rdb', suffix: '.rdb' },
  aof: { artifactType: 'aof-archive', suffix: '.aof.tar.gz' },
} as const
export type BackupMethod = keyof typeof artifacts
export type ArtifactType = (typeof artifacts)[BackupMethod]['artifactType']

export const Method = Type.Union([Type.Literal('rdb'), Type.Literal('aof')])
export const Artifact = Type.Union([Type.Literal('rdb'), Type.Literal('aof-archive')])
/** Hex. */
export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', maxLength: 64 })

/** An object store that speaks S3. Credentials and a private CA come from the mounted Secret, never from here. */
export const S3Location = Type.Object(
  {
    bucket: Type.String({ minLength: 3, maxLength: 63 }),
    /** Prefix of every key; slashes around it do not count. */
    path: Type.Optional(Type.String({ maxLength: 512 })),
    /** URL of the store; AWS when absent. */
    endpoint: Type.Optional(Type.String({ maxLength: 512, pattern: '^https?://' })),
    region: Type.Optional(Type.String({ maxLength: 64 })),
    /** `https://endpoint/bucket/key`. Default: true when an endpoint is given. */
    forcePathStyle: Type.Optional(Type.Boolean()),
    serverSideEncryption: Type.Optional(Type.Union([Type.Literal('AES256'), Type.Literal('aws:kms')])),
    /** Only with aws:kms. */
    kmsKeyID: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  },
  { additionalProperties: false },
)
export type S3Location = Static<typeof S3Location>

export const Destination = Type.Object({ s3: S3Location }, { additionalProperties: false })
export type Destination = Static<typeof Destination>

/** `<path>/<name>.rdb` or `.aof.tar.gz`. */
export function objectKey(
  { path = '' }: Pick<S3Location, 'path'>,
  name: string,
  method: BackupMethod,
): string {
  const prefix = path.replace(/^\/+|\/+$/g, '')
  return `${prefix === '' ? '' : `${prefix}/`}${name}${artifacts[method].suffix}`
}

export const objectUri = ({ bucket }: Pick<S3Location, 'bucket'>, key: string): string =>
  `s3://${bucket}/${key}`

/** Body of POST /v1/backup. `backupUID` tells the RedisBackup from an earlier one of the same name; by hand it is absent. */
export const BackupRequest = Type.Object(
  {
    backupName: Type.String({ minLength: 1, maxLength: 253, pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' }),
    backupUID: Type.Optional(Uid),
    method: Method,
    destination: Destination,
    /** Download it again, load it into a throw-away Redis, count its keys. */
    verify: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
export type BackupRequest = Static<typeof BackupRequest>

/** Query of POST /v1/backup, GET and DELETE /v1/backups/{name}: who is meant; required inside a cluster for POST. */
export const BackupQuery = Type.Object(
  { cluster: Type.Optional(Uid), pod: Type.Optional(Uid), backup: Type.Optional(Uid) },
  { additionalProperties: false },
)
export type BackupQuery = Static<typeof BackupQuery>

/** Why a backup failed. Only where `retriable` may the same succeed later without anybody's help. */
export const BackupError = Type.Object({
  reason: Type.String({ maxLength: 64, pattern: '^[A-Z][A-Za-z0-9]*$' }),
  detail: Type.String({ maxLength: 1024 }),
  retriable: Type.Boolean(),
})
export type BackupError = Static<typeof BackupError>

export const Verification = Type.Union([
  Type.Object({
    kind: Type.Literal('Verified'),
    /** Keys that the artifact was loaded with. */
    keys: Count,
    /** DEBUG DIGEST of what was loaded. */
    digest: Type.Optional(Type.String({ pattern: '^[0-9a-f]{40}$' })),
    at: Type.String({ maxLength: 32 }),
  }),
  /** It could not be tried (Refused: no room for a second Redis), or does not restore (Failed). */
  Type.Object({
    kind: Type.Union([Type.Literal('Refused'), Type.Literal('Failed')]),
    reason: Type.String({ maxLength: 1024 }),
    at: Type.String({ maxLength: 32 }),
  }),
])
export type Verification = Static<typeof Verification>

/** Where a job is. Snapshot: Redis writes it; Upload: it is streamed to the store; Verify: it is read back and loaded. */
export const BackupStep = Type.Union([
  Type.Literal('Snapshot'),
  Type.Literal('Upload'),
  Type.Literal('Verify'),
])

/** Answer of GET /v1/backups/{name}, and of POST with `Prefer: respond-async`. A finished job is remembered for a while. */
export const BackupReport = Type.Object({
  backupName: Type.String({ maxLength: 253 }),
  backupUID: Type.Optional(Uid),
  phase: Type.Union([Type.Literal('Running'), Type.Literal('Completed'), Type.Literal('Failed')]),
  step: BackupStep,
  artifactType: Artifact,
  /** s3://bucket/key */
  backupPath: Type.String({ maxLength: 2048 }),
  objectKey: Type.String({ maxLength: 1024 }),
  startedAt: Type.String({ maxLength: 32 }),
  completedAt: Type.Optional(Type.String({ maxLength: 32 })),
  /** Bytes of this step so far, of how many when that is known, and how fast. */
  bytes: Count,
  totalBytes: Type.Optional(Count),
  bytesPerSecond: Count,
  /** Of the artifact; with Completed. */
  backupSize: Type.Optional(Count),
  checksumSHA256: Type.Optional(Sha256),
  redisVersion: Type.Optional(Type.String({ maxLength: 64 })),
  /** Memory that the dataset took when it was backed up: what a restore needs at least. */
  datasetBytes: Type.Optional(Count),
  verification: Type.Optional(Verification),
  /** With Failed. */
  error: Type.Optional(BackupError),
})
export type BackupReport = Static<typeof BackupReport>

/** What POST /v1/backup answers when the backup is complete, as documented. */
export const BackupAnswer = Type.Object({
  artifactType: Artifact,
  backupPath: Type.String(),
  objectKey: Type.String(),
  backupSize: Count,
  checksumSHA256: Sha256,
})
export type BackupAnswer = Static<typeof BackupAnswer>

/** A job nobody has asked about for this long is dropped: who wanted it is gone. */
export const abandonedSeconds = 60

/** What a new cluster is born from: `status.bootstrap` of a RedisCluster, written by the hook, read by the instance. */
export const Bootstrap = Type.Object({
  /** Changes with the source: an instance that restored it says so by this id. */
  id: Type.String({ minLength: 1, maxLength: 64 }),
  /** The Pod that restores; the others replicate from it. */
  pod: Type.String({ minLength: 1, maxLength: 63 }),
  s3: S3Location,
  objectKey: Type.String({ minLength: 1, maxLength: 1024 }),
  artifactType: Artifact,
  checksumSHA256: Sha256,
  /** As far as the backup told. */
  backupSize: Type.Optional(Count),
  redisVersion: Type.Optional(Type.String({ maxLength: 64 })),
  datasetBytes: Type.Optional(Count),
  keys: Type.Optional(Count),
})
export type Bootstrap = Static<typeof Bootstrap>

/** How a restore goes, in GET /v1/status. Done is on disk: the volume holds the restored dataset, whole. */
export const RestoreReport = Type.Object({
  id: Type.String({ maxLength: 64 }),
  state: Type.Union([
    Type.Literal('Waiting'), // for the API, or for the hook to say what to restore
    Type.Literal('Checking'), // space, memory, version
    Type.Literal('Downloading'), // and summing up the checksum
    Type.Literal('Loading'), // into a redis-server that nobody reaches
    Type.Literal('Rewriting'), // its append-only file
    Type.Literal('Done'),
    Type.Literal('Failed'), // tried again; at once only when it may help
  ]),
  bytes: Count,
  totalBytes: Type.Optional(Count),
  keys: Type.Optional(Count),
  /** Why it waits or failed, as a sentence. */
  reason: Type.Optional(Type.String({ maxLength: 1024 })),
})
export type RestoreReport = Static<typeof RestoreReport>

/** The job that runs now, in GET /v1/status. */
export const RunningBackup = Type.Object({
  backupName: Type.String({ maxLength: 253 }),
  backupUID: Type.Optional(Uid),
  step: BackupStep,
})
export type RunningBackup = Static<typeof RunningBackup>

/** Keys of the credentials Secret, each under every spelling that is accepted; the first that has a value counts. */
export const credentialKeys = {
  accessKeyId: ['AWS_ACCESS_KEY_ID', 'aws_access_key_id', 'accessKeyId', 'access_key_id'],
  secretAccessKey: ['AWS_SECRET_ACCESS_KEY', 'aws_secret_access_key', 'secretAccessKey', 'secret_access_key'],
  sessionToken: ['AWS_SESSION_TOKEN', 'aws_session_token', 'sessionToken', 'session_token'],
  /** PEM: trusted beside the system's. */
  authority: ['ca.crt', 'AWS_CA_BUNDLE'],
} as const
export type CredentialKey = keyof typeof credentialKeys
