// How a stream is cut into parts: bounded memory, no part too small or too many.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { maximumParts, partPlan, partsOf } from '../../../instance/backup/s3-parts.ts'
import { mebibyte } from '../../support/s3-transfers.ts'

describe('a plan of parts', () => {
  const sizes = [0, 1, 8 * mebibyte, 10e9, 80e9, 83_886_080_001, 160e9, 300e9]
  for (const totalBytes of sizes)
    it(`for ${totalBytes} bytes fits into 32 MiB, 10,000 parts, and what S3 takes`, () => {
      const { partBytes, buffers } = partPlan(totalBytes)
      assert.ok(partBytes * buffers <= 32 * mebibyte)
      assert.ok(buffers >= 1)
      assert.ok(partBytes >= 5 * mebibyte)
      assert.ok(Math.ceil(totalBytes / partBytes) <= maximumParts)
    })

  it('for the largest object that S3 takes has parts that S3 takes', () => {
    const { partBytes, buffers } = partPlan(5 * 2 ** 40)
    assert.ok(Math.ceil((5 * 2 ** 40) / partBytes) <= maximumParts)
    assert.ok(partBytes <= 5 * 2 ** 30)
    assert.equal(buffers, 1)
  })
})

describe('parts of a stream', () => {
  const plan = { partBytes: 4, buffers: 2 }
  const cut = async (
    chunks: readonly unknown[],
  ): Promise<readonly (readonly [number, string, boolean])[]> => {
    const found: (readonly [number, string, boolean])[] = []
    for await (const part of partsOf(Readable.from(chunks), plan)) {
      found.push([part.number, part.bytes.toString(), part.last])
      part.release()
    }
    return found
  }

  it('have one size but for the last, however the bytes come', async () => {
    const expected = [
      [1, 'abcd', false],
      [2, 'efgh', false],
      [3, 'i', true],
    ]
    for (const chunks of [
      ['abcdefghi'],
      ['abc', 'def', 'ghi'],
      ['', 'abcd', 'e', 'fghi', ''],
      'a|b|c|d|e|f|g|h|i'.split('|'),
    ])
      assert.deepEqual(await cut(chunks.map((text) => Buffer.from(text))), expected)
    assert.deepEqual(await cut([new Uint8Array(Buffer.from('abcdefghi')).subarray(0, 9)]), expected)
  })

  it('end with a whole one when the bytes do', async () => {
    assert.deepEqual(await cut([Buffer.from('abcdefgh')]), [
      [1, 'abcd', false],
      [2, 'efgh', true],
    ])
  })

  it('are one empty part when there are no bytes', async () => {
    assert.deepEqual(await cut([]), [[1, '', true]])
  })

  it('wait for a buffer when all of them are out', async () => {
    const parts = partsOf(Readable.from([Buffer.from('abcdefghijkl')]), plan)
    const first = await parts.next()
    await parts.next()
    let third = false
    const waiting = parts.next().then(() => (third = true))
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(third, false)
    assert.ok(first.done !== true)
    assert.equal(first.value.bytes.toString(), 'abcd')
    first.value.release()
    await waiting
  })

  it('are not made of objects', async () => {
    await assert.rejects(cut([{}]), TypeError)
  })
})
