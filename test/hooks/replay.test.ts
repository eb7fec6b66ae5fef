// The replay command: a captured file in, its plan out; any other file is refused with what is wrong in it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { entropy, image, now, primary, reigning, replica, reports, request } from '../support/builders.ts'
import { plan } from '../support/look.ts'

const observed = request({ status: reigning() })
const reported = reports(primary(0), replica(1), replica(2))
const captured = {
  kind: 'RedisCluster',
  request: observed,
  reports: reported,
  now: now.toISOString(),
  entropy,
}

function replayFile(t: TestContext, text: string): { code: number | null; out: string; error: string } {
  const directory = mkdtempSync(join(tmpdir(), 'replay-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'sync.json')
  writeFileSync(file, text)
  const program = resolve(import.meta.dirname, '../../hooks/replay.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, file, `--image=${image}`], {
    encoding: 'utf8',
  })
  return { code: status, out: stdout, error: stderr }
}

describe('replay', () => {
  it('prints the plan that the sync had', (t) => {
    const { code, out, error } = replayFile(t, JSON.stringify(captured))
    assert.equal(code, 0, error)
    assert.deepEqual(JSON.parse(out), JSON.parse(JSON.stringify(plan(observed, reported))))
  })

  const bad: readonly (readonly [string, string, RegExp])[] = [
    ['no JSON', '{', /sync\.json: .*JSON/],
    ['null', 'null', /not a captured sync/],
    ['a bare request', JSON.stringify(observed), /not a captured sync: \/kind/],
    [
      'a sync without spec',
      JSON.stringify({ ...captured, request: { ...observed, parent: {} } }),
      /\/request\/parent\//,
    ],
    ['a time that is none', JSON.stringify({ ...captured, now: 'yesterday' }), /\/now/],
  ]
  for (const [what, text, message] of bad) {
    it(`${what} is refused with exit code 2`, (t) => {
      const { code, out, error } = replayFile(t, text)
      assert.deepEqual([code, out], [2, ''])
      assert.match(error, message)
    })
  }
})
