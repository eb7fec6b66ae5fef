// Quantities and their canonical spelling.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canonicalQuantity, parseQuantity } from './quantity.ts'

const rows: readonly (readonly [string, string])[] = [
  ['1000m', '1'],
  ['1024Mi', '1Gi'],
  ['1536Mi', '1536Mi'],
  ['0.5', '500m'],
  ['1.5Gi', '1536Mi'],
  ['0.5Mi', '512Ki'],
  ['1000', '1k'],
  ['1500', '1500'],
  ['100M', '100M'],
  ['1e3', '1e3'],
  ['0Gi', '0'],
  ['100m', '100m'],
  ['0.1n', '1n'],
  ['512', '512'],
]

describe('canonicalQuantity', () => {
  for (const [given, canonical] of rows)
    it(`writes ${given} as ${canonical}`, () => assert.equal(canonicalQuantity(given), canonical))
})

describe('parseQuantity', () => {
  it('compares exactly, whatever the unit', () => {
    assert.equal(parseQuantity('1Gi')?.nano, parseQuantity('1073741824')?.nano)
    assert.equal(parseQuantity('-1')?.nano, -1_000_000_000n)
  })

  it('knows what is no quantity', () => {
    for (const text of ['', 'Gi', '1 Gi', '1gi', '1.2.3', 'ten'])
      assert.equal(parseQuantity(text), undefined, text)
  })
})
