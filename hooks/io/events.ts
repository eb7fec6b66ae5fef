// Posts Events, one after the other and beside the syncs: nothing waits for it, and nothing fails by it.
import { hostname } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { KubernetesObject } from '../../metacontroller/contract.ts'
import type { PlannedEvent } from '../rediscluster/event.ts'
import { textHash } from '../rediscluster/text-hash.ts'
import type { Said } from './kubernetes-api.ts'

export interface EventPoster {
  /** Returns at once. What was posted before is not posted again. */
  post(about: KubernetesObject, events: readonly PlannedEvent[], now: Date): void
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>
}

interface Options {
  /** Undefined: nobody to post to. */
  readonly create: ((path: string, object: object) => Promise<Said>) | undefined
  readonly dropped: (event: object, why: string) => void
  readonly retryMs?: number
  /** An Event that is older than this is news no more. */
  readonly keptMs?: number
  readonly mostWaiting?: number
}

interface Waiting {
  readonly path: string
  readonly event: KubernetesEvent
  readonly sinceMs: number
}

const component = 'redis-operator'
const mostRemembered = 10_000

export function eventPoster(options: Options): EventPoster {
  const { create, dropped, retryMs = 1000, keptMs = 60_000, mostWaiting = 1000 } = options
  if (create === undefined) return { post: () => undefined, idle: () => Promise.resolve() }
  const waiting: Waiting[] = []
  const posted = new Set<string>()
  let work: Promise<void> | undefined

  const deliver = async ({ path, event, sinceMs }: Waiting): Promise<void> => {
    for (;;) {
      const said = await create(path, event)
      if (said.kind === 'Taken') return
      if (said.kind === 'Refused' || performance.now() - sinceMs > keptMs) {
        dropped(toldOf(event), said.why)
        return
      }
      await pause(retryMs, undefined, { ref: false })
    }
  }
  const deliverAll = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await deliver(next)
    work = undefined
  }
  return {
    post(about, events, now) {
      if (posted.size > mostRemembered) posted.clear()
      for (const event of events.map((each) => kubernetesEvent(about, each, now))) {
        const { namespace, name } = event.metadata
        if (posted.has(`${namespace}/${name}`)) continue
        posted.add(`${namespace}/${name}`)
        waiting.push({ path: `/api/v1/namespaces/${namespace}/events`, event, sinceMs: performance.now() })
        if (waiting.length > mostWaiting) drop(waiting.shift(), dropped)
      }
      if (waiting.length > 0) work ??= deliverAll()
    },
    idle: async () => await work,
  }
}

function drop(oldest: Waiting | undefined, dropped: Options['dropped']): void {
  if (oldest !== undefined) dropped(toldOf(oldest.event), 'too many wait to be posted')
}

const toldOf = ({ involvedObject, reason, message }: KubernetesEvent): object => ({
  about: `${involvedObject.kind} ${involvedObject.namespace}/${involvedObject.name}`,
  reason,
  message,
})

export interface KubernetesEvent extends PlainEvent {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly involvedObject: {
    readonly apiVersion: string
    readonly kind: string
    readonly namespace: string
    readonly name: string
    readonly uid: string
  }
}

interface PlainEvent extends Pick<PlannedEvent, 'type' | 'reason' | 'message'> {
  readonly apiVersion: 'v1'
  readonly kind: 'Event'
  readonly action: string
  readonly count: number
  readonly source: { readonly component: string }
  readonly reportingComponent: string
  readonly reportingInstance: string
  readonly firstTimestamp: string
  readonly lastTimestamp: string
  readonly eventTime: string
}

/** A core/v1 Event: the kind that kubectl describe and kubectl events show. Its name is its identity. */
export function kubernetesEvent(about: KubernetesObject, event: PlannedEvent, now: Date): KubernetesEvent {
  const { apiVersion, kind, metadata } = about
  const { name, namespace = '', uid = '' } = metadata
  const { type, reason, message } = event
  const seconds = now.toISOString().replace(/\.\d+Z$/, 'Z')
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: nameOf(name, uid, event), namespace },
    involvedObject: { apiVersion, kind, namespace, name, uid },
    ...{ type, reason, message, action: reason, count: 1 },
    source: { component },
    reportingComponent: component,
    reportingInstance: hostname().slice(0, 128) || component,
    firstTimestamp: seconds,
    lastTimestamp: seconds,
    eventTime: now.toISOString().replace(/Z$/, '000Z'),
  }
}

/** At most 253 characters, of which a name must end as one of an object does. */
function nameOf(name: string, uid: string, { reason, once }: PlannedEvent): string {
  const hash = textHash(JSON.stringify([uid, reason, once]))
  return `${name.slice(0, 230).replace(/[-.]+$/, '')}.${hash}`
}
