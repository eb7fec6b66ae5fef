// Which control tokens are tried: the one in force, and for a while those that it replaced.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { controlTokens } from '../../../hooks/io/control-tokens.ts'
import type { Pod, Secret } from '../../../hooks/kubernetes.ts'
import type { Request } from '../../../hooks/rediscluster/observed.ts'
import { hooksServer } from '../../support/hooks-server.ts'
import * as build from '../../support/builders.ts'
import { fakeInstance, json } from '../../support/fake-instance.ts'

const minute = 60_000

describe('the control tokens to try', () => {
  it('are the one in force, and after a rotation the one before for ten minutes', () => {
    const tokens = controlTokens()
    assert.deepEqual(tokens.toTry('c1', 'a', 0), ['a'])
    assert.deepEqual(tokens.toTry('c1', 'b', minute), ['b', 'a'])
    assert.deepEqual(tokens.toTry('c1', 'b', 9.9 * minute), ['b', 'a'])
    assert.deepEqual(tokens.toTry('c1', 'b', 10 * minute), ['b'])
  })

  it('are never those of another cluster', () => {
    const tokens = controlTokens()
    tokens.toTry('c1', 'a', 0)
    assert.deepEqual(tokens.toTry('c2', 'b', 0), ['b'])
  })

  it('hold each once, the newest first, and two earlier ones at most', () => {
    const tokens = controlTokens()
    for (const token of ['a', 'b', 'c', 'd']) tokens.toTry('c1', token, 0)
    assert.deepEqual(tokens.toTry('c1', 'b', 0), ['b', 'd', 'c'])
  })

  it('bridge the moment in which the Secret is missing', () => {
    const tokens = controlTokens()
    tokens.toTry('c1', 'a', 0)
    assert.deepEqual(tokens.toTry('c1', undefined, minute), ['a'])
    assert.deepEqual(tokens.toTry('c1', 'b', minute), ['b', 'a'])
    assert.deepEqual(controlTokens().toTry('c1', undefined, 0), [])
  })
})

describe('a sync after a rotation', () => {
  it('still commands a Pod whose mount is not renewed, and logs no token', async (t) => {
    const server = hooksServer(t)
    const pod = await fakeInstance(t, 'u1', (request, response) => {
      const knows = request.method === 'GET' || request.headers.authorization === 'Bearer old-token'
      const answer = knows ? json(build.fenced(1, 1, 0)) : json({ detail: 'send the control token' }, 401)
      answer(request, response)
    })
    const sync = async (token: string): Promise<void> => {
      const answer = await server.sync(observed(token, pod.ip))
      assert.equal(answer.status, 200, answer.body)
    }
    await sync('old-token')
    await sync('new-token')
    const fences = pod.requests.filter((line) => line.startsWith('POST /v1/fence'))
    assert.deepEqual(
      fences.map((line) => line.split(' ').slice(2, 4).join(' ')),
      ['Bearer old-token', 'Bearer new-token', 'Bearer old-token'],
    )
    assert.doesNotMatch(server.logged(), /old-token|new-token/)
  })
})

/** ordinal 1 is named for epoch 2, and has not promised it. */
function observed(token: string, ip: string): Request {
  const request = build.request({ status: build.succession(1), pods: [at(build.pod(1), ip)] })
  const withToken = (object: object): object =>
    'metadata' in object && (object as Secret).metadata.name === 'cache-control'
      ? { ...object, data: { ...(object as Secret).data, token: btoa(token) } }
      : object
  return JSON.parse(
    JSON.stringify(request, (_key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) ? withToken(value) : value,
    ),
  ) as Request
}

const at = (pod: Pod, podIP: string): Pod => ({ ...pod, status: { ...pod.status, podIP } })
