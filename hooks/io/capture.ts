// Writes syncs to files for replay, without secrets: what a decision was made of can be looked at later.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubernetesObject, SyncRequest } from '../../metacontroller/contract.ts'
import type { BackupReports } from '../redisbackup/plan.ts'
import type { Request as BackupSyncRequest } from '../redisbackup/observed.ts'
import type { Request } from '../rediscluster/observed.ts'
import type { InstanceReports } from '../rediscluster/plan.ts'

/** A sync as a file: all that the plan depends on. */
export interface Captured {
  readonly kind: string
  readonly request: SyncRequest
  readonly reports: object
  readonly now: string
  readonly entropy: string
}

export interface CapturedSync extends Captured {
  readonly kind: 'RedisCluster'
  readonly request: Request
  readonly reports: InstanceReports
}

export interface CapturedBackupSync extends Captured {
  readonly kind: 'RedisBackup'
  readonly request: BackupSyncRequest
  readonly reports: BackupReports
}

export async function capture(directory: string, sync: Captured): Promise<void> {
  const { namespace = '', name } = sync.request.parent.metadata
  const file = `${sync.now.replaceAll(':', '-')}-${sync.kind.toLowerCase()}-${namespace}-${name}.json`
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, file), `${JSON.stringify(redacted(sync), undefined, 2)}\n`, { mode: 0o600 })
}

/**
 * Secret values become the word "redacted", entropy becomes zeros, and the copies go that Metacontroller and kubectl keep
 * of what they applied. A decision needs none of them.
 */
export function redacted<C extends Captured>(sync: C): C {
  const { parent, children, related, finalizing } = sync.request
  const request = { parent, children, related, finalizing }
  const entropy = '0'.repeat(sync.entropy.length)
  const text = JSON.stringify({ ...sync, request, entropy }, (key, value: unknown) => {
    if (key === 'managedFields' || key.endsWith('/last-applied-configuration')) return undefined
    return isSecret(value) ? withoutValues(value) : value
  })
  return JSON.parse(text) as C
}

interface SecretLike extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>
}

function isSecret(value: unknown): value is SecretLike {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'Secret'
}

/** Whatever is neither identity nor a key goes: nobody knows what annotations other tools put on a Secret. */
function withoutValues({ apiVersion, kind, metadata, data }: SecretLike): SecretLike {
  const { annotations: _annotations, ...rest } = metadata
  const keys = Object.keys(data ?? {})
  return {
    apiVersion,
    kind,
    metadata: rest,
    ...(data === undefined ? {} : { data: Object.fromEntries(keys.map((key) => [key, btoa('redacted')])) }),
  }
}
