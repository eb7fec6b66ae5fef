// What a sync of a RedisScheduledBackup sees: its backups, oldest first, each with the time that its name tells.
import type { KubernetesObject, SyncRequest } from '../../metacontroller/contract.ts'
import type { RedisBackup } from '../redisbackup/resource.ts'
import { allOf, find, isTerminating, kinds } from '../rediscluster/observed.ts'
import { scheduleTimeOf } from './names.ts'
import type { RedisScheduledBackup } from './resource.ts'

export type Request = SyncRequest<RedisScheduledBackup>

export interface ScheduledBackup {
  readonly name: string
  readonly timeMs: number
  readonly backup: RedisBackup
  readonly phase: 'Pending' | 'Running' | 'Completed' | 'Failed'
}

/** Everything that Metacontroller shows as ours, whatever it is called. */
export const childrenOf = ({ children }: Request): readonly KubernetesObject[] =>
  allOf(children, kinds.backup)

/** Those that this schedule made; others are left alone. */
export function backupsOf(request: Request): readonly ScheduledBackup[] {
  const schedule = request.parent.metadata.name
  return childrenOf(request).flatMap((child): readonly ScheduledBackup[] => {
    const backup = child as RedisBackup
    const { name } = backup.metadata
    const timeMs = scheduleTimeOf(schedule, name)
    return timeMs === undefined ? [] : [{ name, timeMs, backup, phase: backup.status?.phase ?? 'Pending' }]
  })
}

/** Not those that somebody has deleted. */
export const standing = (backups: readonly ScheduledBackup[]): readonly ScheduledBackup[] =>
  backups.filter(({ backup }) => !isTerminating(backup))

export const hasEnded = ({ phase }: ScheduledBackup): boolean => phase === 'Completed' || phase === 'Failed'

/** Not ended yet. */
export const activeOf = (backups: readonly ScheduledBackup[]): readonly ScheduledBackup[] =>
  standing(backups).filter((each) => !hasEnded(each))

export function namespaceUid({ parent, related }: Request): string | undefined {
  return find(related, kinds.namespace, parent.metadata.namespace ?? '')?.metadata.uid
}
