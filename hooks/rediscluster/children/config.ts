// The ConfigMap with redis.conf: the operator's base, then the user's directives; each instance adds its own lines last.
import { configKey } from '../../../instance/api.ts'
import type { KubernetesObject } from '../../kubernetes.ts'
import type { Blueprint } from '../blueprint.ts'
import { memoryDirectives } from '../memory.ts'
import { clusterLabels, configMapName } from '../names.ts'

/**
 * `save ""` beside an AOF: a stop writes no full RDB. The diskless delay of 5 s would be the time every new replica waits.
 * A shutdown waits that long for replicas to catch up.
 */
const base: readonly (readonly [directive: string, value: string])[] = [
  ['appendonly', 'yes'],
  ['save', ''],
  ['repl-diskless-sync-delay', '0'],
  ['shutdown-timeout', '10'],
]

export function desiredConfigMap(blueprint: Blueprint): KubernetesObject & { data: Record<string, string> } {
  const { name, namespace } = blueprint
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: configMapName(name), namespace, labels: clusterLabels(name) },
    data: { [configKey]: renderConfig(blueprint) },
  }
}

/** A user's directive comes later than the base, and so wins; the same spec always gives the same text. */
export function renderConfig(blueprint: Pick<Blueprint, 'spec' | 'request'>): string {
  const users = Object.entries(blueprint.spec.redis ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return [...base, ...memoryDirectives(blueprint), ...users]
    .map(([directive, value]) => `${directive} ${value === '' ? '""' : value}\n`)
    .join('')
}
