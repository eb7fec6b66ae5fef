// Keeps one controller running for each CompositeController: its spec decides, a changed one starts it afresh.
import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject } from '../client.ts'
import type { Change } from './cache.ts'
import { startController, type Machinery, type RunningController } from './controller.ts'
import { readController } from './spec.ts'

export interface Fleet {
  readonly adopt: (change: Change) => void
  readonly close: () => Promise<void>
}

/** The parent's kind may be installed later than its CompositeController. */
const retryMilliseconds = 500

export function startFleet(machinery: Machinery, log: (line: string) => void): Fleet {
  const wanted = new Map<string, KubernetesObject>()
  const running = new Map<string, RunningController>()
  const timers = new Set<NodeJS.Timeout>()
  let work = Promise.resolve()
  let closed = false

  const reconcile = async (name: string): Promise<void> => {
    const object = closed ? undefined : wanted.get(name)
    const before = running.get(name)
    if (before !== undefined && isDeepStrictEqual(specOf(before.controller.object), specOf(object))) return
    running.delete(name)
    await before?.close()
    if (object !== undefined) await start(name, object)
  }
  const start = async (name: string, object: KubernetesObject): Promise<void> => {
    const controller = readController(object)
    const { apiVersion, resource } = controller.parent
    if (await machinery.api.hasStatusSubresource(apiVersion, resource))
      running.set(name, await startController(controller, machinery))
    else log(`CompositeController ${name} is ignored: its parent has no status subresource`)
  }
  const enqueue = (name: string): void => {
    work = work
      .then(() => reconcile(name))
      .catch((error: unknown) => {
        log(`CompositeController ${name} does not run: ${String(error)}`)
        if (!closed) timers.add(setTimeout(() => enqueue(name), retryMilliseconds))
      })
  }
  return {
    adopt: ({ old, current }) => {
      const name = (current ?? old)?.metadata.name ?? ''
      if (current === undefined) wanted.delete(name)
      else wanted.set(name, current)
      enqueue(name)
    },
    close: async () => {
      closed = true
      timers.forEach(clearTimeout)
      ;[...running.keys()].forEach(enqueue)
      await work
    },
  }
}

const specOf = (object: KubernetesObject | undefined): unknown =>
  (object as { readonly spec?: unknown } | undefined)?.spec
