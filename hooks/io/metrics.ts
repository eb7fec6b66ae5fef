// What the hooks count about themselves, as Prometheus metrics of low cardinality.
import { Counter, Histogram, Registry } from 'prom-client'

export interface HookMetrics {
  readonly registry: Registry
  synced(outcome: 'ok' | 'refused' | 'failed' | 'late', seconds: number): void
  commanded(kind: string, ok: boolean): void
}

export function hookMetrics(): HookMetrics {
  const registry = new Registry()
  const registers = [registry]
  const syncs = new Counter({
    name: 'redis_operator_syncs_total',
    help: 'Syncs answered',
    labelNames: ['outcome'],
    registers,
  })
  const commands = new Counter({
    name: 'redis_operator_commands_total',
    help: 'Commands sent to instances',
    labelNames: ['kind', 'outcome'],
    registers,
  })
  const duration = new Histogram({
    name: 'redis_operator_sync_duration_seconds',
    help: 'Time from a sync request to its answer, polls and commands included',
    buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 4],
    registers,
  })
  return {
    registry,
    synced(outcome, seconds) {
      syncs.inc({ outcome })
      duration.observe(seconds)
    },
    commanded: (kind, ok) => commands.inc({ kind, outcome: ok ? 'ok' : 'failed' }),
  }
}
