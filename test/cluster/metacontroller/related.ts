// The customize hook's rules, asked once per generation of a parent, and the objects that they select.
// Source: https://github.com/metacontroller/metacontroller/blob/v4.17.2/pkg/controller/common/customize/manager.go
import type { KubernetesObject } from '../client.ts'
import { callHook } from './hook.ts'
import type { Informer, Informers } from './informer.ts'
import { isObject, type JsonObject } from './merge.ts'
import { kindKey, objectMap, type ObjectMap } from './object-map.ts'
import { matchesSelector } from './selector.ts'
import type { Controller, Hook } from './spec.ts'

export type RelatedResult =
  | { readonly kind: 'Found'; readonly objects: ObjectMap }
  | { readonly kind: 'Busy'; readonly retryAfterSeconds: number }
  /** A kind is watched for the first time: try again soon, and quietly. */
  | { readonly kind: 'NotSynced' }

export interface Related {
  readonly find: (parent: KubernetesObject) => Promise<RelatedResult>
  readonly close: () => void
}

interface Rule {
  readonly apiVersion: string
  readonly resource: string
  readonly labelSelector?: unknown
  readonly namespace?: string
  readonly names?: readonly string[]
}

interface RelatedOptions {
  readonly controller: Controller
  readonly informers: Informers
  readonly signal: AbortSignal
  readonly parents: () => Iterable<KubernetesObject>
  readonly enqueue: (parent: KubernetesObject) => void
}

type Rules =
  { readonly kind: 'Rules'; readonly rules: readonly Rule[] } | Exclude<RelatedResult, { kind: 'Found' }>

export function startRelated({ controller, informers, signal, parents, enqueue }: RelatedOptions): Related {
  const cached = new Map<string, readonly Rule[]>()
  const watched = new Map<string, () => void>()
  const { customize } = controller

  const rulesOf = async (hook: Hook, parent: KubernetesObject): Promise<Rules> => {
    const key = `${parent.metadata.uid ?? ''}/${parent.metadata.generation ?? 0}`
    const known = cached.get(key)
    if (known !== undefined) return { kind: 'Rules', rules: known }
    const result = await callHook(hook, { controller: controller.object, parent }, signal)
    if (result.kind === 'Busy') return result
    const rules = readRules(result.answer)
    cached.set(key, rules)
    return { kind: 'Rules', rules }
  }

  /** Every event of a related kind visits every parent, with the old and the new state of the object. */
  const visit = async (
    hook: Hook,
    informer: Informer,
    states: readonly KubernetesObject[],
  ): Promise<void> => {
    for (const parent of parents()) {
      const found = await rulesOf(hook, parent).catch(() => undefined)
      const rules = found?.kind === 'Rules' ? found.rules : []
      const isMatch = states.some((state) =>
        rules.some((rule) => isOf(rule, informer) && matches(rule, state)),
      )
      if (isMatch) enqueue(parent)
    }
  }

  const watch = async (hook: Hook, rule: Rule): Promise<Informer> => {
    const informer = await informers.of(rule.apiVersion, rule.resource)
    const key = `${rule.apiVersion}/${rule.resource}`
    if (!watched.has(key)) {
      const stop = informer.subscribe(({ old, current }) => {
        if (old?.metadata.resourceVersion === current?.metadata.resourceVersion) return
        void visit(
          hook,
          informer,
          [old, current].filter((state) => state !== undefined),
        )
      })
      watched.set(key, stop)
    }
    return informer
  }

  const find = async (parent: KubernetesObject): Promise<RelatedResult> => {
    if (customize === undefined) return { kind: 'Found', objects: {} }
    const result = await rulesOf(customize, parent)
    if (result.kind !== 'Rules') return result
    const groups: ObjectMap[] = []
    for (const rule of result.rules) {
      const informer = await watch(customize, rule)
      if (!informer.isSynced()) return { kind: 'NotSynced' }
      const selected = [...informer.objects.values()].filter((object) => matches(rule, object))
      groups.push({ [kindKey(informer.resource)]: {} }, objectMap(selected))
    }
    return { kind: 'Found', objects: united(groups) }
  }

  return { find, close: () => watched.forEach((stop) => stop()) }
}

function readRules(answer: JsonObject): readonly Rule[] {
  const rules = answer['relatedResources'] ?? []
  if (!Array.isArray(rules)) throw new Error("can't unmarshal the answer of the customize hook: no list")
  return rules.map((rule: unknown) => {
    const { apiVersion, resource, ...rest } = isObject(rule) ? rule : {}
    if (typeof apiVersion !== 'string' || typeof resource !== 'string')
      throw new Error('a related rule has no apiVersion or no resource')
    if (rest['namespaceSelector'] !== undefined)
      throw new Error('this stand-in for Metacontroller knows no namespaceSelector')
    if (rest['names'] !== undefined && rest['labelSelector'] !== undefined)
      throw new Error('related rule cannot have both names and labelSelector specified')
    return { apiVersion, resource, ...rest }
  })
}

const isOf = (rule: Rule, { resource }: Informer): boolean =>
  rule.apiVersion === resource.apiVersion && rule.resource === resource.plural

/** Without a namespace, names match in every namespace. */
function matches(
  { labelSelector, namespace = '', names = [] }: Rule,
  { metadata }: KubernetesObject,
): boolean {
  const inNamespace = namespace === '' || metadata.namespace === undefined || metadata.namespace === namespace
  const named = names.length === 0 || names.includes(metadata.name)
  return inNamespace && named && matchesSelector(labelSelector, metadata.labels)
}

function united(maps: readonly ObjectMap[]): ObjectMap {
  const kinds = [...new Set(maps.flatMap((map) => Object.keys(map)))]
  return Object.fromEntries(kinds.map((kind) => [kind, Object.assign({}, ...maps.map((map) => map[kind]))]))
}
