// What INFO says of Redis' own saves and rewrites: the one place that knows those field names.
import type { RedisInfo } from './info.ts'

export interface Persistence {
  /** A fork of redis-server runs: there is never a second one. */
  readonly forked: boolean
  readonly saving: boolean
  /** Counts what was begun, whoever asked for it. A save for a replica's socket does not count. */
  readonly savesBegun: number
  readonly lastSaveOk: boolean
  readonly logging: boolean
  /** Runs, or waits for another fork to end. */
  readonly rewriting: boolean
  readonly rewritesBegun: number
  readonly lastRewriteOk: boolean
  readonly datasetBytes: number
}

export function persistenceOf({ fields }: Pick<RedisInfo, 'fields'>): Persistence {
  const number = (name: string): number => Number(fields[name] ?? 0)
  const isOn = (name: string): boolean => number(name) === 1
  const saving = isOn('rdb_bgsave_in_progress')
  const rewritingNow = isOn('aof_rewrite_in_progress')
  return {
    forked: saving || rewritingNow || isOn('module_fork_in_progress'),
    saving,
    savesBegun: number('rdb_saves'),
    lastSaveOk: fields['rdb_last_bgsave_status'] === 'ok',
    logging: isOn('aof_enabled'),
    rewriting: rewritingNow || isOn('aof_rewrite_scheduled'),
    rewritesBegun: number('aof_rewrites'),
    lastRewriteOk: fields['aof_last_bgrewrite_status'] === 'ok',
    datasetBytes: number('used_memory_dataset'),
  }
}
