// INFO as Prometheus text, under the names that redis_exporter's dashboards expect, and the instance's own facts.
import { Gauge, Registry } from 'prom-client'
import type { Instance } from './instance.ts'

const registry = new Registry()
const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] })

/** redis_exporter's name → INFO's field. Text fields that read "ok" or "up" count as 1. */
const fromInfo: readonly (readonly [metric: string, field: string])[] = [
  ['redis_uptime_in_seconds', 'uptime_in_seconds'],
  ['redis_connected_clients', 'connected_clients'],
  ['redis_blocked_clients', 'blocked_clients'],
  ['redis_config_maxclients', 'maxclients'],
  ['redis_rejected_connections_total', 'rejected_connections'],
  ['redis_memory_used_bytes', 'used_memory'],
  ['redis_memory_used_rss_bytes', 'used_memory_rss'],
  ['redis_memory_max_bytes', 'maxmemory'],
  ['redis_mem_fragmentation_ratio', 'mem_fragmentation_ratio'],
  ['redis_commands_processed_total', 'total_commands_processed'],
  ['redis_keyspace_hits_total', 'keyspace_hits'],
  ['redis_keyspace_misses_total', 'keyspace_misses'],
  ['redis_expired_keys_total', 'expired_keys'],
  ['redis_evicted_keys_total', 'evicted_keys'],
  ['redis_net_input_bytes_total', 'total_net_input_bytes'],
  ['redis_net_output_bytes_total', 'total_net_output_bytes'],
  ['redis_connected_slaves', 'connected_slaves'],
  ['redis_master_link_up', 'master_link_status'],
  ['redis_master_repl_offset', 'master_repl_offset'],
  ['redis_slave_repl_offset', 'slave_repl_offset'],
  ['redis_rdb_last_save_timestamp_seconds', 'rdb_last_save_time'],
  ['redis_rdb_last_bgsave_status', 'rdb_last_bgsave_status'],
  ['redis_rdb_changes_since_last_save', 'rdb_changes_since_last_save'],
  ['redis_aof_last_write_status', 'aof_last_write_status'],
  ['redis_loading_dump_file', 'loading'],
]

const infoGauges = fromInfo.map(([name, field]) => ({ field, gauge: gauge(name, `INFO ${field}`) }))
const up = gauge('redis_up', 'Whether redis-server answers')
const seen = gauge('redis_operator_seen_epoch', 'Highest epoch that this instance has promised')
const opened = gauge('redis_operator_opened_epoch', 'Highest epoch for which this instance opened for writes')
const writable = gauge('redis_operator_writable', 'Whether this instance accepts writes')
const data = gauge('redis_operator_data_epoch', 'The reign that the data come from')
const salvage = gauge('redis_operator_salvage_bytes', 'Size of the salvage copy on the volume; 0 without one')
const loopDelay = gauge(
  'redis_operator_event_loop_delay_seconds',
  'Mean delay of the event loop of the instance server',
)

export async function metricsText(instance: Instance): Promise<string> {
  const status = instance.lastStatus()
  const fields = instance.infoFields()
  const { namespace = '', name: cluster = '' } = instance.config.cluster ?? {}
  registry.setDefaultLabels({ namespace, cluster, pod: status.podName })
  up.set(status.redis.state === 'running' ? 1 : 0)
  seen.set(status.seen)
  opened.set(status.openedEpoch)
  writable.set(status.writable ? 1 : 0)
  data.set(status.dataEpoch)
  salvage.set(status.salvage?.copy?.bytes ?? 0)
  loopDelay.set(status.eventLoopDelayMs / 1000)
  for (const { field, gauge: each } of infoGauges) each.set(valueOf(fields[field]))
  return await registry.metrics()
}

function valueOf(text: string | undefined): number {
  if (text === 'ok' || text === 'up') return 1
  const value = Number(text ?? 0)
  return Number.isFinite(value) ? value : 0
}
