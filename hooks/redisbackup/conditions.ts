// The conditions of a RedisBackup: whether the artifact is there, and whether it was seen to restore.
import type { Verification } from '../../instance/artifact.ts'
import type { Condition } from '../kubernetes.ts'
import { conditionTypes } from './names.ts'
import type { RedisBackupStatus } from './recorded.ts'
import type { RedisBackup } from './resource.ts'

export type Claim = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

export const completedClaim = (status: Claim['status'], reason: string, message: string): Claim => ({
  type: conditionTypes.completed,
  status,
  reason,
  message: message.slice(0, 4096),
})

/** Of a backup that is in the store. */
export function verifiedClaim(verification: Verification | undefined): Claim {
  const type = conditionTypes.verified
  if (verification === undefined)
    return {
      type,
      status: 'Unknown',
      reason: 'NotTried',
      message: 'the artifact was not loaded into a Redis; spec.verify asks for it',
    }
  if (verification.kind === 'Verified')
    return {
      type,
      status: 'True',
      reason: 'Verified',
      message: `the artifact was loaded with ${verification.keys} keys`,
    }
  const status = verification.kind === 'Failed' ? 'False' : 'Unknown'
  return { type, status, reason: verification.kind, message: verification.reason }
}

/** Transition times are kept while the status of a condition stays. */
export function withTimes(
  claims: readonly Claim[],
  { metadata, status }: RedisBackup,
  now: Date,
): NonNullable<RedisBackupStatus['conditions']> {
  return claims.map((claim) => {
    const before = status?.conditions?.find(({ type }) => type === claim.type)
    const lastTransitionTime = before?.status === claim.status ? before.lastTransitionTime : now.toISOString()
    return { ...claim, lastTransitionTime, observedGeneration: metadata.generation ?? 1 }
  })
}
