// From TypeBox to a structural schema: what is kept, and that nothing is lost without a word.
import assert from 'node:assert/strict'
import { Type, type TSchema } from '@sinclair/typebox'
import { describe, it } from 'node:test'
import { structural } from '../../hooks/crd.ts'
import { redisClusterCrd } from '../../hooks/rediscluster/resource.ts'
import { oneOf, Quantities, rules } from '../../hooks/rediscluster/schema.ts'

describe('structural', () => {
  const rule = { rule: 'self > 0', message: 'must be positive' }
  const kept: readonly (readonly [string, TSchema, object])[] = [
    [
      'bounds, defaults, descriptions and rules',
      Type.Integer({ minimum: 1, maximum: 9, default: 3, description: 'How many.', ...rules(rule) }),
      {
        type: 'integer',
        description: 'How many.',
        default: 3,
        minimum: 1,
        maximum: 9,
        'x-kubernetes-validations': [rule],
      },
    ],
    [
      'a union of texts as an enumeration',
      oneOf(['a', 'b'], { default: 'a' }),
      { type: 'string', default: 'a', enum: ['a', 'b'] },
    ],
    ['one text as an enumeration of one', Type.Literal('a'), { type: 'string', enum: ['a'] }],
    [
      'a map by its values',
      Type.Record(Type.String(), Type.String({ maxLength: 5 })),
      { type: 'object', additionalProperties: { type: 'string', maxLength: 5 } },
    ],
    [
      'lists by their items',
      Type.Array(Type.Boolean(), { maxItems: 2 }),
      { type: 'array', maxItems: 2, items: { type: 'boolean' } },
    ],
    [
      'pass-through objects as such',
      Type.Unsafe({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    ],
    [
      'closed objects as objects: the API server prunes',
      Type.Object({ a: Type.String() }, { additionalProperties: false }),
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
    ],
  ]
  for (const [what, schema, expected] of kept) {
    it(`keeps ${what}`, () => assert.deepEqual(structural(schema, 'spec'), expected))
  }

  it('keeps int-or-string, the one union that Kubernetes knows', () => {
    const { additionalProperties } = structural(Quantities, 'spec') as { additionalProperties: object }
    assert.deepEqual(Object.keys(additionalProperties), ['pattern', 'x-kubernetes-int-or-string', 'anyOf'])
  })

  it('does not require what has a default', () => {
    const schema = Type.Object({ a: Type.String({ default: '' }), b: Type.String() })
    assert.deepEqual((structural(schema, 'spec') as { required: unknown }).required, ['b'])
  })

  const lost: readonly (readonly [string, TSchema, RegExp])[] = [
    ['a union that is no enumeration', Type.Union([Type.String(), Type.Object({})]), /unions of texts/],
    ['a union of numbers', Type.Union([Type.Literal(1), Type.Literal(2)]), /unions of texts/],
    ['an intersection', Type.Intersect([Type.Object({}), Type.Object({})]), /cannot say allOf/],
    ['anything at all', Type.Unknown(), /needs a type/],
    ['a list of anything', Type.Array(Type.Unknown()), /spec\.x\[\]: .*needs a type/],
    ['an open object', Type.Object({}, { additionalProperties: true }), /preserve-unknown-fields/],
    ['a map with a pattern for its keys', Type.Record(Type.String({ pattern: '^a' }), Type.String()), /keys/],
    ['an exclusive bound', Type.Number({ exclusiveMinimum: 0 }), /cannot say exclusiveMinimum/],
    ['a keyword it does not know', Type.String({ title: 'T' }), /cannot say title/],
  ]
  for (const [what, schema, message] of lost) {
    it(`refuses ${what}, and says where`, () => {
      const refuse = (): object => structural(Type.Object({ x: schema }), 'spec')
      assert.throws(refuse, message)
      assert.throws(refuse, /spec\.x/)
    })
  }
})

describe('the CRD of RedisCluster', () => {
  it('puts the rules about the name at the root, where alone they can see it', () => {
    const [served] = versionsOf(redisClusterCrd())
    const schema = served?.schema.openAPIV3Schema
    assert.deepEqual(Object.keys(schema?.properties ?? {}), [
      'apiVersion',
      'kind',
      'metadata',
      'spec',
      'status',
    ])
    assert.ok((schema?.['x-kubernetes-validations'] ?? []).length > 0)
  })

  it('declares the status subresource, without which Metacontroller ignores the parent, and observedGeneration', () => {
    const [served] = versionsOf(redisClusterCrd())
    assert.deepEqual(served?.subresources.status, {})
    assert.equal(
      served.schema.openAPIV3Schema.properties['status']?.properties['observedGeneration']?.type,
      'integer',
    )
  })
})

interface Node {
  readonly type: string
  readonly properties: Readonly<Record<string, Node>>
  readonly 'x-kubernetes-validations'?: readonly object[]
}

interface ServedVersion {
  readonly subresources: { readonly status: object }
  readonly schema: { readonly openAPIV3Schema: Node }
}

const versionsOf = (crd: object): readonly ServedVersion[] =>
  (crd as { spec: { versions: readonly ServedVersion[] } }).spec.versions
