// Events on their way to the API: named by what they tell, posted beside the syncs, dropped rather than waited for.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { eventPoster, kubernetesEvent, type EventPoster } from '../../../hooks/io/events.ts'
import { kubernetesAccess } from '../../../hooks/io/kubernetes-api.ts'
import { normal, warning } from '../../../hooks/rediscluster/event.ts'
import { now, request } from '../../support/builders.ts'
import { hooksServer } from '../../support/hooks-server.ts'

const { parent } = request({ pods: [], children: [] })
const started = warning('FailoverStarted', '1', 'cache-1 is named')

interface Api {
  readonly url: string
  /** `<authorization> <path> <reason>`, in order. */
  readonly asked: string[]
  /** How it answers; 201 by default. */
  answer: (response: ServerResponse) => void
  readonly directory: string
}

async function api(t: TestContext): Promise<Api> {
  const asked: string[] = []
  const server = createServer((received, response) => {
    let body = ''
    received.on('data', (chunk: Buffer) => (body += chunk.toString()))
    received.on('end', () => {
      const { reason = '' } = JSON.parse(body) as { reason?: string }
      asked.push(`${received.headers.authorization ?? ''} ${received.url ?? ''} ${reason}`)
      api.answer(response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const directory = mkdtempSync(join(tmpdir(), 'events-'))
  writeFileSync(join(directory, 'token'), 'first\n')
  t.after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(directory, { recursive: true })
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const api: Api = { url, asked, directory, answer: (response) => response.writeHead(201).end('{}') }
  return api
}

interface Posting {
  readonly poster: EventPoster
  readonly dropped: string[]
}

async function posting(
  { url, directory }: Api,
  options: { keptMs?: number; mostWaiting?: number } = {},
): Promise<Posting> {
  const access = await kubernetesAccess(url, directory)
  if (access.kind === 'None') throw new Error(access.why)
  const dropped: string[] = []
  const { create } = access
  const poster = eventPoster({ create, dropped: (_event, why) => dropped.push(why), retryMs: 1, ...options })
  return { poster, dropped }
}

describe('an Event', () => {
  it('is a core Event about its parent, with a name that tells it apart', () => {
    const event = kubernetesEvent(parent, started, now)
    assert.match(event.metadata.name, /^cache\.[0-9a-f]{16}$/)
    assert.deepEqual(
      [event.apiVersion, event.kind, event.type, event.reason, event.message, event.count],
      ['v1', 'Event', 'Warning', 'FailoverStarted', 'cache-1 is named', 1],
    )
    const { name, namespace, uid } = parent.metadata
    assert.deepEqual(event.involvedObject, {
      apiVersion: 'redis.io/v1',
      kind: 'RedisCluster',
      namespace,
      name,
      uid,
    })
    assert.deepEqual(
      [event.firstTimestamp, event.eventTime],
      ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00.000000Z'],
    )
  })

  it('has the same name when it is told again, and another for anything else', () => {
    const nameOf = (event = started, about = parent): string =>
      kubernetesEvent(about, event, now).metadata.name
    const later = new Date(now.getTime() + 9000)
    assert.equal(
      kubernetesEvent(parent, { ...started, message: 'other words' }, later).metadata.name,
      nameOf(),
    )
    const recreated = { ...parent, metadata: { ...parent.metadata, uid: 'c2' } }
    const others = [
      nameOf(warning('FailoverStarted', '2', '')),
      nameOf(normal('Other', '1', '')),
      nameOf(started, recreated),
    ]
    assert.equal(new Set([nameOf(), ...others]).size, 4)
  })

  it('has a name that the API server takes, however long that of its parent is', () => {
    for (const name of [`${'a'.repeat(229)}.${'b'.repeat(23)}`, 'a'.repeat(253)]) {
      const long = kubernetesEvent({ ...parent, metadata: { ...parent.metadata, name } }, started, now)
        .metadata.name
      assert.ok(long.length <= 253)
      assert.match(long, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)
    }
  })
})

describe('posting', () => {
  it('goes to the namespace of the parent, once, with the token of this moment', async (t) => {
    const server = await api(t)
    const { poster } = await posting(server)
    poster.post(parent, [started], now)
    await poster.idle()
    writeFileSync(join(server.directory, 'token'), 'second')
    poster.post(parent, [started, normal('FailoverCompleted', '2', 'done')], now)
    await poster.idle()
    const path = '/api/v1/namespaces/shop/events'
    assert.deepEqual(server.asked, [
      `Bearer first ${path} FailoverStarted`,
      `Bearer second ${path} FailoverCompleted`,
    ])
  })

  it('is done when the Event exists already: another replica was faster', async (t) => {
    const server = await api(t)
    server.answer = (response) => response.writeHead(409).end('{"message":"already exists"}')
    const { poster, dropped } = await posting(server)
    poster.post(parent, [started], now)
    await poster.idle()
    assert.deepEqual([server.asked.length, dropped], [1, []])
  })

  it('is tried again while the API is away', async (t) => {
    const server = await api(t)
    const ok = server.answer
    server.answer = (response) => {
      if (server.asked.length === 3) server.answer = ok
      response.writeHead(503).end()
    }
    const { poster, dropped } = await posting(server)
    poster.post(parent, [started], now)
    await poster.idle()
    assert.deepEqual([server.asked.length, dropped], [4, []])
  })

  it('is given up when it is refused, or old: with the reason', async (t) => {
    const server = await api(t)
    server.answer = (response) => response.writeHead(403).end('{"message":"events is forbidden"}')
    const { poster, dropped } = await posting(server, { keptMs: 0 })
    poster.post(parent, [started], now)
    await poster.idle()
    server.answer = (response) => response.writeHead(500).end('{"message":"etcd is away"}')
    poster.post(parent, [normal('FailoverCompleted', '2', '')], now)
    await poster.idle()
    assert.deepEqual(dropped, ['403: events is forbidden', '500: etcd is away'])
  })

  it('keeps only so many that wait, the newest', async (t) => {
    const server = await api(t)
    const { poster, dropped } = await posting(server, { mostWaiting: 2 })
    const many = [1, 2, 3, 4, 5].map((each) => normal(`R${each}`, 'x', ''))
    poster.post(parent, many, now)
    await poster.idle()
    assert.equal(dropped.length, 3)
    assert.deepEqual(
      server.asked.map((line) => line.slice(-2)),
      ['R4', 'R5'],
    )
  })

  it('needs an API and a token, and says what is missing', async (t) => {
    const nobody = await kubernetesAccess(undefined, tmpdir())
    const { url } = await api(t)
    const tokenless = await kubernetesAccess(url, join(tmpdir(), 'no-such-directory'))
    assert.match(nobody.kind === 'None' ? nobody.why : '', /no API server/)
    assert.match(tokenless.kind === 'None' ? tokenless.why : '', /ENOENT.*token/)
  })
})

describe('a sync', () => {
  it('is answered while its Events wait for an API that does not answer', async (t) => {
    const server = await api(t)
    const held = Promise.withResolvers<ServerResponse>()
    server.answer = (response) => held.resolve(response)
    const { poster } = await posting(server)
    const hooks = hooksServer(t, { events: poster })
    const { status } = await hooks.sync(request({ pods: [], children: [] }))
    const response = await held.promise
    assert.equal(status, 200)
    assert.match(server.asked.join(), /Creating$/)
    assert.match(hooks.logged(), /"events":\["Creating: the cluster is set up/)
    response.writeHead(201).end('{}')
    await poster.idle()
  })
})
