// A cache of all objects of one kind, kept up by a list and a watch; it may be made to lag behind.
import { setTimeout as delay } from 'node:timers/promises'
import type { Api, Resource } from './api.ts'
import { createCache, type Cache } from './cache.ts'

export interface Informer extends Pick<Cache, 'objects' | 'subscribe'> {
  readonly resource: Resource
  readonly synced: Promise<unknown>
  readonly isSynced: () => boolean
}

/** One informer for each kind, shared by all who ask. */
export interface Informers {
  readonly of: (apiVersion: string, plural: string) => Promise<Informer>
  readonly close: () => Promise<void>
}

const retryMilliseconds = 200

export function startInformers(api: Api, lagMilliseconds: number): Informers {
  const aborter = new AbortController()
  const running: Promise<void>[] = []
  const known = new Map<string, Informer>()

  const start = (resource: Resource): Informer => {
    const cache = createCache()
    let isSynced = false
    const { promise: synced, resolve } = Promise.withResolvers<undefined>()
    const onList = (): void => {
      isSynced = true
      resolve(undefined)
    }
    const ended = follow(api, resource, lagging(cache, lagMilliseconds, onList), aborter.signal)
    // Nobody waits for a cache that will not come any more.
    running.push(ended.finally(onList))
    return { ...cache, resource, synced, isSynced: () => isSynced }
  }
  return {
    of: async (apiVersion, plural) => {
      const key = `${apiVersion}/${plural}`
      const resource = await api.resource(apiVersion, plural)
      const informer = known.get(key) ?? start(resource)
      known.set(key, informer)
      return informer
    },
    close: async () => {
      aborter.abort()
      await Promise.all(running)
    },
  }
}

type Target = Pick<Cache, 'set' | 'remove' | 'replace'>

/** Timers of the same length fire in order, and so do the changes. */
function lagging(cache: Cache, milliseconds: number, onList: () => void): Target {
  const later = (run: () => void): void => {
    if (milliseconds === 0) run()
    else setTimeout(run, milliseconds)
  }
  return {
    set: (object) => later(() => cache.set(object)),
    remove: (object) => later(() => cache.remove(object)),
    replace: (all) =>
      later(() => {
        cache.replace(all)
        onList()
      }),
  }
}

/** A watch that ends goes on where it was; one that fails starts again with a list. */
async function follow(api: Api, resource: Resource, target: Target, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const list = await api.list(resource)
      target.replace(list.items)
      await watchFrom(list.resourceVersion)
    } catch {
      await delay(retryMilliseconds, undefined, { signal }).catch(() => undefined)
    }
  }

  async function watchFrom(first: string): Promise<void> {
    let version = first
    while (!signal.aborted) {
      for await (const { type, object } of api.watch(resource, version, signal)) {
        if (type === 'ERROR') return
        version = object.metadata.resourceVersion ?? version
        if (type === 'DELETED') target.remove(object)
        else if (type !== 'BOOKMARK') target.set(object)
      }
    }
  }
}
