// The spec of a RedisScheduledBackup: when, of what a RedisBackup is made, and how many are kept.
import { Type, type Static } from '@sinclair/typebox'
import { backupFields } from '../redisbackup/spec.ts'
import { oneOf, rules } from '../rediscluster/schema.ts'

const limit = (description: string): ReturnType<typeof Type.Integer> =>
  Type.Integer({ minimum: 0, maximum: 500, default: 3, description })

const { clusterName, ...content } = backupFields

export const RedisScheduledBackupSpec = Type.Object(
  {
    schedule: Type.String({
      minLength: 1,
      maxLength: 256,
      description:
        'Five fields as in crontab: minute, hour, day of month, month, day of week; or @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, or @every with whole minutes, as @every 1h30m, counted from the creation. A time that the clocks skip is due when they go on, one that they show twice is due once; what is due in every hour is due in each that passes.',
      ...rules({
        rule: "self.matches('^(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|@every +[0-9a-z.]+|[^@ ][^ ]*( +[^ ]+){4})$')",
        message:
          'schedule has five fields, minute hour day-of-month month day-of-week, as "0 3 * * *" for every day at 03:00; or is @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, or @every with a duration, as @every 6h',
      }),
    }),
    timeZone: Type.String({
      minLength: 1,
      maxLength: 64,
      default: 'UTC',
      description: 'IANA name of the time zone in which the schedule is read, as Europe/Berlin.',
      ...rules({
        rule: "self.matches('^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$')",
        message: 'timeZone is the IANA name of a time zone, as Europe/Berlin or UTC',
      }),
    }),
    clusterName: {
      ...clusterName,
      ...rules({
        rule: 'self == oldSelf',
        message:
          'clusterName is immutable: the backups of one cluster would push out those of another; create another RedisScheduledBackup',
      }),
    },
    ...content,
    verifyEvery: Type.Integer({
      minimum: 0,
      maximum: 1000,
      default: 0,
      description:
        'Every so many backups one is verified, the first of them at once; 0: none, unless verify is set, which verifies each.',
    }),
    suspend: Type.Boolean({
      default: false,
      description:
        'Whether no backups are made for now. When it ends, only the newest time that was missed is caught up on.',
    }),
    successfulBackupsHistoryLimit: limit(
      'How many Completed RedisBackups are kept, the newest. Artifacts stay in the store.',
    ),
    failedBackupsHistoryLimit: limit('How many Failed RedisBackups are kept, the newest.'),
    concurrencyPolicy: oneOf(['Forbid', 'Allow'], {
      default: 'Forbid',
      description:
        'What becomes of a backup that is due while another of this schedule has not ended. Forbid: the newest that is due starts when none is left. Allow: it starts, unless ten are under way.',
    }),
    startingDeadlineSeconds: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 31_536_000,
        description:
          'How late a backup may start; a later one is skipped. Unset: after an outage, a suspension or a wait, the newest time that was missed is caught up on, however long ago it was.',
      }),
    ),
  },
  rules({
    rule: '!(self.verify && self.verifyEvery > 0)',
    message: 'verify verifies every backup already: leave out verify, or verifyEvery',
  }),
)
export type RedisScheduledBackupSpec = Static<typeof RedisScheduledBackupSpec>
