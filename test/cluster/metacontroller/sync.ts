// One sync of one parent: claim, ask the hook, write children, write status.
// Source: https://github.com/metacontroller/metacontroller/blob/v4.17.2/pkg/controller/composite/controller.go
import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject } from '../client.ts'
import { readAnswer } from './answer.ts'
import { isConflict, isNotFound, rewrite, type Api } from './api.ts'
import { claimChildren, uidLabel } from './claim.ts'
import { manageChildren } from './children.ts'
import { callHook } from './hook.ts'
import type { Informer } from './informer.ts'
import type { JsonObject } from './merge.ts'
import { kindKey, objectMap, type ObjectMap } from './object-map.ts'
import type { Random } from './random.ts'
import type { Related } from './related.ts'
import type { Controller, Method } from './spec.ts'

export type SyncResult =
  | { readonly kind: 'Done' }
  | { readonly kind: 'Busy'; readonly retryAfterSeconds: number }
  | { readonly kind: 'NotSynced' }

export interface SyncContext {
  readonly api: Api
  readonly controller: Controller
  readonly children: readonly { readonly informer: Informer; readonly method: Method }[]
  readonly related: Related
  readonly random: Random
  readonly signal: AbortSignal
  readonly resyncAfter: (milliseconds: number) => void
}

/** Throws on a failure, which the caller answers with back-off. */
export async function syncParent(parent: KubernetesObject, context: SyncContext): Promise<SyncResult> {
  const { api, controller, children, related, random, signal, resyncAfter } = context
  const observed = await observedChildren(parent, context)
  const found = await related.find(parent)
  if (found.kind !== 'Found') return found
  const body = {
    controller: controller.object,
    parent,
    children: observed,
    related: found.objects,
    finalizing: false,
  }
  const result = await callHook(controller.sync, body, signal)
  if (result.kind === 'Busy') return result

  const answer = readAnswer(result.answer, parent)
  if (answer.resyncAfterSeconds > 0) resyncAfter(answer.resyncAfterSeconds * 1000)
  const desired = objectMap(answer.children.map((child) => labelled(child, parent)))
  const methods = new Map(children.map(({ informer, method }) => [kindKey(informer.resource), method]))
  const failure =
    parent.metadata.deletionTimestamp === undefined
      ? await manageChildren({ api, parent, observed, desired, methods, random }).catch(asError)
      : undefined
  const isCurrent = await writeStatus(api, parent, answer.status)
  if (failure !== undefined && isCurrent) throw failure
  return { kind: 'Done' }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

/** Every declared kind is there, even when nothing of it is. */
async function observedChildren(
  parent: KubernetesObject,
  { api, children }: SyncContext,
): Promise<ObjectMap> {
  const claimed: KubernetesObject[] = []
  for (const { informer } of children)
    claimed.push(...(await claimChildren(api, informer.resource, informer.objects.values(), parent)))
  const empty = Object.fromEntries(children.map(({ informer }) => [kindKey(informer.resource), {}]))
  return { ...empty, ...objectMap(claimed) }
}

/** A child with another parent's label fails the whole sync before anything is written. */
function labelled(child: KubernetesObject, { metadata: { uid = '' } }: KubernetesObject): KubernetesObject {
  const label = child.metadata.labels?.[uidLabel] ?? uid
  if (label !== uid)
    throw new Error(
      `labels on desired child ${child.kind} ${child.metadata.name} don't match parent selector`,
    )
  return {
    ...child,
    metadata: { ...child.metadata, labels: { ...child.metadata.labels, [uidLabel]: uid } },
  }
}

/**
 * The whole status is replaced, and only when it differs from a live read. False when the parent is gone or was changed
 * meanwhile: then the sync counts as successful, whatever happened to its children.
 */
async function writeStatus(api: Api, parent: KubernetesObject, answered: JsonObject): Promise<boolean> {
  const status = { ...answered, observedGeneration: parent.metadata.generation }
  const change = (live: KubernetesObject): KubernetesObject | undefined =>
    isDeepStrictEqual(live['status'], status) ? undefined : { ...live, status }
  try {
    await rewrite(api, await api.resourceOfKind(parent.apiVersion, parent.kind), parent, change, 'status')
    return true
  } catch (cause) {
    if (isNotFound(cause) || isConflict(cause)) return false
    throw new Error(`can't update status for ${parent.kind} ${parent.metadata.name}: ${String(cause)}`, {
      cause,
    })
  }
}
