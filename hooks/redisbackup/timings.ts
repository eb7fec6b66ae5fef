// How often a backup is asked about, and how long things may take before an attempt is given up, in seconds.
import { abandonedSeconds } from '../../instance/artifact.ts'

/** Next sync. While it runs this is also what keeps the instance from dropping the job. */
export const resync = { pending: 5, starting: 1, running: 2, ended: 3600 } as const

/** For an instance that answers to know the job that it was told to start. */
export const startSeconds = 30
/** Longer than an instance goes on with a job that nobody asks about: when the next attempt starts, this one is over. */
export const silentSeconds = abandonedSeconds + 15
/** After the first attempt, and after the second; there is no fourth. */
export const pausesSeconds: readonly number[] = [10, 30]
export const mostAttempts = pausesSeconds.length + 1
