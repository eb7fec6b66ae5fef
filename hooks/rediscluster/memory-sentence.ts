// The memory plan in words, as the condition MemoryPlan: the limit, maxmemory, what is kept free for what; and what is missing.
import type { Blueprint } from './blueprint.ts'
import type { Claim } from './conditions.ts'
import {
  derivedMaxMemory,
  managerBytes,
  mebibyte,
  memoryPlanOf,
  type MaxMemory,
  type MemoryPlan,
} from './memory.ts'

const type = 'MemoryPlan'

export function memoryCondition(blueprint: Blueprint): Claim {
  const plan = memoryPlanOf(blueprint)
  const { limitBytes, maxMemory } = plan
  if (limitBytes === undefined) return withoutLimit(maxMemory)
  if (maxMemory.kind === 'None') {
    const derived = mib(derivedMaxMemory(limitBytes).bytes)
    const message = `no maxmemory: at the limit of ${mib(limitBytes)} Redis is killed where it could refuse writes. spec.memory: {} derives ${derived}`
    return { type, status: 'False', reason: 'NoMaxMemory', message }
  }
  return judged(plan, limitBytes, maxMemory)
}

function withoutLimit(maxMemory: MaxMemory): Claim {
  const reason = 'NoLimit'
  const message =
    maxMemory.kind === 'None'
      ? 'neither resources.limits.memory nor maxmemory is set: Redis may grow until its node has no memory left. Set the limit, and spec.memory: {}, which derives maxmemory from it'
      : `maxmemory is ${mib(maxMemory.bytes)}, but resources.limits.memory is not set: nothing says what is free for forks, replicas and the backlog. Set it`
  return { type, status: 'False', reason, message }
}

type Known = Exclude<MaxMemory, { readonly kind: 'None' }>

function judged(plan: MemoryPlan, limitBytes: number, maxMemory: Known): Claim {
  const { bytes } = maxMemory
  const message = described(plan, limitBytes, maxMemory)
  if (maxMemory.kind === 'Derived' && maxMemory.squeezed) {
    const advice = 'The limit has no room for that: raise resources.limits.memory to 128Mi or more'
    return { type, status: 'False', reason: 'LimitTooSmall', message: `${message}. ${advice}` }
  }
  const besideBytes = managerBytes + (plan.replicaBufferBytes ?? 0)
  if (bytes > 0.9 * limitBytes || bytes + besideBytes > limitBytes) {
    const advice =
      'That is too little: a fork for a backup or a new replica may get Redis killed. Lower maxmemory, raise the limit, or have it derived with spec.memory: {}'
    return { type, status: 'False', reason: 'LittleRoom', message: `${message}. ${advice}` }
  }
  return { type, status: 'True', reason: maxMemory.kind, message }
}

/** One sentence on what Redis may hold, one on what is kept free. */
function described(
  { backlogBytes, replicaBufferBytes }: MemoryPlan,
  limitBytes: number,
  { kind, bytes }: Known,
): string {
  const percent = Math.floor((bytes / limitBytes) * 100)
  const backlog = backlogBytes === undefined ? '' : `, ${mib(backlogBytes)} of it for the replication backlog`
  const buffers = replicaBufferBytes === undefined ? [] : [`${mib(replicaBufferBytes)} for slow replicas`]
  const rest = limitBytes - bytes - managerBytes - (replicaBufferBytes ?? 0)
  const free = [
    `${mib(managerBytes)} for the instance server`,
    ...buffers,
    `${mib(Math.max(0, rest))} for forks and fragmentation`,
  ]
  return `maxmemory is ${mib(bytes)} (${percent} % of the limit of ${mib(limitBytes)}${origins[kind]})${backlog}. Kept free: ${free.join(', ')}`
}

const origins = { Derived: ', derived', Asked: '', Directive: ', from spec.redis' } as const

const mib = (bytes: number): string => `${Math.round(bytes / mebibyte)} MiB`
