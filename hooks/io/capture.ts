// Writes syncs to files for replay, without secrets: what a decision was made of can be looked at later.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubernetesObject } from '../../metacontroller/contract.ts'
import type { Request } from '../rediscluster/observed.ts'
import type { InstanceReports } from '../rediscluster/plan.ts'

/** A sync as a file: all that the plan depends on. */
export interface CapturedSync {
  readonly kind: 'RedisCluster'
  readonly request: Request
  readonly reports: InstanceReports
  readonly now: string
  readonly entropy: string
}

export async function capture(directory: string, sync: CapturedSync): Promise<void> {
  const { namespace = '', name } = sync.request.parent.metadata
  const file = `${sync.now.replaceAll(':', '-')}-${namespace}-${name}.json`
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, file), `${JSON.stringify(redacted(sync), undefined, 2)}\n`, { mode: 0o600 })
}

const lastApplied = 'metacontroller.k8s.io/last-applied-configuration'

/** Secret values become the word "redacted", the copies in Metacontroller's annotation go, entropy becomes zeros. */
export function redacted(sync: CapturedSync): CapturedSync {
  const text = JSON.stringify(
    { ...sync, entropy: '0'.repeat(sync.entropy.length) },
    (key, value: unknown) => {
      if (key === 'managedFields' || key === lastApplied || key === 'controller') return undefined
      return isSecret(value) ? withoutValues(value) : value
    },
  )
  return JSON.parse(text) as CapturedSync
}

interface SecretLike extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>
}

function isSecret(value: unknown): value is SecretLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { kind?: unknown }).kind === 'Secret' &&
    'data' in value
  )
}

function withoutValues(secret: SecretLike): SecretLike {
  return {
    ...secret,
    data: Object.fromEntries(Object.keys(secret.data ?? {}).map((key) => [key, btoa('redacted')])),
  }
}
