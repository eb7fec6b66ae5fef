// The hooks server with more than one kind: a RedisBackup from its creation to its end, over HTTP, with an instance that answers.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { hookPaths } from '../../../hooks/redisbackup/controller.ts'
import type { Request } from '../../../hooks/redisbackup/observed.ts'
import type { RedisBackupStatus } from '../../../hooks/redisbackup/recorded.ts'
import { replayText } from '../../../hooks/replay.ts'
import { paths, problems, problemType, type ProblemCode } from '../../../instance/api.ts'
import { eventually } from '../../e2e/eventually.ts'
import * as backups from '../../support/backups.ts'
import { primary, request as clusterRequest, reigning, uidOf } from '../../support/builders.ts'
import { fakeInstance, json, type FakeInstance } from '../../support/fake-instance.ts'
import { hooksServer, type TestServer } from '../../support/hooks-server.ts'

const refusal = (code: ProblemCode): RequestListener =>
  json({ ...problems[code], type: problemType(code), detail: code }, problems[code].status)

interface Stage {
  readonly instance: FakeInstance
  readonly server: TestServer
  /** What GET of the job answers from now on. */
  jobIs(answer: RequestListener): void
  /** Syncs, with what was answered last as the status; throws when it was refused. */
  sync(): Promise<RedisBackupStatus>
}

/** A cluster of one whose instance answers. */
async function stage(t: TestContext, overrides: Parameters<typeof hooksServer>[1] = {}): Promise<Stage> {
  let job = refusal('no-such-backup')
  const instance = await fakeInstance(t, uidOf(0), (request, response) => {
    const { method, url = '' } = request
    const listener = url.startsWith(paths.status)
      ? json(primary(0))
      : method === 'POST'
        ? json(backups.report(), 202)
        : job
    listener(request, response)
  })
  const server = hooksServer(t, overrides)
  let status: RedisBackupStatus | undefined
  return {
    instance,
    server,
    jobIs: (answer) => void (job = answer),
    async sync() {
      const payload = seenAt(instance.ip, status)
      const answer = await server.app.inject({ method: 'POST', url: hookPaths.sync, payload })
      assert.equal(answer.statusCode, 200, answer.body)
      const body = answer.json<{ status: RedisBackupStatus; children: unknown }>()
      assert.deepEqual(body.children, [])
      status = body.status
      return status
    },
  }
}

function seenAt(ip: string, status: RedisBackupStatus | undefined): Request {
  const { 'cache-0': state } = backups.instancesStatus(0)
  assert.ok(state)
  return backups.backupRequest({
    cluster: backups.seenCluster({ instancesStatus: { 'cache-0': { ...state, ip } } }),
    ...(status === undefined ? {} : { status }),
  })
}

const phases = (statuses: readonly RedisBackupStatus[]): unknown =>
  statuses.map(({ phase, progress }) => [phase, progress])

describe('a RedisBackup', () => {
  it('is recorded, started with the control token, followed, and completed', async (t) => {
    const { instance, sync, jobIs } = await stage(t)
    const seen = [await sync(), await sync()]
    jobIs(json(backups.report()))
    seen.push(await sync())
    jobIs(json(backups.completedReport()))
    seen.push(await sync(), await sync())
    assert.deepEqual(phases(seen), [
      ['Running', undefined],
      ['Running', undefined],
      ['Running', 'Upload 40 %'],
      ['Completed', undefined],
      ['Completed', undefined],
    ])
    const commands = instance.requests.filter((line) => line.startsWith('POST'))
    const body = { ...backups.backupSpec(), backupName: 'nightly', backupUID: 'backup-uid' }
    const { clusterName: _name, target: _target, ...sent } = body
    assert.equal(commands.length, 1)
    const [method, url, scheme, token, ...rest] = commands[0]?.split(' ') ?? []
    assert.deepEqual(
      [method, url, scheme, token],
      ['POST', '/v1/backup?cluster=c1&pod=u0&backup=backup-uid', 'Bearer', backups.token],
    )
    assert.deepEqual(JSON.parse(rest.join(' ')), sent)
    const asked = `GET ${paths.backups}/nightly?cluster=c1&pod=u0&backup=backup-uid - `
    assert.equal(instance.requests.filter((line) => line === asked).length, 3)
  })

  it('that is shown an older status is answered with the newer one, and nobody is commanded', async (t) => {
    const { instance, server, sync } = await stage(t)
    const first = await sync()
    const payload = seenAt(instance.ip, undefined)
    const { status } = (await server.app.inject({ method: 'POST', url: hookPaths.sync, payload })).json<{
      status: RedisBackupStatus
    }>()
    assert.deepEqual(status, first)
    assert.deepEqual(
      instance.requests.filter((line) => line.startsWith('POST')),
      [],
    )
  })

  for (const [what, answer] of [
    ['a page that is not there', json({ message: 'Not Found' }, 404)],
    ['another Pod at its address', refusal('wrong-identity')],
    ['a report that is none', json({ phase: 'Completed' })],
  ] as const) {
    it(`takes ${what} for silence, not for a job that is lost`, async (t) => {
      const { sync, jobIs } = await stage(t)
      await sync()
      jobIs(answer)
      const { phase, silentSince } = await sync()
      assert.deepEqual([phase, typeof silentSince], ['Running', 'string'])
    })
  }

  it('becomes a file that can be replayed when it decides something, without the token', async (t) => {
    const captureDirectory = mkdtempSync(join(tmpdir(), 'capture-backup-'))
    t.after(() => rmSync(captureDirectory, { recursive: true }))
    const { sync } = await stage(t, { captureDirectory })
    await sync()
    await sync()
    const file = await eventually('the sync is captured', () => readdirSync(captureDirectory)[0])
    assert.match(file, /-redisbackup-shop-nightly\.json$/)
    const text = readFileSync(join(captureDirectory, file), 'utf8')
    assert.ok(!text.includes(btoa(backups.token)))
    assert.match(replayText(text, '').decision, /^Pending → Running: .*cache-0/)
  })
})

describe('the server', () => {
  it('answers both kinds, each at its own path, and counts them apart', async (t) => {
    const { server, sync } = await stage(t)
    await sync()
    assert.equal((await server.sync(clusterRequest({ status: reigning() }))).status, 200)
    const crossed = await server.app.inject({
      method: 'POST',
      url: hookPaths.sync,
      payload: clusterRequest({ status: reigning() }),
    })
    assert.equal(crossed.statusCode, 400)
    const { body } = await server.app.inject('/metrics')
    for (const kind of ['RedisCluster', 'RedisBackup'])
      assert.ok(body.includes(`redis_operator_syncs_total{kind="${kind}",outcome="ok"} 1`), kind)
  })

  it('customizes a RedisBackup', async (t) => {
    const { parent } = backups.backupRequest()
    const { app } = hooksServer(t)
    const answer = await app.inject({ method: 'POST', url: hookPaths.customize, payload: { parent } })
    const { relatedResources } = answer.json<{ relatedResources: readonly { resource: string }[] }>()
    assert.deepEqual(
      relatedResources.map(({ resource }) => resource),
      ['redisclusters', 'secrets'],
    )
  })
})
