// docs/operations.md and the code agree: what a change takes, conditions with their reasons, fields of Pods, keys of the connection Secret.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TSchema } from '@sinclair/typebox'
import { templateHash } from '../hooks/rediscluster/children/pod.ts'
import { connectionSecrets } from '../hooks/rediscluster/children/connection.ts'
import { blueprintOf } from '../hooks/rediscluster/blueprint.ts'
import { podFields } from '../hooks/rediscluster/pod-spec.ts'
import { schedulingFields } from '../hooks/rediscluster/scheduling-spec.ts'
import { RedisClusterSpec } from '../hooks/rediscluster/spec.ts'
import * as build from './support/builders.ts'
import { codeIn, read, reasonsIn, rows, section, unionIn, wordsIn } from './support/pages.ts'

const page = read('docs/operations.md')

/** Only seen by its hash, so any value of the type will do. */
function sample({ type }: TSchema): unknown {
  const values: Readonly<Record<string, unknown>> = {
    array: [{ name: 'other' }],
    boolean: false,
    integer: 9,
    object: { name: 'other' },
  }
  return values[String(type)] ?? 'other'
}

describe('docs/operations.md', () => {
  const takes = section(page, 'What a change takes')
  const fieldsThatTake = (what: string): readonly string[] =>
    takes.split('\n').flatMap((line) => (line.startsWith(`| ${what}`) ? codeIn(line) : []))
  const fields = Object.entries(RedisClusterSpec.properties) as readonly (readonly [string, TSchema])[]

  it('says of every field what a change of it takes', () => {
    const told = ['effect at once', 'a rollout', 'a new cluster'].flatMap(fieldsThatTake)
    for (const [name] of fields) assert.ok(told.includes(name), name)
  })

  it('names exactly the fields that make Pods outdated', () => {
    const before = templateHash({ spec: build.spec() })
    const outdating = fields.filter(
      ([name, schema]) => templateHash({ spec: { ...build.spec(), [name]: sample(schema) } }) !== before,
    )
    assert.deepEqual([...fieldsThatTake('a rollout')].sort(), outdating.map(([name]) => name).sort())
  })

  it('lists the fields that a Pod gets', () => {
    const told = wordsIn(section(page, 'Pods'), 0)
    for (const name of [...Object.keys(podFields), ...Object.keys(schedulingFields)])
      assert.ok(told.includes(name), name)
  })

  const inRollout = read('hooks/rediscluster/rollout-sentence.ts').matchAll(/(?:return|\?) '([A-Z]\w+)'/g)
  const told: readonly (readonly [heading: string, reasons: readonly string[]])[] = [
    ['Rollouts', [...inRollout].map(([, reason = '']) => reason).concat('RollingUpdate', 'Applied')],
    [
      'Rollouts',
      [...reasonsIn('hooks/rediscluster/rollout-sentence.ts'), 'ApprovalConsumed', 'NothingWaits'],
    ],
    ['Drains', reasonsIn('hooks/rediscluster/drain.ts')],
    ['Memory', [...reasonsIn('hooks/rediscluster/memory-sentence.ts'), 'Derived', 'Asked', 'Directive']],
  ]
  for (const [heading, reasons] of told)
    it(`tells under "${heading}" of ${reasons.join(', ')}`, () => {
      assert.ok(reasons.length > 1)
      const words = [0, 1].flatMap((column) => wordsIn(section(page, heading), column))
      assert.deepEqual(
        reasons.filter((reason) => !words.includes(reason)),
        [],
      )
    })

  it('has a row for every list of volumes', () => {
    const names = rows(section(page, 'Storage')).map(([name = '']) => name)
    const lists = unionIn('hooks/rediscluster/volumes.ts', 'VolumeState')
    assert.deepEqual(names.filter((name) => name.endsWith('PVC')).sort(), [...lists].sort())
  })

  it('lists every key of the connection Secret', () => {
    const spec = build.spec({ connectionSecret: { name: 'cache-connection' } })
    const password = { data: { password: btoa('secret') } }
    const made = build
      .observedChildren(build.request({ pods: [] }))
      .map((child) => (child.metadata.name === 'cache-auth' ? { ...child, ...password } : child))
    const request = build.request({ spec, pods: [], children: made })
    const [secret] = connectionSecrets(blueprintOf(request, build.entropy, build.image))
    const keys = Object.keys(secret?.data ?? {})
    assert.ok(keys.length > 5)
    const words = codeIn(section(page, 'The connection Secret'))
    for (const key of keys) assert.ok(words.includes(key), key)
  })
})
