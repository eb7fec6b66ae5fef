// What a RedisBackup is called, and the conditions it has.
export const kind = 'RedisBackup'
export const plural = 'redisbackups'

export const conditionTypes = {
  /** The artifact is in the store, whole. */
  completed: 'Completed',
  /** The artifact was read back and loaded into a Redis. */
  verified: 'RestoreVerified',
} as const
