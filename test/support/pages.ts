// Reads the pages of the documentation: their sections, tables, words and shell lines.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')
export const read = (file: string): string => readFileSync(join(root, file), 'utf8')

/** What stands under a heading of the second level, up to the next one. */
export function section(page: string, heading: string): string {
  const [, after = ''] = page.split(`\n## ${heading}\n`)
  assert.notEqual(after, '', `there is no section ${heading}`)
  return after.split('\n## ')[0] ?? ''
}

/** The rows of every table in the text, as cells. */
export function rows(text: string): readonly (readonly string[])[] {
  return tableLines(text).map((cells) => cells.map((cell) => cell.replaceAll('`', '')))
}

export function rowOf(text: string, first: string): readonly string[] {
  const row = rows(text).find(([name]) => name === first)
  assert.ok(row, `no row for ${first}`)
  return row
}

/** What is written as code in that column. */
export const wordsIn = (text: string, column: number): readonly string[] =>
  tableLines(text).flatMap((cells) => codeIn(cells[column] ?? ''))

export const codeIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, word = '']) => word)

/** Of every block for a shell, also inside lists; what a backslash continues is one line. */
export function shellLines(page: string): readonly string[] {
  const blocks = [...page.matchAll(/^ *```sh\n(.*?)^ *```/gms)].map(([, block = '']) => block)
  return blocks.flatMap((block) =>
    block
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  )
}

/** The reasons that a file writes down as such. */
export const reasonsIn = (...files: readonly string[]): readonly string[] =>
  files.flatMap((file) =>
    [...read(file).matchAll(/reason(?::| =) '(\w+)'/g)].map(([, reason = '']) => reason),
  )

/** The members of a union of texts, as the source spells them. */
export function unionIn(file: string, name: string): readonly string[] {
  const [, union = ''] = new RegExp(`export type ${name} =((?:\\s+\\|? ?'\\w+'.*)+)`).exec(read(file)) ?? []
  const members = [...union.matchAll(/'(\w+)'/g)].map(([, member = '']) => member)
  assert.ok(members.length > 1, `${name} in ${file}`)
  return members
}

const tableLines = (text: string): readonly (readonly string[])[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map((cells) => cells.slice(1, -1))
