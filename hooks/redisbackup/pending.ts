// A RedisBackup that waits: for its cluster, for a fit target, or for the pause after a failed attempt to be over.
import { completedClaim, withTimes } from './conditions.ts'
import { clusterOf, type Request } from './observed.ts'
import type { BackupReports, Decided } from './plan.ts'
import type { RedisBackupStatus } from './recorded.ts'
import { chooseTarget } from './target.ts'
import { mostAttempts, resync } from './timings.ts'

export function pending(request: Request, reports: BackupReports, now: Date): Decided {
  const { spec, metadata, status = {} } = request.parent
  const leftMs = pauseLeftMs(status.retryAt, now)
  if (leftMs > 0)
    return {
      status,
      resyncAfterSeconds: Math.min(resync.pending, Math.max(leftMs / 1000, 0.1)),
      commands: [],
      decision: `Pending: the next attempt starts at ${status.retryAt ?? ''}`,
    }
  const cluster = clusterOf(request)
  if (cluster === undefined) {
    const message = `RedisCluster ${spec.clusterName} does not exist in namespace ${metadata.namespace ?? ''}: the backup starts when it does`
    return waiting(request, 'ClusterMissing', message, now)
  }
  const choice = chooseTarget(cluster, spec.target, reports.instances, status.lastFailure?.targetPodUID)
  if (choice.kind === 'Waiting') return waiting(request, choice.reason, choice.message, now)
  const { name, uid } = choice.target
  return started(request, { targetPod: name, targetPodUID: uid }, now)
}

export const isPaused = (retryAt: string | undefined, now: Date): boolean => pauseLeftMs(retryAt, now) > 0

/** Nothing of an attempt, but for how many there were and how the last one ended. */
export function waiting(request: Request, reason: string, message: string, now: Date): Decided {
  return {
    status: {
      ...history(request.parent.status),
      phase: 'Pending',
      conditions: withTimes([completedClaim('False', reason, message)], request.parent, now),
    },
    resyncAfterSeconds: resync.pending,
    commands: [],
    decision: `Pending: ${message}`,
  }
}

/** The command waits until this was read back: until then nobody else would know where the job runs. */
function started(
  request: Request,
  target: Pick<RedisBackupStatus, 'targetPod' | 'targetPodUID'>,
  now: Date,
): Decided {
  const before = history(request.parent.status)
  const attempts = (before.attempts ?? 0) + 1
  const message = attemptMessage(attempts, target.targetPod)
  return {
    status: {
      ...before,
      phase: 'Running',
      ...target,
      attempts,
      startedAt: now.toISOString(),
      conditions: withTimes([completedClaim('False', 'Running', message)], request.parent, now),
    },
    resyncAfterSeconds: resync.starting,
    commands: [],
    decision: `Pending → Running: ${message}`,
  }
}

export const attemptMessage = (attempts: number, targetPod = ''): string =>
  `attempt ${attempts} of ${mostAttempts} runs on ${targetPod}`

/** What is kept from one attempt to the next. */
export function history(status: RedisBackupStatus = {}): RedisBackupStatus {
  const { attempts, lastFailure } = status
  return {
    ...(attempts === undefined ? {} : { attempts }),
    ...(lastFailure === undefined ? {} : { lastFailure }),
  }
}

const pauseLeftMs = (retryAt: string | undefined, now: Date): number =>
  retryAt === undefined ? 0 : Date.parse(retryAt) - now.getTime()
