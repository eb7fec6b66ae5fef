// The hooks server: answers syncs, refuses what is not one, holds back wrong answers, and drains.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { pino } from 'pino'
import { lastAnswers } from '../../hooks/io/last-answers.ts'
import { hookMetrics } from '../../hooks/io/metrics.ts'
import { instanceAgent } from '../../hooks/io/poll.ts'
import { hookPaths } from '../../hooks/rediscluster/controller.ts'
import { parseCaptured, replay } from '../../hooks/replay.ts'
import { buildServer, type HooksServer } from '../../hooks/server.ts'
import { image, reigning, request } from '../support/builders.ts'

function server(t: TestContext, captureDirectory?: string): HooksServer {
  const agent = instanceAgent()
  const built = buildServer({
    image,
    captureDirectory,
    agent,
    lastAnswers: lastAnswers(),
    metrics: hookMetrics(),
    log: pino({ level: 'silent' }),
  })
  t.after(async () => {
    await built.app.close()
    await agent.destroy()
  })
  return built
}

const created = request({ pods: [], children: [] })

describe('sync', () => {
  it('answers with status, children and resyncAfterSeconds, and nothing else', async (t) => {
    const answer = await server(t).app.inject({ method: 'POST', url: hookPaths.sync, payload: created })
    assert.equal(answer.statusCode, 200)
    assert.deepEqual(Object.keys(answer.json<object>()).sort(), ['children', 'resyncAfterSeconds', 'status'])
  })

  it('a whole running cluster passes its own check', async (t) => {
    const answer = await server(t).app.inject({
      method: 'POST',
      url: hookPaths.sync,
      payload: request({ status: reigning() }),
    })
    assert.equal(answer.statusCode, 200, answer.body)
  })

  const forged: readonly (readonly [string, unknown])[] = [
    ['an empty object', {}],
    ['a parent of another kind', { ...created, parent: { ...created.parent, kind: 'Pod' } }],
    [
      'a parent without uid',
      { ...created, parent: { ...created.parent, metadata: { name: 'a', namespace: 'b' } } },
    ],
    ['a spec that is not one', { ...created, parent: { ...created.parent, spec: { instances: 'three' } } }],
    ['children that are a list', { ...created, children: [] }],
    ['a null child', { ...created, children: { 'Pod.v1': { 'shop/cache-0': null } } }],
  ]
  for (const [what, payload] of forged) {
    it(`${what} is a 400 with problem details`, async (t) => {
      const answer = await server(t).app.inject({
        method: 'POST',
        url: hookPaths.sync,
        payload: payload as object,
      })
      assert.deepEqual(
        [answer.statusCode, answer.headers['content-type']],
        [400, 'application/problem+json; charset=utf-8'],
      )
    })
  }

  it('a truncated body is a 400', async (t) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await server(t).app.inject({
      method: 'POST',
      url: hookPaths.sync,
      headers,
      payload: '{"parent":',
    })
    assert.equal(answer.statusCode, 400)
  })

  it('a sync that cannot be answered safely is a 500, not a shorter list', async (t) => {
    const answer = await server(t).app.inject({
      method: 'POST',
      url: hookPaths.sync,
      payload: { ...created, related: {} },
    })
    assert.equal(answer.statusCode, 500)
    assert.match(answer.json<{ detail: string }>().detail, /Namespace shop/)
  })

  it('while draining the answer is "not now", with whole seconds to wait', async (t) => {
    const { app, drain } = server(t)
    drain()
    const answer = await app.inject({ method: 'POST', url: hookPaths.sync, payload: created })
    assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [429, '1'])
    assert.equal((await app.inject('/readyz')).statusCode, 429)
  })
})

describe('customize', () => {
  it('answers with rules that all name their namespace or are about cluster-wide objects', async (t) => {
    const answer = await server(t).app.inject({
      method: 'POST',
      url: hookPaths.customize,
      payload: { parent: created.parent },
    })
    const { relatedResources } = answer.json<{
      relatedResources: { resource: string; namespace?: string }[]
    }>()
    const everywhere = relatedResources
      .filter(({ namespace }) => namespace === undefined)
      .map(({ resource }) => resource)
    assert.deepEqual(everywhere, ['namespaces', 'storageclasses'])
  })
})

describe('capture', () => {
  it('a captured sync has no secret in it, and replays to the same decision', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'capture-'))
    const observed = request({ status: reigning() })
    await server(t, directory).app.inject({ method: 'POST', url: hookPaths.sync, payload: observed })
    const [file = ''] = readdirSync(directory)
    const text = readFileSync(join(directory, file), 'utf8')
    const secrets = Object.values(observed.children['Secret.v1'] ?? {}).flatMap((secret) =>
      Object.values((secret as { data?: Record<string, string> }).data ?? {}),
    )
    assert.ok(secrets.length > 0)
    for (const secret of secrets) assert.ok(!text.includes(secret))
    const plan = replay(parseCaptured(text), image)
    assert.match(plan.decision, /^Blinking/)
  })
})

describe('metrics', () => {
  it('count the syncs', async (t) => {
    const { app } = server(t)
    await app.inject({ method: 'POST', url: hookPaths.sync, payload: created })
    assert.match((await app.inject('/metrics')).body, /redis_operator_syncs_total\{outcome="ok"\} 1/)
  })
})
