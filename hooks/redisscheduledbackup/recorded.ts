// The status of a RedisScheduledBackup: what the operator recorded, as schema and type.
import { Type, type Static } from '@sinclair/typebox'
import { RedisBackupStatus } from '../redisbackup/recorded.ts'
import { oneOf, text } from '../rediscluster/schema.ts'

const time = (description: string): ReturnType<typeof Type.String> =>
  Type.String({ format: 'date-time', description })

/** More are never under way. */
export const mostActive = 10

const InForce = Type.Object(
  { schedule: text(256), timeZone: text(64), since: time('Nothing before is due.') },
  { description: 'The schedule that is followed.' },
)
export type InForce = Static<typeof InForce>

export const RedisScheduledBackupStatus = Type.Object({
  observedGeneration: Type.Optional(Type.Integer({ format: 'int64' })),
  phase: Type.Optional(oneOf(['Active', 'Suspended'])),
  phaseReason: Type.Optional(text(1024, 'What comes next, or why nothing does, in one sentence.')),
  inForce: Type.Optional(InForce),
  lastScheduleTime: Type.Optional(time('The newest time for which a backup was made.')),
  nextScheduleTime: Type.Optional(time('When the next backup is due.')),
  lastBackupName: Type.Optional(text(63, 'The RedisBackup of lastScheduleTime.')),
  lastFinishedBackup: Type.Optional(text(63, 'The newest RedisBackup that has ended, well or not.')),
  lastSuccessfulBackup: Type.Optional(text(63, 'The newest RedisBackup that is Completed.')),
  lastSuccessfulTime: Type.Optional(time('When that one was complete.')),
  backupsSinceVerification: Type.Optional(
    Type.Integer({ minimum: 0, description: 'How many were made after the last one that is verified.' }),
  ),
  active: Type.Optional(
    Type.Array(text(63), { maxItems: mostActive, description: 'RedisBackups that have not ended.' }),
  ),
  conditions: RedisBackupStatus.properties.conditions,
})
export type RedisScheduledBackupStatus = Static<typeof RedisScheduledBackupStatus>
