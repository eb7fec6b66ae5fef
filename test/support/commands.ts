// The commands of an instance, to be sent wrong in every way: the right problem details come back, and nothing has changed.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { Value } from '@sinclair/typebox/value'
import {
  instanceAnnotations,
  instancePort,
  paths,
  Problem,
  problems,
  problemType,
  type ProblemCode,
} from '../../instance/api.ts'
import { eventually } from '../e2e/eventually.ts'
import { identity, instanceProcess, ownUID, token, type InstanceProcess } from './instance-process.ts'

export interface Command {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, unknown>>
}

export const chosen = { dataEpoch: 0, offsetBytes: 0, restarted: true }
export const proof = { uid: 'u1', epoch: 1, kind: 'Gone' }
const asked = { ...identity, epoch: '7' }

/** Each would be carried out, or refused for another reason, if it were sent as it stands. */
export const commands = {
  fence: { path: paths.fence, query: { ...asked, target: 'u1' } },
  promote: { path: paths.promote, query: asked, body: { proofs: [proof], chosen } },
  demote: { path: paths.demote, query: { ...asked, primaryIP: '127.0.0.9', primary: 'u1' } },
  handover: { path: paths.handover, query: { ...asked, target: 'u1', targetIP: '127.0.0.9' } },
  peer: {
    path: paths.peer,
    query: {},
    body: { ...identity, from: 'u1', epoch: 7, target: 'u1', writable: true, beat: 1, terms: [] },
  },
} satisfies Readonly<Record<string, Command>>

export type Raw = RequestInit

export const bearer = { authorization: `Bearer ${token}` }
export const json = { ...bearer, 'content-type': 'application/json' }

export async function refused(
  { ip }: InstanceProcess,
  pathAndQuery: string,
  code: ProblemCode,
  init: Raw = { headers: bearer },
): Promise<void> {
  const answer = await fetch(`http://${ip}:${instancePort}${pathAndQuery}`, { method: 'POST', ...init })
  const text = await answer.text()
  const what = `${init.method ?? 'POST'} ${pathAndQuery.slice(0, 200)}: ${answer.status} ${text.slice(0, 300)}`
  assert.equal(answer.headers.get('content-type')?.split(';')[0], 'application/problem+json', what)
  const body: unknown = JSON.parse(text)
  assert.ok(Value.Check(Problem, body), what)
  assert.equal(body.type, problemType(code), what)
  assert.deepEqual([body.status, answer.status], [problems[code].status, problems[code].status], what)
  assert.ok(body.detail.length > 0 && body.detail.length < 2000, what)
  assert.doesNotMatch(text, /\n\s+at |control-token/, what)
}

export const withQuery = ({ path }: Command, query: Readonly<Record<string, string>> | string): string =>
  `${path}?${typeof query === 'string' ? query : new URLSearchParams(query).toString()}`

export const sent = ({ body }: Command): Raw =>
  body === undefined ? { headers: bearer } : { headers: json, body: JSON.stringify(body) }

/** All that a command may change. */
export async function remembered(instance: InstanceProcess): Promise<unknown> {
  const { seen, seenTarget, openedEpoch, writable, dataEpoch, follows, relayed, grant, redis } =
    await instance.status()
  const { annotations = {} } = instance.api.pods.get(instance.pod) ?? {}
  const { 'redis.io/transition': _transition, ...shown } = annotations
  return { seen, seenTarget, openedEpoch, writable, dataEpoch, follows, relayed, of: grant.uid, redis, shown }
}

/** The primary of epoch 1, and that it is still that, and nothing else, afterwards. */
export async function unmoved(
  t: TestContext,
  tries: (instance: InstanceProcess) => Promise<void>,
): Promise<void> {
  const instance = await instanceProcess(t)
  await instance.start()
  await instance.open(1)
  await eventually('its Pod shows the promise', () =>
    instance.api.pods.get(instance.pod)?.annotations[instanceAnnotations.promised] === `1/${ownUID}`
      ? true
      : undefined,
  )
  const before = await remembered(instance)
  await tries(instance)
  assert.deepEqual(await remembered(instance), before)
  assert.equal(await instance.client().set('a', 'b'), 'OK')
}
