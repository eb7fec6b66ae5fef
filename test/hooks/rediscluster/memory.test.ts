// How a memory limit is shared out: what redis.conf says, what the condition MemoryPlan says of it, and what a real redis-server makes of it.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { renderConfig } from '../../../hooks/rediscluster/children/config.ts'
import { managerBytes, memoryPlanOf, type MemoryPlan } from '../../../hooks/rediscluster/memory.ts'
import type { RedisClusterSpec } from '../../../hooks/rediscluster/spec.ts'
import { applyDirectives, givenAtStart } from '../../../instance/live-directives.ts'
import { directivesOf } from '../../../instance/redis/conf.ts'
import * as build from '../../support/builders.ts'
import { plan } from '../../support/look.ts'
import { redisProcess } from '../../support/redis-process.ts'

/** Nothing here takes long; a hang must not hold up the rest. */
const timeout = 60_000
const mebibyte = 2 ** 20

type Memory = Partial<NonNullable<RedisClusterSpec['memory']>>

function specWith(
  memory: Memory | undefined,
  limit?: string,
  redis?: Record<string, string>,
): RedisClusterSpec {
  return build.spec({
    ...(memory === undefined ? {} : { memory: { maxMemoryPolicy: 'noeviction', ...memory } }),
    ...(limit === undefined ? {} : { resources: { limits: { memory: limit } } }),
    ...(redis === undefined ? {} : { redis }),
  })
}

type Known = Parameters<typeof renderConfig>[0]

/** Before any Pod is there. */
const before = (spec: RedisClusterSpec): Known => ({ spec, request: build.request({ spec, pods: [] }) })
const linesOf = (spec: RedisClusterSpec): ReadonlyMap<string, string> =>
  directivesOf(renderConfig(before(spec)))
const planFor = (...words: Parameters<typeof specWith>): MemoryPlan =>
  memoryPlanOf(before(specWith(...words)))

function condition(spec: RedisClusterSpec): { reason: string; message: string } {
  const { conditions = [] } = plan(build.request({ spec })).status
  const { status, reason, message } =
    conditions.find(({ type }) => type === 'MemoryPlan') ?? assert.fail('there is no condition MemoryPlan')
  assert.equal(status, ['Derived', 'Asked', 'Directive'].includes(reason) ? 'True' : 'False')
  return { reason, message }
}

describe('redis.conf', () => {
  it('says of memory what spec.redis says, and nothing else, without spec.memory', () => {
    const plain = renderConfig(before(specWith(undefined)))
    assert.equal(renderConfig(before(specWith(undefined, '1Gi'))), plain)
    assert.doesNotMatch(plain, /maxmemory|backlog|buffer/)
  })

  it('has a maxmemory that leaves room for everything else, whatever the limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 128, max: 1 << 20 }), (limit) => {
        const { maxMemory, backlogBytes = NaN, replicaBufferBytes = NaN } = planFor({}, `${limit}Mi`)
        assert.ok(maxMemory.kind === 'Derived' && !maxMemory.squeezed)
        assert.ok(maxMemory.bytes * 1.7 + managerBytes + replicaBufferBytes <= limit * mebibyte)
        assert.ok(backlogBytes >= mebibyte && backlogBytes <= maxMemory.bytes / 8)
        assert.ok(replicaBufferBytes >= backlogBytes)
      }),
    )
  })

  it('never has a maxmemory of 0, which would be none at all', () => {
    for (const limit of ['1', '1Mi', '64Mi', '100m'])
      assert.equal(linesOf(specWith({}, limit)).get('maxmemory'), String(8 * mebibyte))
  })

  it('has what is asked for, in bytes', () => {
    const asked = linesOf(specWith({ maxMemory: '0.5Gi', maxMemoryPolicy: 'allkeys-lru' }, '1Gi'))
    assert.deepEqual([asked.get('maxmemory'), asked.get('maxmemory-policy')], ['536870912', 'allkeys-lru'])
    assert.equal(linesOf(specWith({ maxMemoryPercent: 33 }, '1000k')).get('maxmemory'), '330000')
  })

  it('has no backlog and no buffers of the plan while nobody knows a limit', () => {
    const lines = linesOf(specWith({ maxMemory: '100Mi' }))
    assert.deepEqual(
      [...lines.keys()].filter((name) => /memory|backlog|buffer/.test(name)),
      ['maxmemory', 'maxmemory-policy'],
    )
    assert.equal(linesOf(specWith({})).get('maxmemory'), undefined)
  })

  it("leaves a user's own backlog and buffers alone, and keeps its word on classes that they leave out", () => {
    const own = { 'repl-backlog-size': '3mb', 'client-output-buffer-limit': 'slave 9mb 0 0' }
    const lines = linesOf(specWith({}, '1Gi', own))
    assert.deepEqual(
      [lines.get('repl-backlog-size'), lines.get('client-output-buffer-limit')],
      ['3mb', 'slave 9mb 0 0'],
    )
    const other = linesOf(specWith({}, '1Gi', { 'client-output-buffer-limit': 'normal 9mb 0 0' }))
    assert.equal(other.get('client-output-buffer-limit'), `replica ${128 * mebibyte} 0 0 normal 9mb 0 0`)
  })

  it('goes by the smallest limit of a live Pod while a greater one is rolled out', () => {
    const grown = (memory: Memory): string => {
      const spec = specWith(memory, '2Gi')
      const limited = [build.pod(0), build.pod(1)].map((pod, ordinal) => ({
        ...pod,
        spec: {
          containers: [
            { name: 'injected', image: 'i', resources: { limits: { memory: '1Mi' } } },
            { name: 'redis', image: 'i', resources: { limits: { memory: `${1 + ordinal}Gi` } } },
          ],
        },
      }))
      const text = renderConfig({ spec, request: build.request({ spec, pods: limited }) })
      return directivesOf(text).get('maxmemory') ?? ''
    }
    const small = linesOf(specWith({}, '1Gi')).get('maxmemory')
    assert.deepEqual([grown({}), grown({ maxMemory: '1500Mi' })], [small, small])
    assert.equal(grown({ maxMemory: '500Mi' }), String(500 * mebibyte))
  })
})

