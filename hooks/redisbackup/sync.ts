// The sync of a RedisBackup: Pending, Running, then Completed or Failed for ever.
import type { CustomizeRequest, CustomizeResponse } from '../../metacontroller/contract.ts'
import { apiVersion, controlSecretName, plural as clusters } from '../rediscluster/names.ts'
import { isTerminating } from '../rediscluster/observed.ts'
import { eventsOf } from './events.ts'
import { clusterOf, instancesOf, targetOf, type Request } from './observed.ts'
import { isPaused, pending } from './pending.ts'
import type { BackupPlan, BackupReports, Decided, Questions } from './plan.ts'
import type { RedisBackup } from './resource.ts'
import { running } from './running.ts'
import { resync } from './timings.ts'

/**
 * If the world looked like this, what should be recorded, and what be sent? Pure, and safe against a status that is one
 * answer old: a job is started only by the target that was read back, is known by the UID of the RedisBackup, and what
 * became of it is what the instance tells, however often it is asked.
 */
export function sync(request: Request, reports: BackupReports, now: Date): BackupPlan {
  const plan = decide(request, reports, now)
  return { ...plan, events: eventsOf(request.parent.status, plan.status) }
}

function decide(request: Request, reports: BackupReports, now: Date): Decided {
  const { status, metadata } = request.parent
  if (status?.phase === 'Completed' || status?.phase === 'Failed') {
    const decision = `${status.phase}: nothing is left to do`
    return { status, resyncAfterSeconds: resync.ended, commands: [], decision }
  }
  if (isTerminating(request.parent)) return leftAlone(request)
  const inPhase = status?.phase === 'Running' ? running : pending
  const plan = inPhase(request, reports, now)
  return { ...plan, status: { ...plan.status, observedGeneration: metadata.generation ?? 1 } }
}

/** It is being deleted, and something else holds it up: nothing begins, and the instance drops what nobody asks about. */
function leftAlone({ parent }: Request): Decided {
  const { status = { phase: 'Pending' } } = parent
  return { status, resyncAfterSeconds: resync.ended, commands: [], decision: 'it is being deleted' }
}

/** Nobody is asked while a pause lasts, and for a backup that has ended or is being deleted. */
export function questionsOf(request: Request, now: Date): Questions {
  const { phase = 'Pending', retryAt, progress } = request.parent.status ?? {}
  if (isTerminating(request.parent)) return { statusOf: [] }
  const cluster = clusterOf(request)
  if (cluster !== undefined && phase === 'Pending')
    return { statusOf: isPaused(retryAt, now) ? [] : instancesOf(cluster) }
  const target = phase === 'Running' ? targetOf(request) : undefined
  if (target?.kind !== 'Known') return { statusOf: [] }
  // Until it is seen to run: something else may keep the instance busy.
  return { statusOf: progress === undefined ? [target.address] : [], jobAt: target.address }
}

/** By name only, and not the Pods, which change all the time: each event of a related object visits every RedisBackup. */
export function customize({ parent }: CustomizeRequest<RedisBackup>): CustomizeResponse {
  const { namespace = '' } = parent.metadata
  const { clusterName } = parent.spec
  return {
    relatedResources: [
      { apiVersion, resource: clusters, namespace, names: [clusterName] },
      { apiVersion: 'v1', resource: 'secrets', namespace, names: [controlSecretName(clusterName)] },
    ],
  }
}
