// Captured syncs of a real cluster, and the plan that each must have. UPDATE=1 node --test test/hooks/golden.test.ts writes the plans anew.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import type { Secret } from '../../hooks/kubernetes.ts'
import { defaultImage, parseCaptured, replay } from '../../hooks/replay.ts'
import { childKinds } from '../../hooks/rediscluster/controller.ts'
import { violationsOf } from '../../metacontroller/validate.ts'
import { situations, type Sync } from '../fixtures/situations.ts'

const folder = resolve(import.meta.dirname, '../fixtures')
const captureOf = (name: string): string => join(folder, `${name}.json`)
const planOf = (name: string): string => join(folder, `${name}.plan.json`)
const asText = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`

function syncOf(name: string): Sync {
  const captured = parseCaptured(readFileSync(captureOf(name), 'utf8'))
  return { captured, plan: replay(captured, defaultImage) }
}

describe('a captured sync', () => {
  for (const [name, { isShownBy }] of Object.entries(situations)) {
    it(`${name} has the plan beside it`, () => {
      const sync = syncOf(name)
      assert.ok(isShownBy(sync), `it no longer shows ${name}: ${sync.plan.decision}`)
      if (process.env['UPDATE'] === '1') writeFileSync(planOf(name), asText(sync.plan))
      const expected: unknown = JSON.parse(readFileSync(planOf(name), 'utf8'))
      assert.deepEqual(JSON.parse(asText(sync.plan)), expected)
    })

    it(`${name} gives an answer that may be sent`, () => {
      const { captured, plan } = syncOf(name)
      const namespace = captured.request.parent.metadata.namespace ?? ''
      const { deletions } = plan
      const context = { request: captured.request, childKinds, deletions, namespace }
      assert.deepEqual(violationsOf(plan, context), [])
    })
  }

  it('that is idle changes nothing', () => {
    const { captured, plan } = syncOf('healthy-idle')
    assert.deepEqual(plan.status, captured.request.parent.status)
    assert.deepEqual([plan.commands, plan.deletions], [[], []])
  })

  it('holds no secret and no leftovers of the API server', () => {
    for (const name of Object.keys(situations)) {
      const { request, entropy } = syncOf(name).captured
      const secrets = [request.children, request.related].flatMap((map) =>
        Object.values(map['Secret.v1'] ?? {}),
      )
      const values = secrets.flatMap((secret) => Object.values((secret as Secret).data ?? {}))
      assert.deepEqual(
        values.filter((value) => value !== btoa('redacted')),
        [],
      )
      assert.match(entropy, /^0+$/)
      assert.doesNotMatch(JSON.stringify(request), /managedFields|last-applied/)
    }
  })

  it('is printed by npm run replay with the same plan', () => {
    const program = resolve(import.meta.dirname, '../../hooks/replay.ts')
    const { stdout } = spawnSync(process.execPath, [program, captureOf('fencing')], { encoding: 'utf8' })
    assert.equal(stdout, readFileSync(planOf('fencing'), 'utf8'))
  })
})
