// What a CompositeController asks for, as far as this stand-in can do it; the rest is refused with a sentence.
import type { KubernetesObject } from '../client.ts'
import { isObject, type JsonObject } from './merge.ts'

export interface Controller {
  readonly name: string
  /** As it stands in the cluster: every request carries it. */
  readonly object: KubernetesObject
  readonly parent: { readonly apiVersion: string; readonly resource: string }
  readonly ignoreStatusChanges: boolean
  readonly children: readonly ChildRule[]
  readonly resyncPeriodSeconds: number | undefined
  readonly sync: Hook
  readonly customize: Hook | undefined
}

export interface ChildRule {
  readonly apiVersion: string
  readonly resource: string
  readonly method: Method
}

export type Method = 'InPlace' | 'OnDelete'

export interface Hook {
  readonly kind: 'sync' | 'customize'
  readonly url: string
  readonly timeoutMilliseconds: number
  /** Whether an unknown key fails the whole answer. */
  readonly strict: boolean
}

/** Throws when the CompositeController needs what only the real Metacontroller can do. */
export function readController(object: KubernetesObject): Controller {
  const spec = objectAt(object, 'spec')
  const parent = objectAt(spec, 'parentResource')
  const hooks = objectAt(spec, 'hooks')
  refuseOthers('spec', spec, [
    'parentResource',
    'childResources',
    'generateSelector',
    'resyncPeriodSeconds',
    'hooks',
  ])
  refuseOthers('spec.parentResource', parent, ['apiVersion', 'resource', 'ignoreStatusChanges'])
  refuseOthers('spec.hooks', hooks, ['sync', 'customize'])
  if (spec['generateSelector'] !== true) throw refusal('spec.generateSelector must be true')
  const sync = readHook('sync', hooks)
  if (sync === undefined) throw refusal('spec.hooks.sync is missing')
  const period = spec['resyncPeriodSeconds']
  return {
    name: object.metadata.name,
    object,
    parent: { apiVersion: text(parent, 'apiVersion'), resource: text(parent, 'resource') },
    ignoreStatusChanges: parent['ignoreStatusChanges'] === true,
    children: listAt(spec, 'childResources').map(readChildRule),
    resyncPeriodSeconds: typeof period === 'number' ? Math.max(period, 1) : undefined,
    sync,
    customize: readHook('customize', hooks),
  }
}

/** Go's notation, `1m30s` or `500ms`. */
export function milliseconds(duration: string): number {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.map(([part]) => part).join('') !== duration)
    throw refusal(`"${duration}" is not a duration like 5s or 500ms`)
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? 0), 0)
}

function readChildRule(rule: JsonObject): ChildRule {
  refuseOthers('spec.childResources[]', rule, ['apiVersion', 'resource', 'updateStrategy'])
  const strategy = isObject(rule['updateStrategy']) ? rule['updateStrategy'] : {}
  const { method = 'OnDelete' } = strategy
  if (method !== 'OnDelete' && method !== 'InPlace') throw refusal(`update strategy ${String(method)}`)
  return { apiVersion: text(rule, 'apiVersion'), resource: text(rule, 'resource'), method }
}

function readHook(kind: Hook['kind'], hooks: JsonObject): Hook | undefined {
  if (hooks[kind] === undefined) return undefined
  const place = `spec.hooks.${kind}`
  const hook = objectAt(hooks, kind)
  const webhook = objectAt(hook, 'webhook')
  refuseOthers(place, hook, ['version', 'webhook'])
  refuseOthers(`${place}.webhook`, webhook, ['url', 'timeout', 'responseUnMarshallMode'])
  if (hook['version'] !== 'v2') throw refusal(`${place}.version must be v2`)
  const { timeout } = webhook
  const asked = typeof timeout === 'string' ? milliseconds(timeout) : 0
  return {
    kind,
    url: text(webhook, 'url'),
    timeoutMilliseconds: asked > 0 ? asked : 10_000,
    strict: webhook['responseUnMarshallMode'] !== 'loose',
  }
}

function refuseOthers(place: string, object: JsonObject, known: readonly string[]): void {
  const others = Object.keys(object).filter((key) => !known.includes(key))
  if (others.length > 0) throw refusal(others.map((key) => `${place}.${key}`).join(', '))
}

function objectAt(object: unknown, key: string): JsonObject {
  const value = isObject(object) ? object[key] : undefined
  if (!isObject(value)) throw refusal(`${key} is not an object`)
  return value
}

function listAt(object: JsonObject, key: string): readonly JsonObject[] {
  const value = object[key] ?? []
  if (!Array.isArray(value) || !value.every(isObject)) throw refusal(`${key} is not a list of objects`)
  return value
}

function text(object: JsonObject, key: string): string {
  const value = object[key]
  if (typeof value !== 'string') throw refusal(`${key} is not a text`)
  return value
}

const refusal = (what: string): Error =>
  new Error(`this stand-in for Metacontroller cannot run the CompositeController: ${what}`)
