// The backups of one instance: one at a time, each for as long as somebody wants it, and the last ones remembered.
import {
  abandonedSeconds as usualAbandonedSeconds,
  type BackupReport,
  type BackupRequest,
  type RunningBackup,
} from '../artifact.ts'
import { within } from '../clock.ts'
import type { Clock, Log } from '../parts.ts'
import { Job, type BackupJob } from './job.ts'
import type { RunBackup } from './run.ts'

/** Busy: with another backup. */
export type Asked =
  { readonly kind: 'Job'; readonly job: BackupJob } | { readonly kind: 'Busy'; readonly report: BackupReport }

const rememberedJobs = 16
/** A save of Redis cannot be ended, and must not hold up the end of this process. */
const endDeadlineMs = 5000

export class Backups {
  private readonly run: RunBackup
  private readonly clock: Clock
  private readonly log: Log
  private readonly abandonedMs: number
  /** The newest last; only that one may run. */
  private jobs: readonly Job[] = []

  constructor(run: RunBackup, clock: Clock, log: Log, abandonedSeconds = usualAbandonedSeconds) {
    this.run = run
    this.clock = clock
    this.log = log
    this.abandonedMs = abandonedSeconds * 1000
  }

  /**
   * The same request is the same job, also when it is completed. One that has failed begins anew: whoever asks again has seen
   * that it failed, by GET, and wants another attempt.
   */
  ask(request: BackupRequest): Asked {
    const last = this.jobs.at(-1)
    const same = this.jobs.findLast((job) => isSame(job.request, request))
    if (same !== undefined && same.report().phase !== 'Failed') return { kind: 'Job', job: same }
    if (last?.isRunning === true) return { kind: 'Busy', report: last.report() }
    const job = new Job(request, this.clock)
    this.jobs = [...this.jobs.filter((other) => other !== same), job].slice(-rememberedJobs)
    void job.live(this.run, this.abandonedMs, this.log)
    return { kind: 'Job', job }
  }

  /** The newest of this name, and of this UID if one is given. To ask about a job keeps it alive. */
  find(name: string, uid?: string): BackupJob | undefined {
    const found = this.found(name, uid)
    found?.askedAbout()
    return found
  }

  /** Resolves with what came of it, when nothing is left behind; undefined when there is no such job. */
  async abort(name: string, uid?: string): Promise<BackupReport | undefined> {
    return await this.found(name, uid)?.abort('it was deleted')
  }

  running(): RunningBackup | undefined {
    const report = this.jobs.at(-1)?.report()
    if (report?.phase !== 'Running') return undefined
    const { backupName, backupUID, step } = report
    return { backupName, step, ...(backupUID === undefined ? {} : { backupUID }) }
  }

  /** Resolves when nothing runs any more, or soon. */
  async end(): Promise<void> {
    await within(
      this.clock,
      endDeadlineMs,
      async () => await this.jobs.at(-1)?.abort('this instance is terminating'),
    )
  }

  private found(name: string, uid: string | undefined): Job | undefined {
    return this.jobs.findLast(
      ({ request }) => request.backupName === name && (uid === undefined || request.backupUID === uid),
    )
  }
}

/** With a UID, its RedisBackup is known; without one, what is asked for is all there is to compare. */
function isSame(a: BackupRequest, b: BackupRequest): boolean {
  const whole = ({ backupName, backupUID, method, destination, verify = false }: BackupRequest): string =>
    JSON.stringify([backupName, backupUID, method, verify, Object.entries(destination.s3).sort()])
  return whole(a) === whole(b)
}
