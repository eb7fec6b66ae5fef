// What a RedisScheduledBackup and its backups are called, and its conditions. A backup's name tells its schedule time.
export const kind = 'RedisScheduledBackup'
export const plural = 'redisscheduledbackups'

/** On a backup: the name of the schedule that made it. */
export const scheduleLabel = 'redis.io/scheduled-backup'

export const conditionTypes = {
  /** The schedule and its time zone are understood, and it has a next time. */
  valid: 'ScheduleValid',
  /** How the newest backup that has ended did end. */
  lastSucceeded: 'LastBackupSucceeded',
} as const

/** With a dash and the time, names of backups are label values: at most 63 characters. */
export const longestScheduleName = 50

/**
 * `<schedule>-<YYYYMMDDHHMM>` in UTC: one name for each time, though a wall clock shows some times twice. Every schedule
 * time is a whole minute, so that the name tells it: a status that was lost is found again in the names.
 */
export const backupName = (schedule: string, timeMs: number): string =>
  `${schedule}-${new Date(timeMs)
    .toISOString()
    .replace(/[^0-9]/g, '')
    .slice(0, 12)}`

/** The schedule time of a backup, or undefined for a name that this schedule does not give. */
export function scheduleTimeOf(schedule: string, name: string): number | undefined {
  const digits = name.slice(-12)
  const [, ...parts] = /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})$/.exec(digits) ?? []
  const [year = '', month = '', day = '', hour = '', minute = ''] = parts
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00.000Z`)
  return !Number.isNaN(timeMs) && backupName(schedule, timeMs) === name ? timeMs : undefined
}
