// A cluster of three whose last replica finds no node: its volume is where it may not go.
import type { PersistentVolumeClaim, Pod } from '../../hooks/kubernetes.ts'
import type { Request } from '../../hooks/rediscluster/observed.ts'
import type { RedisClusterSpec } from '../../hooks/rediscluster/spec.ts'
import * as build from './builders.ts'

export interface KeptOut {
  readonly spec?: Partial<RedisClusterSpec>
  /** UIDs that counts are made over. */
  readonly members?: readonly string[]
  readonly claim?: { readonly phase?: string; readonly createdSecondsAgo?: number }
  readonly scheduler?: object
}

const unschedulable = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }

/** cache-2, made a minute ago in place of a Pod that was evicted. */
export function keptOut({
  spec = {},
  members,
  claim = {},
  scheduler = unschedulable,
}: KeptOut = {}): Request {
  const status = build.reigning({ terms: [termOver(members)] })
  const whole = build.request({ spec, status })
  const others = Object.values(whole.children)
    .flatMap((each) => Object.values(each))
    .filter(({ kind }) => kind !== 'Pod')
  const { phase = 'Bound', createdSecondsAgo = 3600 } = claim
  const children = others.map((child): PersistentVolumeClaim | (typeof others)[number] =>
    child.metadata.name === 'cache-data-2'
      ? { ...child, metadata: createdAt(child.metadata, createdSecondsAgo), status: { phase } }
      : child,
  )
  const pods = [build.pod(0), build.pod(1), pending(scheduler)]
  return build.request({ spec, status, pods, children })
}

/** Those of the two that run. */
export const reportsAround = (members?: readonly string[]): ReturnType<typeof build.reports> =>
  build.reports(build.primary(0, 1, { term: termOver(members) }), build.replica(1))

const termOver = (
  members: readonly string[] = [build.uidOf(0), build.uidOf(1)],
): ReturnType<typeof build.term> => build.term({ members: [...members] })

function pending(condition: object): Pod {
  const pod = build.pod(2, { uid: 'u2-again', ready: false, phase: 'Pending' })
  const status = { phase: 'Pending', conditions: [condition] } as unknown as NonNullable<Pod['status']>
  return { ...pod, metadata: createdAt(pod.metadata, 60), status }
}

const createdAt = (metadata: Pod['metadata'], secondsAgo: number): Pod['metadata'] => ({
  ...metadata,
  creationTimestamp: build.secondsAgo(secondsAgo),
})
