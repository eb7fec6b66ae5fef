// What an instance takes from the API: its own RedisCluster only, whole, and nobody out of what cannot be read.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { mounts } from '../../../instance/api.ts'
import type { Log } from '../../../instance/parts.ts'
import {
  clusterView,
  kubernetesApi,
  type ClusterView,
  type KubernetesApi,
} from '../../../instance/kubernetes/api.ts'

const timeout = 20_000
const uid = 'c1'
const cluster = (more: object = {}): object => ({ metadata: { uid, resourceVersion: '7' }, ...more })

interface Stage {
  readonly api: KubernetesApi
  readonly errors: string[]
}

async function stage(t: TestContext, answer: RequestListener): Promise<Stage> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const root = mkdtempSync(join(tmpdir(), 'ra-'))
  mkdirSync(root + mounts.serviceAccount, { recursive: true })
  writeFileSync(join(root + mounts.serviceAccount, 'token'), 'pod-token')
  const errors: string[] = []
  const log = { error: (_: object, message: string) => errors.push(message) } as unknown as Log
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const names = { name: 'cache', namespace: 'shop', pod: 'cache-0', podUid: 'u0', podIp: '127.0.0.1' }
  const api = await kubernetesApi({ ...names, uid, apiUrl }, root, log)
  t.after(async () => {
    await api.close()
    server.closeAllConnections()
    server.close()
    rmSync(root, { recursive: true })
  })
  return { api, errors }
}

/** A list of one, then these lines as the watch, which ends after them. */
const watched =
  (item: object, lines: readonly string[]): RequestListener =>
  ({ url }, response) => {
    const list = JSON.stringify({ metadata: { resourceVersion: '7' }, items: [item] })
    response.end(url?.includes('watch=true') === true ? lines.join('') : list)
  }

async function viewsOf({ api }: Stage): Promise<readonly ClusterView[]> {
  const views: ClusterView[] = []
  await api.watchCluster((view) => views.push(view), new AbortController().signal)
  return views
}

const event = (object: object, type = 'MODIFIED'): string => `${JSON.stringify({ type, object })}\n`
const named = { targetPrimary: 'cache-0', targetPrimaryUID: 'u0', primaryEpoch: 3 }

describe('a RedisCluster', { timeout }, () => {
  it('names whom its status names', () => {
    const instancesStatus = {
      'cache-0': { uid: 'u0', ip: '10.0.0.1', role: 'primary' },
      'cache-1': { uid: 'u1' },
    }
    const view = clusterView(cluster({ spec: { instances: 3 }, status: { ...named, instancesStatus } }))
    assert.deepEqual([view.reign.targetPrimaryUID, view.instances, view.malformed], ['u0', 3, false])
    assert.deepEqual([view.addresses, view.podNames], [{ u0: '10.0.0.1' }, ['cache-0', 'cache-1']])
    assert.equal(clusterView(cluster()).malformed, false)
  })

  it('names nobody when its status is malformed', () => {
    const malformed = [
      'text',
      { ...named, primaryEpoch: '3' },
      { ...named, primaryEpoch: -1 },
      { ...named, targetPrimaryUID: 7 },
      { ...named, contenders: [{ uid: 'u1' }] },
      { ...named, contenders: {} },
      { ...named, terms: [{ members: [] }] },
      { ...named, instancesStatus: { 'cache-0': null } },
    ]
    for (const status of malformed) {
      const view = clusterView(cluster({ status }))
      assert.deepEqual([view.malformed, view.reign, view.addresses], [true, {}, {}], JSON.stringify(status))
    }
    for (const other of [undefined, 'text', {}, { metadata: { uid } }])
      assert.throws(() => clusterView(other), /not a RedisCluster/)
  })
})

describe('the API', { timeout }, () => {
  it('is told of once for a status that cannot be read, however often it is looked at', async (t) => {
    const status = { ...named, primaryEpoch: 'three' }
    const lines = [event(cluster({ status })), event(cluster({ status }))]
    const here = await stage(t, watched(cluster({ status }), lines))
    const views = await viewsOf(here)
    assert.deepEqual([views.length, here.errors.length], [3, 1])
  })

  it('is not heard of another RedisCluster under the same name', async (t) => {
    const other = { metadata: { uid: 'c2', resourceVersion: '8' }, status: named }
    const lines = [event(other), event(cluster({ status: named }))]
    const views = await viewsOf(await stage(t, watched(other, lines)))
    assert.deepEqual(
      views.map((view) => view.uid),
      [uid],
    )
    const { api } = await stage(t, (_request, response) => response.end(JSON.stringify(other)))
    await assert.rejects(api.getCluster(), /another one now/)
  })

  it('tells that it is deleted: while it waits for others to go, and once it is gone', async (t) => {
    const leaving = { metadata: { uid, resourceVersion: '8', deletionTimestamp: '2026-01-01T00:00:00Z' } }
    const waits = await viewsOf(await stage(t, watched(cluster(), [event(leaving)])))
    const goes = await viewsOf(await stage(t, watched(cluster(), [event(cluster(), 'DELETED')])))
    for (const views of [waits, goes])
      assert.deepEqual(
        views.map(({ deleted }) => deleted),
        [false, true],
      )
  })

  it('is left when its watch sends a line without end', async (t) => {
    const endless: RequestListener = ({ url }, response) => {
      const more = (): void => {
        if (response.write('x'.repeat(2 ** 16))) setImmediate(more)
        else response.once('drain', more)
      }
      if (url?.includes('watch=true') === true) more()
      else response.end(JSON.stringify({ metadata: { resourceVersion: '7' }, items: [] }))
    }
    const { api } = await stage(t, endless)
    const never = new AbortController().signal
    await assert.rejects(
      api.watchCluster(() => undefined, never),
      /without end/,
    )
  })
})
