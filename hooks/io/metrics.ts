// What the hooks count about themselves, as Prometheus metrics of low cardinality.
import { Counter, Histogram, Registry } from 'prom-client'
import type { InstanceReports } from '../rediscluster/plan.ts'

export interface HookMetrics {
  readonly registry: Registry
  synced(kind: string, outcome: 'ok' | 'refused' | 'failed' | 'late' | 'not-now', seconds: number): void
  commanded(kind: string, ok: boolean): void
  polled(reports: InstanceReports): void
}

export function hookMetrics(): HookMetrics {
  const registry = new Registry()
  const registers = [registry]
  const syncs = new Counter({
    name: 'redis_operator_syncs_total',
    help: 'Syncs by what became of them: ok, refused (a wrong answer was held back), failed, late or not-now',
    labelNames: ['kind', 'outcome'],
    registers,
  })
  const commands = new Counter({
    name: 'redis_operator_commands_total',
    help: 'Commands sent to instances',
    labelNames: ['kind', 'outcome'],
    registers,
  })
  const polls = new Counter({
    name: 'redis_operator_polls_total',
    help: 'Instances asked for their status: answered or silent',
    labelNames: ['outcome'],
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
    synced(kind, outcome, seconds) {
      syncs.inc({ kind, outcome })
      duration.observe(seconds)
    },
    commanded: (kind, ok) => commands.inc({ kind, outcome: ok ? 'ok' : 'failed' }),
    polled(reports) {
      for (const { kind } of Object.values(reports)) polls.inc({ outcome: kind.toLowerCase() })
    },
  }
}
