// The part of the Common Expression Language that rules of CRDs use.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { evaluate } from './cel/evaluate.ts'
import { parse } from './cel/parse.ts'
import { CelSyntaxError } from './cel/tokens.ts'
import { CelError, valueFrom } from './cel/values.ts'

const self = { n: 3, f: 1.5, s: 'abc', list: [1, 2, 3], map: { a: '1', 'b-c': '2' }, size: '10Gi', on: true }
const scope = new Map([['self', valueFrom(self, undefined)]])
const run = (text: string): unknown => evaluate(parse(text), scope)

const holds: readonly string[] = [
  'self.n == 3 && self.f == 1.5',
  'self.n + 2 * 3 == 9 && (self.n + 2) * 3 == 15',
  'self.n / 2 == 1 && self.n % 2 == 1 && -self.n < 0',
  '7.0 / 2.0 == 3.5',
  '1 == 1.0 && 1 < 1.5',
  "self.s + 'd' == 'abcd' && self.s != \"ab\"",
  "self.s in ['x', 'abc'] && !('y' in self.map) && 'a' in self.map",
  'has(self.s) && !has(self.none)',
  "!has(self.none) || self.none == 'x'",
  "self.none == 'x' || true",
  'true || self.none',
  'self.n > 2 ? self.on : false',
  'self.list.all(x, x > 0) && self.list.exists(x, x == 2) && self.list.exists_one(x, x > 2)',
  'self.list.map(x, x * 2) == [2, 4, 6] && self.list.filter(x, x > 1).size() == 2',
  'self.list.map(x, x > 1, x + 1) == [3, 4]',
  "self.map.all(k, k.matches('^[a-z-]+$')) && self.map['a'] == '1'",
  'size(self.list) == 3 && self.list[0] == 1 && size(self.s) == 3 && self.map.size() == 2',
  "self.s.startsWith('a') && self.s.endsWith('c') && self.s.contains('b')",
  "self.s.upperAscii() == 'ABC' && self.s.replace('b', 'x') == 'axc' && 'a,b'.split(',') == ['a', 'b']",
  "self.s.substring(1) == 'bc' && self.s.indexOf('c') == 2 && ['a', 'b'].join('-') == 'a-b'",
  'self.list.sum() == 6 && self.list.min() == 1 && self.list.max() == 3 && self.list.isSorted()',
  "quantity(self.size).compareTo(quantity('10240Mi')) == 0",
  "quantity(self.size).isGreaterThan(quantity('0')) && !isQuantity('ten')",
  "quantity('1').add(quantity('500m')).compareTo(quantity('1500m')) == 0",
  "string(self.n) == '3' && int('3') == self.n",
  "r'\\d' == '\\\\d' && 'it\\'s' == \"it's\"",
  "{'a': 1}['a'] == 1",
  'null == null && self.on != null',
]

describe('CEL', () => {
  for (const text of holds) it(`holds: ${text}`, () => assert.equal(run(text), true))

  it('has no value where a field, an item or a fitting type is missing', () => {
    for (const text of [
      'self.none',
      'self.list[9]',
      "self.n + 'a'",
      '1 / 0',
      'self.s < 1',
      'self.list.all(x, x)',
      "quantity('x')",
    ])
      assert.throws(() => run(text), CelError, text)
  })

  it('takes an error for decided when the other side decides', () => {
    assert.equal(run('self.none && false'), false)
    assert.equal(run('self.list.exists(x, x == 3 || self.none)'), true)
    assert.throws(() => run('self.none && true'), CelError)
  })

  it('refuses what it does not understand', () => {
    for (const text of [
      '',
      'self.',
      'a b',
      'self.list.all(x)',
      "'open",
      'self @ 1',
      '(1',
      'has(self)',
      '[1, 2',
    ])
      assert.throws(() => parse(text), CelSyntaxError, text)
  })

  it('reads the escaped names of fields', () => {
    const scope = new Map([['self', valueFrom({ 'a-b': 1, namespace: 2 }, undefined)]])
    assert.equal(evaluate(parse('self.a__dash__b == 1 && self.__namespace__ == 2'), scope), true)
  })
})
