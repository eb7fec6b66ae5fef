// docs/memory.md and the plan agree: its numbers, its fields and its examples of directives are compared with the code.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, it } from 'node:test'
import { managerBytes, mebibyte, memoryPlanOf } from '../../../hooks/rediscluster/memory.ts'
import { MemorySpec } from '../../../hooks/rediscluster/memory-spec.ts'
import { directiveKind } from '../../../instance/directives.ts'
import * as build from '../../support/builders.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/memory.md'), 'utf8')

const mebibytes = (text: string): number => parseFloat(text) * (text.endsWith('GiB') ? 1024 : 1)

function derivedFrom(limit: string): readonly (number | undefined)[] {
  const memory = { maxMemoryPolicy: 'noeviction' as const }
  const resources = { limits: { memory: `${mebibytes(limit)}Mi` } }
  const spec = build.spec({ memory, resources })
  const plan = memoryPlanOf({ spec, request: build.request({ spec, pods: [] }) })
  const bytes = plan.maxMemory.kind === 'Derived' ? plan.maxMemory.bytes : NaN
  return [bytes, plan.backlogBytes ?? NaN, plan.replicaBufferBytes ?? NaN].map((each) => each / mebibyte)
}

describe('docs/memory.md', () => {
  it('tells what is derived', () => {
    const rows = [...page.matchAll(/^\| (\d+ [MG]iB) +\| (\d+) MiB +\| (\d+) MiB +\| (\d+) MiB/gm)]
    assert.ok(rows.length > 3)
    for (const [, limit = '', ...numbers] of rows)
      assert.deepEqual(numbers.map(Number), derivedFrom(limit), limit)
    assert.ok(page.includes(`${managerBytes / mebibyte} MiB for the instance server`))
  })

  it('tells every field', () => {
    const told = [...page.matchAll(/^\| `memory\.(\w+)`/gm)].map(([, field]) => field)
    assert.deepEqual(told.sort(), Object.keys(MemorySpec.properties).sort())
  })

  it('names directives that need a restart', () => {
    const [row = ''] = /^\| .* a restart +\|$/m.exec(page) ?? []
    const named = [...row.matchAll(/`([a-z-]+)`/g)].map(([, directive = '']) => directive)
    assert.ok(named.length > 3)
    assert.deepEqual(
      named.filter((directive) => directiveKind(directive) !== 'Restart'),
      [],
    )
  })
})
