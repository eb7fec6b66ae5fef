// spec.memory: how much Redis may hold, and what it does when that is reached. Present, even empty, it asks for a plan.
import { Type, type Static } from '@sinclair/typebox'
import { oneOf, quantityPattern, rules, type Rule } from './schema.ts'

const policies = [
  'noeviction',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
] as const

export const MemorySpec = Type.Object(
  {
    maxMemory: Type.Optional(
      Type.String({
        pattern: quantityPattern,
        maxLength: 32,
        description: "Redis' maxmemory. Unset, as maxMemoryPercent: derived from resources.limits.memory.",
        ...rules({
          rule: 'quantity(self).compareTo(quantity("1Mi")) >= 0',
          message: 'memory.maxMemory must be at least 1Mi',
        }),
      }),
    ),
    maxMemoryPercent: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        description: "Redis' maxmemory in percent of resources.limits.memory.",
      }),
    ),
    maxMemoryPolicy: oneOf(policies, {
      default: 'noeviction',
      description: 'What Redis does at maxmemory: refuse writes (noeviction), or forget keys.',
    }),
  },
  {
    description:
      'How memory is shared out. {} derives maxmemory, the replication backlog and the buffers of replicas from resources.limits.memory. Unset: nothing is set that spec.redis does not set.',
    ...rules({
      rule: '!(has(self.maxMemory) && has(self.maxMemoryPercent))',
      message: 'memory.maxMemory and memory.maxMemoryPercent exclude each other: set one of them',
    }),
  },
)
export type MemorySpec = Static<typeof MemorySpec>

const limited = "has(self.resources) && has(self.resources.limits) && 'memory' in self.resources.limits"
const limit = "quantity(string(self.resources.limits['memory']))"

/** Of the whole spec. */
export const memoryRules: readonly Rule[] = [
  {
    rule: `!has(self.memory) || !has(self.memory.maxMemoryPercent) || (${limited})`,
    message: 'memory.maxMemoryPercent needs resources.limits.memory: it is a part of it',
  },
  {
    rule: `!has(self.memory) || !has(self.memory.maxMemory) || !(${limited}) || quantity(self.memory.maxMemory).compareTo(${limit}) <= 0`,
    message: 'memory.maxMemory must not be greater than resources.limits.memory',
  },
  {
    rule: "!has(self.memory) || !has(self.redis) || !('maxmemory' in self.redis || 'maxmemory-policy' in self.redis)",
    message:
      'spec.redis: maxmemory and maxmemory-policy are set in spec.memory: leave them out of one of the two',
  },
]
