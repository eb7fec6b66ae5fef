// Polling real HTTP servers: a status is an answer, and everything else is a Silent report with its reason.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { instanceAgent, pollInstances, urlOf } from '../../../hooks/io/poll.ts'
import type { InstanceReport } from '../../../hooks/rediscluster/plan.ts'
import { instancePort } from '../../../instance/api.ts'
import { primary, uidOf } from '../../support/builders.ts'
import { fakeInstance, json } from '../../support/fake-instance.ts'

async function poll(
  t: TestContext,
  answer: RequestListener,
  deadlineMs = 2000,
): Promise<InstanceReport | undefined> {
  const agent = instanceAgent()
  t.after(() => agent.destroy())
  const instance = await fakeInstance(t, uidOf(0), answer)
  return (await pollInstances(agent, [instance], () => deadlineMs))[uidOf(0)]
}

describe('pollInstances', () => {
  it('reports a status as it is', async (t) => {
    assert.deepEqual(await poll(t, json(primary(0))), { kind: 'Answered', status: primary(0) })
  })

  const silent: readonly (readonly [string, RequestListener, RegExp])[] = [
    ['garbage', (_, response) => response.end('<html>'), /not JSON/],
    ['JSON of another kind', json({ hello: 'world' }), /not a status/],
    ['a status with a field of the wrong type', json({ ...primary(0), seen: '1' }), /not a status \(\/seen/],
    ['another Pod at a reused address', json(primary(1)), /another Pod/],
    ['500', json({}, 500), /answered 500/],
    [
      'a redirect',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /answered 302/,
    ],
    ['10 MB', (_, response) => response.end('x'.repeat(10_000_000)), /too large/],
    ['nothing, ever', () => undefined, /in time/],
    ['half an answer, then nothing', (_, response) => response.write('{"role":'), /in time/],
  ]
  for (const [what, answer, reason] of silent) {
    it(`${what}: Silent with the reason`, async (t) => {
      const report = await poll(t, answer, 400)
      assert.match(report?.kind === 'Silent' ? report.reason : 'it was not silent', reason)
    })
  }

  it('a refused connection is Silent, and spoils no other poll', async (t) => {
    const agent = instanceAgent()
    t.after(() => agent.destroy())
    const good = await fakeInstance(t, uidOf(0), json(primary(0)))
    const reports = await pollInstances(
      agent,
      [good, { uid: 'gone', name: 'gone', ip: '127.129.0.1' }],
      () => 2000,
    )
    assert.deepEqual(
      [reports[uidOf(0)]?.kind, reports['gone']],
      ['Answered', { kind: 'Silent', reason: 'it refuses connections' }],
    )
  })

  it('what does not speak HTTP is Silent', async (t) => {
    const listener = createServer((socket) => socket.end('-ERR unknown command\r\n'))
    listener.listen(instancePort, '127.129.0.2')
    await once(listener, 'listening')
    t.after(() => listener.close())
    const agent = instanceAgent()
    t.after(() => agent.destroy())
    const reports = await pollInstances(agent, [{ uid: 'u', name: 'a', ip: '127.129.0.2' }], () => 2000)
    assert.equal(reports['u']?.kind, 'Silent')
  })

  it('an address that is none is Silent, and nobody is asked', async (t) => {
    const agent = instanceAgent()
    t.after(() => agent.destroy())
    const { ip, requests } = await fakeInstance(t, 'u0', json(primary(0)))
    const forged = ['localhost', `${ip}:8080/x?`, `user@${ip}`, ''].map((each) => ({
      uid: each,
      name: 'a',
      ip: each,
    }))
    const reports = await pollInstances(agent, forged, () => 1000)
    const silent = { kind: 'Silent', reason: 'its address is not an IP address' }
    assert.deepEqual(
      Object.values(reports),
      forged.map(() => silent),
    )
    assert.deepEqual(requests, [])
  })

  it('IPv6 addresses stand in brackets', () => {
    assert.equal(urlOf({ uid: 'u', name: 'a', ip: 'fd00::1' }, '/x'), 'http://[fd00::1]:8080/x')
  })
})
