// Runs one CompositeController: its caches, its queue, and what follows on the outcome of each sync.
import type { KubernetesObject } from '../client.ts'
import { Crash } from './answer.ts'
import type { Api } from './api.ts'
import type { Informer, Informers } from './informer.ts'
import { nameKey } from './object-map.ts'
import { startQueue, type WorkQueue } from './queue.ts'
import type { Random } from './random.ts'
import { startRelated } from './related.ts'
import type { Controller, Method } from './spec.ts'
import { startStaleView } from './stale.ts'
import { syncParent, type SyncResult } from './sync.ts'
import { everyPeriod, onChild, onParent } from './triggers.ts'

export interface Machinery {
  readonly api: Api
  readonly informers: Informers
  readonly random: Random
  readonly workers: number
  readonly stalenessProbability: number
  readonly onSync: () => void
  readonly onFailure: (parent: KubernetesObject, error: unknown) => void
  readonly onCrash: (error: Crash) => void
}

export interface RunningController {
  readonly controller: Controller
  readonly close: () => Promise<void>
}

export async function startController(
  controller: Controller,
  machinery: Machinery,
): Promise<RunningController> {
  const { api, random } = machinery
  const aborter = new AbortController()
  const { signal } = aborter
  const isOpen = (): boolean => !signal.aborted
  const { parents, children } = await informersOf(controller, machinery.informers)
  const stale = startStaleView(machinery.stalenessProbability, random)
  const enqueue = (parent: KubernetesObject): void => queue.add(nameKey(parent))
  const everyParent = (): Iterable<KubernetesObject> => parents.objects.values()
  const related = startRelated({
    controller,
    informers: machinery.informers,
    signal,
    parents: everyParent,
    enqueue,
  })

  const work = async (key: string): Promise<void> => {
    const current = parents.objects.get(key)
    if (current === undefined || !isOpen()) return
    machinery.onSync()
    const resyncAfter = (milliseconds: number): void => queue.addAfter(key, milliseconds)
    const context = { api, controller, children, related, random, signal, resyncAfter }
    try {
      settle(queue, key, await syncParent(stale.of(current), context))
    } catch (error) {
      if (error instanceof Crash) machinery.onCrash(error)
      else if (isOpen()) machinery.onFailure(current, error)
      queue.addRateLimited(key)
    }
  }
  const queue = startQueue(machinery.workers, work)
  const stops = [
    parents.subscribe((change) => {
      stale.observe(change)
      onParent(controller, change, enqueue)
    }),
    ...children.map(({ informer }) =>
      informer.subscribe((change) => onChild(everyParent(), change, enqueue)),
    ),
    everyPeriod(controller, () => [...everyParent()].forEach(enqueue)),
    related.close,
  ]
  const close = async (): Promise<void> => {
    aborter.abort()
    stops.forEach((stop) => stop())
    await queue.close()
  }
  return { controller, close }
}

async function informersOf(
  { parent, children }: Controller,
  informers: Informers,
): Promise<{
  readonly parents: Informer
  readonly children: readonly { readonly informer: Informer; readonly method: Method }[]
}> {
  const parents = await informers.of(parent.apiVersion, parent.resource)
  const found = await Promise.all(
    children.map(async ({ apiVersion, resource, method }) => ({
      informer: await informers.of(apiVersion, resource),
      method,
    })),
  )
  await Promise.all([parents.synced, ...found.map(({ informer }) => informer.synced)])
  return { parents, children: found }
}

function settle(queue: WorkQueue, key: string, result: SyncResult): void {
  if (result.kind === 'Done') queue.forget(key)
  else if (result.kind === 'Busy') queue.addAfter(key, result.retryAfterSeconds * 1000)
  else queue.addRateLimited(key)
}
