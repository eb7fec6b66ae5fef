// Every mutant still finds the rule that it takes out; the attack itself is npm run sim:mutants.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { mutants } from './mutants/all.ts'

const textOf = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')

describe('mutants', () => {
  it('find their text exactly once', () => {
    const lost = mutants.filter(({ file, find }) => textOf(file).split(find).length !== 2)
    assert.deepEqual(
      lost.map(({ name, file }) => `${name}: ${file}`),
      [],
    )
  })
})
