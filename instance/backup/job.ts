// The life of one backup: it runs for as long as somebody wants it, by waiting for it or by asking about it.
import { artifacts, objectUri, type BackupReport, type BackupRequest } from '../artifact.ts'
import type { Clock, Log } from '../parts.ts'
import { BackupFailure, backupErrorOf } from './failure.ts'
import { keyOf, type Progress, type RunBackup } from './run.ts'

export interface BackupJob {
  /** As it is now. */
  report(): BackupReport
  /** Resolves when it is finished. Somebody who waits wants the job; when nobody does any more, it is aborted. */
  wait(gone: AbortSignal): Promise<BackupReport>
  /** From now on the job lives by being asked about. */
  detach(): void
}

const lookEveryMs = 1000

export class Job implements BackupJob {
  readonly request: BackupRequest
  private readonly clock: Clock
  private readonly controller = new AbortController()
  private state: BackupReport
  private stepSinceMs: number
  private waiting = 0
  /** Undefined as long as it lives with the connections of those who wait. */
  private askedAtMs: number | undefined
  private done: Promise<void> = Promise.resolve()

  constructor(request: BackupRequest, clock: Clock) {
    this.request = request
    this.clock = clock
    this.stepSinceMs = clock.nowMs()
    this.state = firstReport(request)
  }

  get isRunning(): boolean {
    return this.state.phase === 'Running'
  }

  report(): BackupReport {
    const seconds = (this.clock.nowMs() - this.stepSinceMs) / 1000
    const bytesPerSecond =
      this.isRunning && seconds > 0 ? Math.round(this.state.bytes / seconds) : this.state.bytesPerSecond
    return { ...this.state, bytesPerSecond }
  }

  async live(run: RunBackup, abandonedMs: number, log: Log): Promise<void> {
    this.done = this.carryOut(run, log)
    const over = new AbortController()
    void this.done.then(() => over.abort('done'))
    while (this.isRunning) {
      await this.clock.pause(lookEveryMs, over.signal)
      const isForgotten = this.askedAtMs !== undefined && this.clock.nowMs() - this.askedAtMs > abandonedMs
      if (isForgotten && this.waiting === 0) void this.abort('nobody has asked about it for too long')
    }
  }

  detach(): void {
    this.askedAtMs = this.clock.nowMs()
  }

  askedAbout(): void {
    if (this.askedAtMs !== undefined) this.detach()
  }

  async wait(gone: AbortSignal): Promise<BackupReport> {
    this.waiting += 1
    const leave = (): void => {
      this.waiting -= 1
      if (this.waiting === 0 && this.askedAtMs === undefined) void this.abort('whoever asked for it is gone')
    }
    gone.addEventListener('abort', leave, { once: true })
    await this.done
    gone.removeEventListener('abort', leave)
    return this.report()
  }

  async abort(why: string): Promise<BackupReport> {
    if (this.isRunning) this.controller.abort(new BackupFailure('Aborted', `the backup was aborted: ${why}`))
    await this.done
    return this.report()
  }

  private async carryOut(run: RunBackup, log: Log): Promise<void> {
    const { signal } = this.controller
    const { backupName, startedAt } = this.state
    log.info({ backup: backupName, objectKey: this.state.objectKey }, 'a backup begins')
    try {
      await run(this.request, startedAt, (progress) => this.tell(progress), signal)
      this.finish({ phase: 'Completed' })
    } catch (error) {
      const reason: unknown = signal.aborted ? signal.reason : error
      log.warn({ backup: backupName, err: reason }, 'a backup failed')
      this.finish({ phase: 'Failed', error: backupErrorOf(reason) })
    }
  }

  private finish(outcome: Progress): void {
    this.state = { ...this.report(), ...outcome, completedAt: new Date().toISOString() }
  }

  private tell(progress: Progress): void {
    if (progress.step !== undefined && progress.step !== this.state.step)
      this.stepSinceMs = this.clock.nowMs()
    this.state = { ...this.state, ...progress }
  }
}

function firstReport(request: BackupRequest): BackupReport {
  const { backupName, backupUID, method, destination } = request
  const key = keyOf(request)
  return {
    backupName,
    ...(backupUID === undefined ? {} : { backupUID }),
    phase: 'Running',
    step: 'Snapshot',
    artifactType: artifacts[method].artifactType,
    backupPath: objectUri(destination.s3, key),
    objectKey: key,
    startedAt: new Date().toISOString(),
    bytes: 0,
    bytesPerSecond: 0,
  }
}
