// Where a log of commands may be cut: property over every prefix, however it is read in pieces.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { commandScanner } from '../../../instance/backup/commands.ts'

const command = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`

const word = fc.oneof(fc.string(), fc.constantFrom('MULTI', 'EXEC', 'é', '\r\n', '*1', ''))
const ordinary = fc.array(word, { maxLength: 3 }).map((words) => command('SET', ...words))
const unit = fc.oneof(
  ordinary,
  fc.array(ordinary, { maxLength: 3 }).map((all) => `${command('MULTI')}${all.join('')}${command('exec')}`),
  fc.nat().map((seconds) => `#TS:${seconds}\r\n`),
)

function cutOf(log: Buffer, pieceBytes: number): number {
  const scanner = commandScanner()
  for (let at = 0; at < log.length; at += pieceBytes) scanner.take(log.subarray(at, at + pieceBytes))
  return scanner.cut()
}

suite('a log of commands', () => {
  test('is cut after its last whole command or transaction, wherever it ends', () => {
    fc.assert(
      fc.property(
        fc.array(unit, { maxLength: 8 }),
        fc.nat({ max: 2000 }),
        fc.integer({ min: 1, max: 64 }),
        (units, end, pieceBytes) => {
          const ends = [0]
          for (const text of units) ends.push((ends.at(-1) ?? 0) + Buffer.byteLength(text))
          const log = Buffer.from(units.join('')).subarray(0, end)
          assert.equal(cutOf(log, pieceBytes), Math.max(...ends.filter((each) => each <= log.length)))
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('that is none is refused, with the place', () => {
    for (const rest of ['hello\r\n', '$3\r\nabc\r\n', `*x\r\n`, 'y'.repeat(200), '\0\0\n'])
      assert.throws(() => cutOf(Buffer.from(command('SET', 'a', 'b') + rest), 7), /at byte 27/, rest)
  })
})
