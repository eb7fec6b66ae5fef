// What the fields of spec.memory do, and what their rules refuse: rows of spec-table.ts and refusal-table.ts.
import type { Effect, Spec } from './spec-table.ts'

const limited = (memory: string | number): Spec => ({ resources: { limits: { memory } } })

/** A line of redis.conf, which `instead` lacks. */
const line = (memory: Spec, instead: Spec, value: RegExp): Effect => ({
  kind: 'Shows',
  spec: { memory, ...limited('1Gi') },
  instead: { memory: instead, ...limited('1Gi') },
  child: 'ConfigMap cache-config',
  path: 'data.redis~conf',
  value,
})

const policies = [
  'noeviction',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
]

const policyEffects = policies.map((policy) => {
  const instead = policy === 'noeviction' ? { maxMemoryPolicy: 'allkeys-lru' } : {}
  const shown = line({ maxMemoryPolicy: policy }, instead, new RegExp(`^maxmemory-policy ${policy}$`, 'm'))
  return [`memory.maxMemoryPolicy=${policy}`, shown] as const
})

export const memoryEffects: Readonly<Record<string, Effect>> = {
  'memory.maxMemory': line({ maxMemory: '100Mi' }, {}, /^maxmemory 104857600$/m),
  'memory.maxMemoryPercent': line({ maxMemoryPercent: 50 }, {}, /^maxmemory 536870912$/m),
  ...Object.fromEntries(policyEffects),
}

const twice = 'spec.redis: maxmemory and maxmemory-policy are set in spec.memory'
const tooMuch = 'memory.maxMemory must not be greater than'

export const memoryRefusals: readonly {
  readonly message: string
  readonly before?: Spec
  readonly spec: Spec
}[] = [
  { message: 'memory.maxMemory must be at least 1Mi', spec: { memory: { maxMemory: '100' } } },
  {
    message: 'memory.maxMemory and memory.maxMemoryPercent exclude each other',
    spec: { memory: { maxMemory: '1Gi', maxMemoryPercent: 50 }, ...limited('2Gi') },
  },
  { message: 'memory.maxMemoryPercent needs', spec: { memory: { maxMemoryPercent: 50 } } },
  { message: tooMuch, spec: { memory: { maxMemory: '1025Mi' }, ...limited('1Gi') } },
  {
    message: tooMuch,
    before: { memory: { maxMemory: '1Gi' }, ...limited(2 ** 30) },
    spec: limited(2 ** 30 - 1),
  },
  { message: twice, spec: { memory: {}, redis: { maxmemory: '1gb' } } },
  { message: twice, spec: { memory: {}, redis: { 'maxmemory-policy': 'noeviction' } } },
]
