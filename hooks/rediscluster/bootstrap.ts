// What a new cluster is born from: the backup that its spec names, as far as it can be had, and how the restore goes.
import { artifacts, objectUri, type Bootstrap, type RestoreReport } from '../../instance/artifact.ts'
import type { KubernetesObject } from '../kubernetes.ts'
import type { Claim } from './conditions.ts'
import { statusOf, type Facts } from './facts.ts'
import { podName } from './names.ts'
import { find, kinds, type Request } from './observed.ts'
import type { RedisClusterSpec } from './spec.ts'
import { canonicalJson, textHash } from './text-hash.ts'

export type Birth =
  /** No backup is asked for: it is born empty. */
  | { readonly kind: 'Empty' }
  /** The backup cannot be had yet: no Pod is made. */
  | { readonly kind: 'Waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'Restoring'; readonly bootstrap: Bootstrap }

/** What a RedisBackup tells of itself, as far as a restore needs it. */
interface Backup extends KubernetesObject {
  readonly spec?: { readonly destination?: { readonly s3?: Bootstrap['s3'] } }
  readonly status?: { readonly phase?: string; readonly error?: string } & Partial<Source>
}

type Source = Omit<Bootstrap, 'id' | 'pod'>

/** Once it is in the status it stays: the RedisBackup may go, and nobody restores something else half-way. */
export function birthOf({ parent, related }: Request): Birth {
  const { bootstrap } = parent.spec
  if (bootstrap === undefined) return { kind: 'Empty' }
  if (parent.status?.bootstrap) return { kind: 'Restoring', bootstrap: parent.status.bootstrap }
  const pod = podName(parent.metadata.name, 0)
  if (bootstrap.source !== undefined) return restoring(pod, fromLocation(bootstrap.source))
  const name = bootstrap.backupName ?? ''
  const backup = find(related, kinds.backup, name) as Backup | undefined
  return fromBackup(pod, name, backup)
}

/** Whether a copy may be the first primary: of a cluster born from a backup, only one that holds it. */
export function mayBeFirst(restore: RestoreReport | undefined, { birth, reign }: Facts): boolean {
  if (birth.kind === 'Empty' || reign.currentEpoch !== undefined) return true
  return birth.kind === 'Restoring' && restore?.state === 'Done' && restore.id === birth.bootstrap.id
}

/** One that restores must be asked for no promise: a volume that knows a reign is never restored to. */
export const isRestoring = (restore: RestoreReport | undefined, facts: Facts): boolean =>
  restore !== undefined && restore.state !== 'Done' && !mayBeFirst(restore, facts)

/** The condition of a cluster that is, or was, to be born from a backup. */
export function bootstrapConditions(facts: Facts): readonly Claim[] {
  const { birth, reign } = facts
  const type = 'BootstrapRestored'
  if (birth.kind === 'Empty') return []
  if (birth.kind === 'Waiting' && reign.currentEpoch === undefined)
    return [{ type, status: 'False', reason: birth.reason, message: birth.message }]
  if (reign.currentEpoch !== undefined)
    return [{ type, status: 'True', reason: 'Restored', message: 'the cluster was born from its backup' }]
  return birth.kind === 'Restoring' ? [progress(facts, birth.bootstrap)] : []
}

function progress(facts: Facts, { pod, s3, objectKey }: Bootstrap): Claim {
  const type = 'BootstrapRestored'
  const restore = statusOf(facts.instances.find(({ name }) => name === pod))?.restore
  const from = objectUri(s3, objectKey)
  if (restore === undefined)
    return { type, status: 'False', reason: 'Restoring', message: `waiting for ${pod} to restore ${from}` }
  const { state, reason } = restore
  const steps = [`${pod}: ${state}`, ...percent(restore), from, ...(reason === undefined ? [] : [reason])]
  const failed = state === 'Failed' ? 'RestoreFailed' : 'Restoring'
  return { type, status: 'False', reason: failed, message: steps.join('; ') }
}

/** In steps of ten: each other value would be a write of the status. */
function percent({ bytes, totalBytes = 0 }: RestoreReport): readonly string[] {
  return totalBytes > 0 && bytes > 0 ? [`${Math.min(10, Math.floor((10 * bytes) / totalBytes))}0 %`] : []
}

function fromLocation({
  s3,
  key,
  method,
  checksumSHA256,
}: NonNullable<NonNullable<RedisClusterSpec['bootstrap']>['source']>): Source {
  return { s3, objectKey: key, artifactType: artifacts[method].artifactType, checksumSHA256 }
}

function fromBackup(pod: string, name: string, backup: Backup | undefined): Birth {
  if (backup === undefined) {
    const message = `RedisBackup ${name} (spec.bootstrap) does not exist in this namespace: create it, or name the artifact itself with spec.bootstrap.source in a new RedisCluster`
    return { kind: 'Waiting', reason: 'BackupMissing', message }
  }
  const { phase = 'Pending', error } = backup.status ?? {}
  if (phase === 'Failed') {
    const message = `RedisBackup ${name} (spec.bootstrap) has failed (${error ?? 'no reason is given'}): create the RedisCluster from another one`
    return { kind: 'Waiting', reason: 'BackupFailed', message }
  }
  const source = phase === 'Completed' ? sourceOf(backup) : undefined
  if (source !== undefined) return restoring(pod, source)
  const message = `RedisBackup ${name} (spec.bootstrap) is ${phase}: waiting until it is Completed`
  return { kind: 'Waiting', reason: 'BackupNotCompleted', message }
}

function sourceOf({ spec, status = {} }: Backup): Source | undefined {
  const s3 = spec?.destination?.s3
  const { objectKey, artifactType, checksumSHA256, backupSize, redisVersion, datasetBytes, keys } = status
  if (!s3 || !objectKey || !artifactType || !checksumSHA256) return undefined
  return {
    s3,
    objectKey,
    artifactType,
    checksumSHA256,
    ...(backupSize === undefined ? {} : { backupSize }),
    ...(redisVersion === undefined ? {} : { redisVersion }),
    ...(datasetBytes === undefined ? {} : { datasetBytes }),
    ...(keys === undefined ? {} : { keys }),
  }
}

const restoring = (pod: string, source: Source): Birth => ({
  kind: 'Restoring',
  bootstrap: { id: textHash(canonicalJson(source)), pod, ...source },
})
