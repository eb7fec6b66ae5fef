// The hooks server: answers syncs, refuses what is not one, holds back wrong answers, and says when it is not now.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { hookPaths } from '../../hooks/rediscluster/controller.ts'
import { controlKeys } from '../../instance/api.ts'
import { answeringPair, podAt } from '../support/answering-pair.ts'
import { reigning, request, uidOf } from '../support/builders.ts'
import { fakeInstance, type FakeInstance } from '../support/fake-instance.ts'
import { hooksServer } from '../support/hooks-server.ts'

const created = request({ pods: [], children: [] })
const { parent } = created
const detailOf = (body: string): string => (JSON.parse(body) as { detail: string }).detail

describe('sync', () => {
  it('answers with status, children and resyncAfterSeconds, and nothing else', async (t) => {
    const { status, body } = await hooksServer(t).sync(created)
    assert.equal(status, 200, body)
    assert.deepEqual(Object.keys(JSON.parse(body) as object).sort(), [
      'children',
      'resyncAfterSeconds',
      'status',
    ])
  })

  it('a whole running cluster passes its own check', async (t) => {
    const { status, body } = await hooksServer(t).sync(request({ status: reigning() }))
    assert.equal(status, 200, body)
  })

  const forged: readonly (readonly [string, unknown])[] = [
    ['an empty object', {}],
    ['a parent of another kind', { ...created, parent: { ...parent, kind: 'Pod' } }],
    ['a parent of another version', { ...created, parent: { ...parent, apiVersion: 'redis.io/v9' } }],
    ['a parent without uid', { ...created, parent: { ...parent, metadata: { name: 'a', namespace: 'b' } } }],
    [
      'a name that is a path',
      { ...created, parent: { ...parent, metadata: { ...parent.metadata, name: '../a' } } },
    ],
    ['a spec that is not one', { ...created, parent: { ...parent, spec: { instances: 'three' } } }],
    ['children that are a list', { ...created, children: [] }],
    ['a null child', { ...created, children: { 'Pod.v1': { 'shop/cache-0': null } } }],
    ['half of a body', '{"parent":'],
    ['more than any cluster needs', 'x'.repeat(33 * 1024 * 1024)],
  ]
  for (const [what, payload] of forged) {
    it(`${what} is a 400 with problem details`, async (t) => {
      const { status, headers } = await hooksServer(t).sync(payload)
      assert.deepEqual([status, headers['content-type']], [400, 'application/problem+json; charset=utf-8'])
    })
  }

  it('a sync that cannot be answered safely is a 500, not a shorter list', async (t) => {
    const server = hooksServer(t)
    const { status, body } = await server.sync({ ...created, related: {} })
    assert.equal(status, 500)
    assert.match(detailOf(body), /Namespace shop/)
    assert.match(server.logged(), /"stack":"Error: /)
    assert.doesNotMatch(body, /server\.ts|\n/)
  })
})

const lost = { follows: { host: '127.0.0.1', port: 1 } }
const commandsTo = ({ requests }: FakeInstance): readonly string[] =>
  requests.filter((line) => line.startsWith('POST'))

describe('commands', () => {
  it('go out before the answer, with the token of the control Secret, which no log shows', async (t) => {
    const { observed, second } = await answeringPair(t, lost)
    const server = hooksServer(t)
    assert.equal((await server.sync(observed)).status, 200)
    const secret = observed.children['Secret.v1']?.['shop/cache-control'] as { data?: Record<string, string> }
    const token = atob(secret.data?.[controlKeys.token] ?? '')
    assert.ok(token.length > 8)
    const [command = ''] = commandsTo(second)
    assert.match(command, /^POST \/v1\/demote\?/)
    assert.ok(command.includes(`Bearer ${token} `))
    assert.match(server.logged(), /"kind":"Follow".*"ok":true/)
    assert.ok(!server.logged().includes(token))
  })

  it('stay unsent when the answer is held back', async (t) => {
    const { observed, second } = await answeringPair(t, lost)
    const foreign = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x', namespace: 'shop' } }
    const children = { ...observed.children, 'Deployment.apps/v1': { 'shop/x': foreign } }
    const { status, body } = await hooksServer(t).sync({ ...observed, children })
    assert.equal(status, 500)
    assert.match(detailOf(body), /Deployment\.apps\/v1 shop\/x/)
    assert.deepEqual(commandsTo(second), [])
  })
})

describe('log', () => {
  it('has one info line for a sync that changes something, and none for the same again', async (t) => {
    const { observed } = await answeringPair(t)
    const server = hooksServer(t)
    const { status } = JSON.parse((await server.sync(observed)).body) as { status: object }
    await server.sync({ ...observed, parent: { ...observed.parent, status } })
    const levels = [...server.logged().matchAll(/"level":(\d+).*"msg":"synced"/g)].map(([, level]) => level)
    assert.deepEqual(levels, ['30', '20'])
  })
})

describe('not now', () => {
  it('while draining: 429 with whole seconds to wait, and 503 for readiness', async (t) => {
    const server = hooksServer(t)
    server.drain()
    const { status, headers } = await server.sync(created)
    assert.deepEqual([status, headers['retry-after'], headers['connection']], [429, '1', 'close'])
    assert.equal((await server.app.inject('/readyz')).statusCode, 503)
    assert.equal((await server.app.inject('/healthz')).statusCode, 200)
  })

  it('beyond 100 syncs at once, and again when they are done', async (t) => {
    const { ip } = await fakeInstance(t, uidOf(0), () => undefined)
    const slow = request({ status: reigning(), pods: [podAt(0, ip)] })
    const server = hooksServer(t)
    const answers = await Promise.all(Array.from({ length: 101 }, () => server.sync(slow)))
    const refused = answers.filter(({ status }) => status !== 200)
    assert.deepEqual(
      refused.map(({ status, headers }) => [status, headers['retry-after']]),
      [[429, '1']],
    )
    assert.equal((await server.sync(slow)).status, 200)
  })
})

describe('bearer token', () => {
  function guarded(t: TestContext, content: string): ReturnType<typeof hooksServer> {
    const directory = mkdtempSync(join(tmpdir(), 'hooks-token-'))
    t.after(() => rmSync(directory, { recursive: true }))
    writeFileSync(join(directory, 'token'), content)
    return hooksServer(t, { bearerTokenFile: join(directory, 'token') })
  }

  it('lets in who has it, and nobody else; probes stay open', async (t) => {
    const server = guarded(t, 'mine\n')
    const statusWith = async (authorization?: string): Promise<number> =>
      (await server.sync(created, authorization === undefined ? {} : { authorization })).status
    assert.deepEqual(
      [await statusWith('Bearer mine'), await statusWith('Bearer other'), await statusWith()],
      [200, 401, 401],
    )
    assert.equal((await server.app.inject('/readyz')).statusCode, 200)
    assert.equal((await server.app.inject({ method: 'POST', url: hookPaths.customize })).statusCode, 401)
  })

  it('an empty file lets nobody in', async (t) => {
    assert.equal((await guarded(t, '\n').sync(created, { authorization: 'Bearer ' })).status, 401)
  })
})

describe('customize', () => {
  it('answers with rules that all name their namespace or are about cluster-wide objects', async (t) => {
    const { app } = hooksServer(t)
    const answer = await app.inject({
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

describe('metrics', () => {
  it('count syncs by outcome, the failed ones too, and the instances that are silent', async (t) => {
    const { observed } = await answeringPair(t, { podUID: 'another' })
    const server = hooksServer(t)
    await server.sync(observed)
    const unborn = { ...parent, metadata: { ...parent.metadata, uid: 'c2' } }
    await server.sync({ ...created, parent: unborn, related: {} })
    const { body } = await server.app.inject('/metrics')
    assert.match(body, /redis_operator_syncs_total\{kind="RedisCluster",outcome="ok"\} 1/)
    assert.match(body, /redis_operator_syncs_total\{kind="RedisCluster",outcome="failed"\} 1/)
    assert.match(body, /redis_operator_polls_total\{outcome="answered"\} 1/)
    assert.match(body, /redis_operator_polls_total\{outcome="silent"\} 1/)
  })
})
