// CRD schemas: defaults, unknown fields, validation, and rules.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crds, openBench, thing, thingCrd, things, type Bench } from '../../support/api-server.ts'

const text = { type: 'string' }
const integer = { type: 'integer' }

const withSpec = (properties: object, more: object = {}): object =>
  thingCrd({ spec: { type: 'object', properties, ...more }, status: { type: 'object' } })

/** What is wrong with a spec, without the words before it. */
async function faultsOf(bench: Bench, spec: object): Promise<string> {
  const { status, message } = await bench.refusal('POST', things, thing('a', spec))
  assert.equal(status, 422)
  return message.replace('Thing.example.com "a" is invalid: ', '')
}

describe('schema', () => {
  it('fills in defaults at every depth, also where a null stands', async (t) => {
    const { create } = await openBench(t)
    const inner = { type: 'object', default: {}, properties: { y: { ...text, default: 'Y' } } }
    await create(crds, withSpec({ x: { ...integer, default: 1 }, inner, z: { ...text, default: 'Z' } }))
    const made = await create(things, thing('a', { z: null }))
    assert.deepEqual(made['spec'], { x: 1, inner: { y: 'Y' }, z: 'Z' })
  })

  it('drops unknown fields, keeps them where the schema says so, and refuses them when asked to be strict', async (t) => {
    const { create, refusal } = await openBench(t)
    const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    await create(crds, withSpec({ x: integer, open }))
    const object = thing('a', { x: 1, y: 2, open: { z: 3 } })
    const { message } = await refusal('POST', `${things}?fieldValidation=Strict`, { ...object, top: 1 })
    const expected =
      'Thing in version "v1" cannot be handled as a Thing: strict decoding error: unknown field "spec.y", unknown field "top"'
    assert.equal(message, expected)
    assert.deepEqual((await create(things, object))['spec'], { x: 1, open: { z: 3 } })
  })

  const rows: readonly (readonly [string, object, unknown, string])[] = [
    [
      'types',
      integer,
      'a',
      'spec.x: Invalid value: "string": spec.x in body must be of type integer: "string"',
    ],
    [
      'whole numbers',
      integer,
      1.5,
      'spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"',
    ],
    [
      'minima',
      { ...integer, minimum: 1 },
      0,
      'spec.x: Invalid value: 0: spec.x in body should be greater than or equal to 1',
    ],
    [
      'maxima',
      { ...integer, maximum: 5 },
      6,
      'spec.x: Invalid value: 6: spec.x in body should be less than or equal to 5',
    ],
    [
      'enumerations',
      { ...text, enum: ['a', 'b'] },
      'c',
      'spec.x: Unsupported value: "c": supported values: "a", "b"',
    ],
    [
      'patterns',
      { ...text, pattern: '^[a-z]+$' },
      'A',
      `spec.x: Invalid value: "A": spec.x in body should match '^[a-z]+$'`,
    ],
    [
      'shortest lengths',
      { ...text, minLength: 2 },
      'a',
      'spec.x: Invalid value: "a": spec.x in body should be at least 2 chars long',
    ],
    ['longest lengths', { ...text, maxLength: 1 }, 'ab', 'spec.x: Too long: may not be more than 1 bytes'],
    [
      'most items',
      { type: 'array', items: integer, maxItems: 1 },
      [1, 2],
      'spec.x: Too many: 2: must have at most 1 item',
    ],
    [
      'items',
      { type: 'array', items: integer },
      [1, 'a'],
      'spec.x[1]: Invalid value: "string": spec.x[1] in body must be of type integer: "string"',
    ],
    [
      'most properties',
      { type: 'object', additionalProperties: text, maxProperties: 1 },
      { a: '1', b: '2' },
      'spec.x: Too many: 2: must have at most 1 item',
    ],
    [
      'values of maps',
      { type: 'object', additionalProperties: { ...text, maxLength: 1 } },
      { a: 'bc' },
      'spec.x.a: Too long: may not be more than 1 bytes',
    ],
    [
      'sets',
      { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
      ['a', 'a'],
      'spec.x[1]: Duplicate value: "a"',
    ],
    [
      'required fields',
      { type: 'object', properties: { y: text }, required: ['y'] },
      {},
      'spec.x.y: Required value',
    ],
    [
      'integers or texts',
      { 'x-kubernetes-int-or-string': true },
      true,
      'spec.x: Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"',
    ],
  ]
  for (const [title, schema, value, message] of rows)
    it(`checks ${title}`, async (t) => {
      const bench = await openBench(t)
      await bench.create(crds, withSpec({ x: schema }))
      assert.equal(await faultsOf(bench, { x: value }), message)
    })

  it('says everything that is wrong at once', async (t) => {
    const bench = await openBench(t)
    await bench.create(crds, withSpec({ x: integer, y: { ...text, enum: ['a'] } }, { required: ['z'] }))
    const faults = await faultsOf(bench, { x: 'a', y: 'b' })
    assert.match(faults, /^\[spec\.z: Required value, spec\.x: .*, spec\.y: .*\]$/)
  })

  const broken: readonly (readonly [string, object, RegExp])[] = [
    ['without types', { x: {} }, /properties\[x\]\.type: Required value/],
    [
      'with words that nobody would obey',
      { x: { ...text, maxLenght: 3 } },
      /properties\[x\]\.maxLenght: Forbidden/,
    ],
    ['with patterns that are none', { x: { ...text, pattern: '(' } }, /pattern: Invalid value: "\("/],
    ['with lists without items', { x: { type: 'array' } }, /items: Required value/],
  ]
  for (const [title, properties, message] of broken)
    it(`refuses CRDs ${title}`, async (t) => {
      const { refusal } = await openBench(t)
      assert.match((await refusal('POST', crds, withSpec(properties))).message, message)
    })
})

describe('rules', () => {
  const rule = (text: string, message?: string): object => ({
    'x-kubernetes-validations': [{ rule: text, ...(message === undefined ? {} : { message }) }],
  })

  it('refuses what a rule forbids, with its message', async (t) => {
    const bench = await openBench(t)
    await bench.create(
      crds,
      withSpec({ x: integer, y: integer }, rule('!has(self.y) || self.y > self.x', 'y > x')),
    )
    assert.equal(await faultsOf(bench, { x: 2, y: 1 }), 'spec: Invalid value: y > x')
    await bench.create(things, thing('a', { x: 1, y: 2 }))
  })

  it('compares with the old value on updates only', async (t) => {
    const bench = await openBench(t)
    await bench.create(crds, withSpec({ x: { ...integer, ...rule('self >= oldSelf', 'no shrinking') } }))
    await bench.create(things, thing('a', { x: 2 }))
    await bench.merge(`${things}/a`, { spec: { x: 3 } })
    const merge = 'application/merge-patch+json'
    const { message } = await bench.refusal('PATCH', `${things}/a`, { spec: { x: 1 } }, merge)
    assert.match(message, /spec\.x: Invalid value: 1: no shrinking$/)
  })

  it('sees the name of the object at the root', async (t) => {
    const bench = await openBench(t)
    await bench.create(
      crds,
      thingCrd({ spec: { type: 'object' } }, rule('size(self.metadata.name) <= 3', 'short names')),
    )
    await bench.create(things, thing('abc', {}))
    const { message } = await bench.refusal('POST', things, thing('abcd', {}))
    assert.match(message, /<nil>: Invalid value: short names$/)
  })

  it('does not check rules of objects that are broken in other ways, and says so', async (t) => {
    const bench = await openBench(t)
    await bench.create(crds, withSpec({ x: { ...integer, ...rule('self > 1') } }))
    assert.match(
      await faultsOf(bench, { x: 'a' }),
      /some validation rules were not checked because the object was invalid/,
    )
  })

  const refused: readonly (readonly [string, RegExp])[] = [
    ['self.y > 1', /undefined field 'y'/],
    ['self.x.frob()', /undeclared reference to 'frob'/],
    ['other > 1', /undeclared reference to 'other'/],
    ['self.x >', /Syntax error/],
    ["'a'.matches('(')", /invalid matches argument/],
  ]
  for (const [text, message] of refused)
    it(`refuses a CRD with the rule ${text}`, async (t) => {
      const { refusal } = await openBench(t)
      assert.match((await refusal('POST', crds, withSpec({ x: integer }, rule(text)))).message, message)
    })

  it('refuses a comparison with the old value where items cannot be told apart', async (t) => {
    const { refusal } = await openBench(t)
    const items = { ...text, ...rule('self == oldSelf') }
    const { message } = await refusal('POST', crds, withSpec({ x: { type: 'array', items } }))
    assert.match(message, /uncorrelatable portion/)
  })
})