describe('the condition MemoryPlan', () => {
  it('explains what is derived, in numbers', () => {
    assert.deepEqual(condition(specWith({}, '1Gi')), {
      reason: 'Derived',
      message:
        'maxmemory is 480 MiB (46 % of the limit of 1024 MiB, derived), 30 MiB of it for the replication backlog. Kept free: 80 MiB for the instance server, 128 MiB for slow replicas, 336 MiB for forks and fragmentation',
    })
  })

  it('tells who set maxmemory', () => {
    assert.equal(condition(specWith({ maxMemoryPercent: 50 }, '1Gi')).reason, 'Asked')
    const { reason, message } = condition(specWith(undefined, '1Gi', { maxmemory: '512mb' }))
    assert.equal(reason, 'Directive')
    assert.match(
      message,
      /^maxmemory is 512 MiB \(50 % of the limit of 1024 MiB, from spec.redis\)\. Kept free/,
    )
  })

  it('reads what spec.redis says as Redis does', () => {
    const read = (maxmemory: string): string =>
      /is (\d+) MiB/.exec(condition(specWith(undefined, '10Gi', { maxmemory })).message)?.[1] ?? 'none'
    const values = ['104857600', '100mb', '"100MB"', '1g', '1gb', '100000k', '0', '104857600b', 'much']
    assert.deepEqual(values.map(read), ['100', '100', '100', '954', '1024', '95', 'none', '100', 'none'])
  })

  const warnings = [
    ['no limit and no maxmemory', specWith(undefined), 'NoLimit', /neither .* nor maxmemory is set/],
    ['nothing to derive from', specWith({}), 'NoLimit', /Set the limit/],
    ['a maxmemory, but no limit', specWith({ maxMemory: '1Gi' }), 'NoLimit', /maxmemory is 1024 MiB, but/],
    ['a limit, but no maxmemory', specWith(undefined, '1Gi'), 'NoMaxMemory', /memory: \{\} derives 480 MiB/],
    ['more than 90 %', specWith({ maxMemoryPercent: 91 }, '8Gi'), 'LittleRoom', /That is too little/],
    ['no room beside', specWith({ maxMemory: '200Mi' }, '256Mi'), 'LittleRoom', /That is too little/],
    ['a limit for nothing', specWith({}, '96Mi'), 'LimitTooSmall', /to 128Mi or more/],
  ] as const
  for (const [title, spec, expected, sentence] of warnings)
    it(`warns of ${title}`, () => {
      const { reason, message } = condition(spec)
      assert.equal(reason, expected)
      assert.match(message, sentence)
    })
})

describe('a real redis-server', { timeout }, () => {
  const values = async (
    control: { configGet(directive: string): Promise<string | undefined> },
    names: readonly string[],
  ): Promise<readonly unknown[]> => Promise.all(names.map((name) => control.configGet(name)))
  const names = ['maxmemory', 'maxmemory-policy', 'repl-backlog-size', 'client-output-buffer-limit']
  const buffers = (bytes: string): string => `normal 0 0 0 slave ${bytes} pubsub 33554432 8388608 60`

  it('starts with the plan in force, and takes every other plan live', async (t) => {
    const first = linesOf(specWith({}, '256Mi'))
    const lines = [...first]
      .filter(([name]) => names.includes(name))
      .map(([name, value]) => `${name} ${value}`)
    assert.equal(lines.length, 4)
    const control = await (await redisProcess(t, lines)).control()
    const inForce = (mi: number, policy: string, backlog: number, buffer: number): readonly string[] => [
      String(mi * mebibyte),
      policy,
      String(backlog * mebibyte),
      buffers(`${buffer * mebibyte} 0 0`),
    ]
    assert.deepEqual(await values(control, names), inForce(84, 'noeviction', 5, 32))
    const given = givenAtStart(first)
    const become = async (spec: RedisClusterSpec): Promise<readonly unknown[]> => {
      const outcome = await applyDirectives(control, first, linesOf(spec), given)
      assert.deepEqual(outcome.needsRestart, [])
      return await values(control, names)
    }
    const asked = specWith({ maxMemoryPercent: 50, maxMemoryPolicy: 'volatile-ttl' }, '1Gi')
    assert.deepEqual(await become(asked), inForce(512, 'volatile-ttl', 32, 128))
    assert.deepEqual(await become(specWith(undefined, '1Gi')), [
      '0',
      'noeviction',
      String(mebibyte),
      buffers('268435456 67108864 60'),
    ])
  })
})
