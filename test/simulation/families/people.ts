// Planned moves: what people and Kubernetes ask for, and what is seen of it.
import assert from 'node:assert/strict'
import { annotations } from '../../../hooks/rediscluster/names.ts'
import type { Host } from '../host.ts'
import { accepts, cast, otherThan, situation, type Stage } from './stage.ts'

/** The first word of what the hooks see. */
export const phase = (stage: Stage): string => situation(stage).split(' ')[0] ?? ''

/** It accepts writes, and lets them wait. */
export const isPaused = ({ simulation }: Stage, host: Host): boolean =>
  accepts(host) && (host.engine?.pausedUntilMs ?? 0) > simulation.world.nowMs

/** The one that is to be primary next is the last replica. */
export function pair(stage: Stage): {
  readonly primary: Host
  readonly successor: Host
  readonly others: readonly Host[]
} {
  const { primary, replicas } = cast(stage)
  const successor = replicas.at(-1)
  assert.ok(successor)
  return { primary, successor, others: otherThan(successor, replicas) }
}

export const askFor = (stage: Stage, name: string): void => annotate(stage, annotations.switchover, name)

export const keepStopped = (stage: Stage, ...hosts: readonly Host[]): void =>
  annotate(
    stage,
    annotations.fenced,
    hosts.length === 0 ? undefined : JSON.stringify(hosts.map(({ name }) => name)),
  )

/** Gracefully: its process is told, and has its grace period. */
export function deletePod({ simulation: { api, world } }: Stage, host: Host): void {
  const pod = api.podOf(host.uid)
  assert.ok(pod)
  world.tell(`${host.name} is deleted`)
  api.putPod({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: 'now' } })
}

export function annotate(
  { simulation: { api, world } }: Stage,
  name: string,
  value: string | undefined,
): void {
  world.tell(`a person writes ${name}: ${value ?? '-'}`)
  const { metadata } = api.cluster
  const { [name]: _before, ...others } = metadata.annotations ?? {}
  const given = value === undefined ? others : { ...others, [name]: value }
  api.setCluster({ ...api.cluster, metadata: { ...metadata, annotations: given } })
}
