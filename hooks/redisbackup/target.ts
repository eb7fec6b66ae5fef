// Chooses the instance that runs a backup: a replica that is in sync and idle, or the primary.
import type { InstanceStatus } from '../../instance/api.ts'
import { redisPort } from '../../instance/api.ts'
import type { InstanceReports } from '../rediscluster/plan.ts'
import type { RedisCluster } from '../rediscluster/resource.ts'
import { instancesOf, type Candidate } from './observed.ts'
import type { RedisBackupSpec } from './spec.ts'

export type Choice =
  | { readonly kind: 'Chosen'; readonly target: Candidate }
  | { readonly kind: 'Waiting'; readonly reason: WaitReason; readonly message: string }

export type WaitReason = 'ClusterNotReady' | 'NoPrimary' | 'NoFitTarget' | 'TargetBusy'

interface Heard {
  readonly candidate: Candidate
  readonly status: InstanceStatus
}

/** `avoided` is the Pod of the last attempt: another one is taken when there is one. */
export function chooseTarget(
  cluster: RedisCluster,
  target: RedisBackupSpec['target'],
  reports: InstanceReports,
  avoided: string | undefined,
): Choice {
  const { currentPrimaryUID } = cluster.status ?? {}
  const name = `RedisCluster ${cluster.metadata.name}`
  if (currentPrimaryUID === undefined)
    return { kind: 'Waiting', reason: 'ClusterNotReady', message: `${name} has not served yet` }
  const heard = heardOf(cluster, reports)
  const primary = heard.find(({ candidate }) => candidate.uid === currentPrimaryUID)
  const replicas = target === 'primary' ? [] : heard.filter((each) => isFitReplica(each, primary))
  if (replicas.length > 0) return idlest(replicas, avoided)
  const unfit = whyUnfitPrimary(primary)
  if (primary !== undefined && unfit === undefined) return idlest([primary], avoided)
  const message = `${name} has no primary that could be backed up: ${unfit ?? ''}`
  return { kind: 'Waiting', reason: primary === undefined ? 'NoPrimary' : 'NoFitTarget', message }
}

function heardOf(cluster: RedisCluster, reports: InstanceReports): readonly Heard[] {
  return instancesOf(cluster).flatMap((candidate) => {
    const report = reports[candidate.uid]
    return report?.kind === 'Answered' ? [{ candidate, status: report.status }] : []
  })
}

/** Holds what the primary holds, but for its lag, and goes on getting it. */
function isFitReplica({ candidate, status }: Heard, primary: Heard | undefined): boolean {
  const { follows, masterLinkStatus, syncInProgress, restarted, foreign } = status
  const attached = follows?.port === redisPort && follows.host === primary?.candidate.ip
  const inSync = attached && masterLinkStatus === 'up' && !syncInProgress && !restarted && !foreign
  return inSync && candidate.uid !== primary.candidate.uid && whyUnfit(status) === undefined
}

function whyUnfitPrimary(primary: Heard | undefined): string | undefined {
  if (primary === undefined) return 'it does not answer'
  const unfit = whyUnfit(primary.status)
  const accepts = primary.status.writable ? undefined : 'it does not accept writes'
  const why = unfit ?? accepts
  return why === undefined ? undefined : `${primary.candidate.name}: ${why}`
}

function whyUnfit({ redis, fencedByUser, terminating, restore }: InstanceStatus): string | undefined {
  if (terminating) return 'it is leaving'
  if (fencedByUser) return 'it is fenced by annotation'
  if (redis.state !== 'running') return `its redis-server is ${redis.state}`
  if (redis.loading) return 'it is loading its data'
  return restore !== undefined && restore.state !== 'Done' ? 'it is being restored' : undefined
}

/** Whoever is at the head of the stream; of equals the lowest ordinal. One backup at a time on an instance. */
function idlest(fit: readonly Heard[], avoided: string | undefined): Choice {
  const idle = fit.filter(({ status }) => status.backup === undefined)
  const isAvoided = ({ candidate }: Heard): number => (candidate.uid === avoided ? 1 : 0)
  const [best] = [...idle].sort(
    (a, b) =>
      isAvoided(a) - isAvoided(b) ||
      b.status.replicationOffset - a.status.replicationOffset ||
      a.candidate.ordinal - b.candidate.ordinal,
  )
  if (best !== undefined) return { kind: 'Chosen', target: best.candidate }
  const busy = fit.map(({ candidate, status }) => `${candidate.name} runs ${status.backup?.backupName ?? ''}`)
  const message = `waiting for another backup to end: ${busy.join(', ')}`
  return { kind: 'Waiting', reason: 'TargetBusy', message }
}
