// The status of a RedisBackup: what the operator recorded, as schema and type.
import { Type, type Static } from '@sinclair/typebox'
import { artifacts } from '../../instance/artifact.ts'
import { Condition, oneOf, text } from '../rediscluster/schema.ts'

const int64 = (description: string, minimum = 0): ReturnType<typeof Type.Integer> =>
  Type.Integer({ format: 'int64', minimum, description })
const time = (description: string): ReturnType<typeof Type.String> =>
  Type.String({ format: 'date-time', description })

const FailedAttempt = Type.Object(
  {
    targetPod: text(63),
    targetPodUID: text(64),
    reason: text(64),
    message: text(1024),
    jobStartedAt: Type.Optional(
      text(32, "By the instance's clock: a job that failed is not mistaken for the next."),
    ),
  },
  { description: 'Why the last attempt came to nothing.' },
)
export type FailedAttempt = Static<typeof FailedAttempt>

const Verification = Type.Object(
  {
    kind: oneOf(['Verified', 'Refused', 'Failed'], {
      description: 'Refused: it could not be tried. Failed: the artifact does not restore.',
    }),
    keys: Type.Optional(int64('Keys that were loaded.')),
    digest: Type.Optional(text(40, 'DEBUG DIGEST of what was loaded.')),
    reason: Type.Optional(text(1024)),
    at: text(32),
  },
  { description: 'What came of reading the artifact back and loading it.' },
)

const { rdb, aof } = artifacts

export const RedisBackupStatus = Type.Object({
  observedGeneration: Type.Optional(Type.Integer({ format: 'int64' })),
  phase: Type.Optional(
    oneOf(['Pending', 'Running', 'Completed', 'Failed'], {
      description: 'Completed and Failed are final: a RedisBackup is done once.',
    }),
  ),
  targetPod: Type.Optional(text(63, 'The Pod that runs the backup, or ran it.')),
  targetPodUID: Type.Optional(text(64)),
  attempts: Type.Optional(Type.Integer({ minimum: 0, description: 'Attempts so far, this one included.' })),
  startedAt: Type.Optional(time('When the last attempt started.')),
  completedAt: Type.Optional(time('When it ended, well or not.')),
  progress: Type.Optional(text(64, 'The step that the instance is at, and how much of it is done.')),
  backupSize: Type.Optional(int64('Of the artifact, in bytes.')),
  backupPath: Type.Optional(text(2048, 'URI of the artifact.')),
  objectKey: Type.Optional(text(1024, 'Key of the artifact in its bucket.')),
  artifactType: Type.Optional(oneOf([rdb.artifactType, aof.artifactType])),
  checksumSHA256: Type.Optional(text(64, 'Of the artifact, in hex: a restore compares it.')),
  redisVersion: Type.Optional(text(64, 'Of the Redis that wrote it.')),
  datasetBytes: Type.Optional(int64('Memory that the dataset took: what a restore needs at least.')),
  keys: Type.Optional(int64('Keys in it, where they were counted.')),
  verification: Type.Optional(Verification),
  error: Type.Optional(text(2048, 'Why it failed, and what to do.')),
  silentSince: Type.Optional(time('Since when the target does not answer.')),
  retryAt: Type.Optional(time('When the next attempt may start.')),
  lastFailure: Type.Optional(FailedAttempt),
  conditions: Type.Optional(
    Type.Array(Condition, {
      maxItems: 8,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    }),
  ),
})
export type RedisBackupStatus = Static<typeof RedisBackupStatus>
