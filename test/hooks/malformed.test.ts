// Any part of a request may be anything: the answer is an answer or a problem, and the server lives on.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { reigning, request, secondsAgo } from '../support/builders.ts'
import { hooksServer } from '../support/hooks-server.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const whole = JSON.parse(
  JSON.stringify(
    request({
      status: reigning({
        contenders: [{ uid: 'u0', name: 'cache-0', ip: '127.1.0.10', epoch: 1 }],
        trouble: { uid: 'u0', kind: 'Blinking', since: secondsAgo(1) },
        ended: ['u7'],
        instancesStatus: { 'cache-0': { uid: 'u0', role: 'primary', connected: true, ready: true } },
      }),
    }),
  ),
) as Json

/** Every way to put `garbage` in the place of one part of a value. */
function* damaged(value: Json, garbage: Json): Generator<Json> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) {
    const put = (other: Json): Json => withPart(value, key, other)
    yield put(garbage)
    for (const deeper of damaged(part, garbage)) yield put(deeper)
  }
}

function withPart(value: readonly Json[] | { readonly [key: string]: Json }, key: string, other: Json): Json {
  const entries = Object.entries(value).map(([each, part]) => [each, each === key ? other : part] as const)
  return Array.isArray(value) ? entries.map(([, part]) => part) : Object.fromEntries(entries)
}

describe('a malformed request', () => {
  for (const garbage of [null, 'x', [null], {}] as const) {
    it(`with ${JSON.stringify(garbage)} in any place is answered, refused or held back`, async (t) => {
      const server = hooksServer(t)
      const counts = new Map<number, number>()
      for (const payload of damaged(whole, garbage)) {
        const { status, body } = await server.sync(payload)
        assert.ok([200, 400, 500].includes(status), body)
        assert.doesNotMatch(body, /\.ts:\d/)
        counts.set(status, (counts.get(status) ?? 0) + 1)
      }
      assert.ok((counts.get(400) ?? 0) > 5)
      assert.equal((await server.sync(whole)).status, 200)
    })
  }
})
