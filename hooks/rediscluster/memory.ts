// How the memory limit of a Pod is shared out, so that neither a fork nor a slow replica gets Redis killed. Docs: docs/memory.md
import type { Pod } from '../kubernetes.ts'
import type { Blueprint } from './blueprint.ts'
import { ownedPods } from './observed.ts'
import { quantityValue } from './quantity.ts'

export interface MemoryPlan {
  /** The smallest that the spec or a live Pod has. */
  readonly limitBytes: number | undefined
  readonly maxMemory: MaxMemory
  /** Part of maxmemory. Undefined: as spec.redis or Redis itself has it. */
  readonly backlogBytes: number | undefined
  /** Beside maxmemory, for all replicas together: since 7.0 they share what waits for them. */
  readonly replicaBufferBytes: number | undefined
}

export type MaxMemory =
  | { readonly kind: 'None' }
  /** In spec.redis, where the operator leaves it alone. */
  | { readonly kind: 'Directive'; readonly bytes: number }
  | { readonly kind: 'Asked'; readonly bytes: number }
  /** `squeezed`: the limit has no room for what is kept free. */
  | { readonly kind: 'Derived'; readonly bytes: number; readonly squeezed: boolean }

export const mebibyte = 2 ** 20
/** The instance server beside Redis: npm run bench -- memory. */
export const managerBytes = 80 * mebibyte
/** Of maxmemory: what the allocator wastes, and what a fork copies because it is written to meanwhile. Measured: docs/memory.md */
const fragmentationShare = 0.2
const forkShare = 0.5

/** Redis' own defaults. */
const leastBacklogBytes = mebibyte
const usualReplicaBufferBytes = 256 * mebibyte
/** Less is no Redis. */
const leastMaxMemoryBytes = 8 * mebibyte

type Known = Pick<Blueprint, 'spec' | 'request'>

export function memoryPlanOf(blueprint: Known): MemoryPlan {
  const limitBytes = smallestLimit(blueprint)
  const maxMemory = maxMemoryOf(blueprint.spec, limitBytes)
  const unplanned = { limitBytes, maxMemory, backlogBytes: undefined, replicaBufferBytes: undefined }
  if (blueprint.spec.memory === undefined || limitBytes === undefined || maxMemory.kind === 'None')
    return unplanned
  const backlogBytes = Math.max(leastBacklogBytes, wholeMebibytes(maxMemory.bytes / 16))
  // Less than the backlog would not count: Redis raises it.
  const replicaBufferBytes = Math.max(backlogBytes, replicaBufferBeside(maxMemory, limitBytes))
  const { redis = {} } = blueprint.spec
  return {
    ...unplanned,
    ...('repl-backlog-size' in redis ? {} : { backlogBytes }),
    ...(/replica|slave/i.test(redis['client-output-buffer-limit'] ?? '') ? {} : { replicaBufferBytes }),
  }
}

/** Lines of redis.conf; none without spec.memory, so that an operator's upgrade changes no cluster. */
export function memoryDirectives(blueprint: Known): readonly (readonly [directive: string, value: string])[] {
  const { memory } = blueprint.spec
  if (memory === undefined) return []
  const { maxMemory, backlogBytes, replicaBufferBytes } = memoryPlanOf(blueprint)
  return [
    ...(maxMemory.kind === 'None' ? [] : ([['maxmemory', String(maxMemory.bytes)]] as const)),
    ['maxmemory-policy', memory.maxMemoryPolicy],
    ...(backlogBytes === undefined ? [] : ([['repl-backlog-size', String(backlogBytes)]] as const)),
    // No soft limit: a full sync of much data lasts longer than any number of seconds.
    ...(replicaBufferBytes === undefined
      ? []
      : ([['client-output-buffer-limit', `replica ${replicaBufferBytes} 0 0`]] as const)),
  ]
}

/** What is left of a limit when everything else has its share; in whole mebibytes. */
export function derivedMaxMemory(limitBytes: number): MaxMemory & { readonly kind: 'Derived' } {
  const rest = limitBytes - managerBytes - replicaBufferFor(limitBytes)
  const bytes = wholeMebibytes(rest / (1 + fragmentationShare + forkShare))
  const squeezed = bytes < leastMaxMemoryBytes
  return { kind: 'Derived', bytes: squeezed ? leastMaxMemoryBytes : bytes, squeezed }
}

function maxMemoryOf({ memory, redis }: Blueprint['spec'], limitBytes: number | undefined): MaxMemory {
  if (memory === undefined) return inDirectives(redis?.['maxmemory'])
  const { maxMemory, maxMemoryPercent } = memory
  const asked =
    maxMemory === undefined
      ? ((limitBytes ?? NaN) * (maxMemoryPercent ?? NaN)) / 100
      : quantityValue(maxMemory)
  // More than a live Pod has: it waits until the Pods with the new limit are there.
  if (asked >= 1 && (limitBytes === undefined || asked <= limitBytes))
    return { kind: 'Asked', bytes: Math.floor(asked) }
  return limitBytes === undefined ? { kind: 'None' } : derivedMaxMemory(limitBytes)
}

function inDirectives(value = '0'): MaxMemory {
  const bytes = redisBytes(value)
  return bytes > 0 ? { kind: 'Directive', bytes } : { kind: 'None' }
}

/** As Redis reads it: "100mb" is 100 × 2^20, "100m" 100 × 10^6. */
function redisBytes(value: string): number {
  const [, digits, unit = ''] = /^"?([0-9]+)(b|kb?|mb?|gb?)?"?$/i.exec(value.trim()) ?? []
  const power = 'kmg'.indexOf(unit.charAt(0).toLowerCase()) + 1
  const base = unit.length === 2 ? 1024 : 1000
  return unit === '' || /^b$/i.test(unit) ? Number(digits) : Number(digits) * base ** power
}

/** What is derived has room for it; beside what is asked for it takes half of the room, the other is for forks. */
function replicaBufferBeside({ kind, bytes }: MaxMemory & { bytes: number }, limitBytes: number): number {
  const usual = replicaBufferFor(limitBytes)
  const room = limitBytes - managerBytes - bytes * (1 + fragmentationShare)
  return kind === 'Derived' ? usual : wholeMebibytes(Math.min(usual, room / 2))
}

/** As large as Redis has it by itself where an eighth of the limit allows it; with the data it grows, as a full sync does. */
const replicaBufferFor = (limitBytes: number): number =>
  wholeMebibytes(Math.max(limitBytes / 16, Math.min(limitBytes / 8, usualReplicaBufferBytes)))

/** While a new limit reaches one Pod after the other, redis.conf is still the same for all of them. */
function smallestLimit({ spec, request }: Known): number | undefined {
  const limits = [spec.resources?.limits?.['memory'], ...ownedPods(request).map(limitOf)]
  const known = limits.flatMap((limit) => (limit === undefined ? [] : [quantityValue(String(limit))]))
  return known.length === 0 ? undefined : Math.min(...known)
}

const limitOf = ({ spec }: Pod): string | number | undefined =>
  spec?.containers.find(({ name }) => name === 'redis')?.resources?.limits?.['memory']

const wholeMebibytes = (bytes: number): number => Math.floor(bytes / mebibyte) * mebibyte
