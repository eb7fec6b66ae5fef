// A cluster of two whose instances answer over HTTP: a primary that serves, and a second one as the test wants it.
import type { TestContext } from 'node:test'
import type { Request } from '../../hooks/rediscluster/observed.ts'
import { redisPort, type InstanceStatus } from '../../instance/api.ts'
import type { Pod } from '../../hooks/kubernetes.ts'
import { pod, primary, reigning, replica, request, uidOf } from './builders.ts'
import { fakeInstance, json, type FakeInstance } from './fake-instance.ts'

export interface AnsweringPair {
  readonly observed: Request
  readonly first: FakeInstance
  readonly second: FakeInstance
}

/** By default the second is a healthy replica of the first. */
export async function answeringPair(
  t: TestContext,
  overrides: Partial<InstanceStatus> = {},
): Promise<AnsweringPair> {
  const first = await fakeInstance(t, uidOf(0), json(primary(0)))
  const follows = { host: first.ip, port: redisPort }
  const second = await fakeInstance(t, uidOf(1), json(replica(1, { follows, ...overrides })))
  const pods = [podAt(0, first.ip), podAt(1, second.ip)]
  return { observed: request({ status: reigning(), spec: { instances: 2 }, pods }), first, second }
}

export function podAt(ordinal: number, podIP: string): Pod {
  const { status, ...rest } = pod(ordinal)
  return { ...rest, status: { ...status, podIP } }
}
