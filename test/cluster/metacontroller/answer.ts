// What the sync hook answered, as types; a malformed answer fails the sync, deletes children or crashes, as in the real one.
import type { KubernetesObject } from '../client.ts'
import { isObject, type JsonObject } from './merge.ts'

export interface SyncAnswer {
  readonly status: JsonObject
  readonly children: readonly KubernetesObject[]
  readonly resyncAfterSeconds: number
}

/** Here the process of the real Metacontroller ends, and with it every controller of the cluster. */
export class Crash extends Error {}

/** Missing children are no children: all observed ones are then deleted. */
export function readAnswer(answer: JsonObject, parent: KubernetesObject): SyncAnswer {
  const { status, children, resyncAfterSeconds } = answer
  const list = children ?? []
  if (!isObject(status ?? {})) throw malformed('status is not an object')
  if (!Array.isArray(list)) throw malformed('children is not a list')
  if (typeof (resyncAfterSeconds ?? 0) !== 'number') throw malformed('resyncAfterSeconds is not a number')
  if (list.some((child) => child !== null && !hasKind(child))) throw malformed("a child's kind is missing")
  if (list.includes(null)) throw new Crash('a child in the answer of the sync hook is null')
  return {
    status: isObject(status) ? status : {},
    children: list.filter(isObject).map((child) => inNamespace(child, parent)),
    resyncAfterSeconds: Number(resyncAfterSeconds ?? 0),
  }
}

const hasKind = (child: unknown): boolean =>
  isObject(child) && typeof child['kind'] === 'string' && child['kind'] !== ''

function inNamespace(child: JsonObject, parent: KubernetesObject): KubernetesObject {
  const metadata = isObject(child['metadata']) ? child['metadata'] : {}
  const namespace = metadata['namespace'] === undefined ? parent.metadata.namespace : metadata['namespace']
  return { ...child, metadata: { ...metadata, namespace } } as unknown as KubernetesObject
}

const malformed = (what: string): Error => new Error(`can't unmarshal the answer of the sync hook: ${what}`)
