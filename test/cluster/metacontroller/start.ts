// Stands in for Metacontroller: runs the CompositeControllers of a cluster as a plain client of its API.
import { setTimeout as delay } from 'node:timers/promises'
import type { Connection, KubernetesObject } from '../client.ts'
import { createApi } from './api.ts'
import type { Change } from './cache.ts'
import { createRecorder } from './events.ts'
import { startFleet } from './fleet.ts'
import { startInformers, type Informer, type Informers } from './informer.ts'
import { randomFrom } from './random.ts'
import { matchesSelector } from './selector.ts'

export interface MetacontrollerOptions {
  readonly connection: Connection
  /** Only CompositeControllers with these labels are run. */
  readonly targetLabels?: Readonly<Record<string, string>>
  /** Syncs at a time, for each CompositeController. */
  readonly workers?: number
  /** The same seed makes the same choices: the order of children of one kind, and what is stale. */
  readonly seed?: number
  /** How often a request shows the parent as it was before the latest status write. */
  readonly stalenessProbability?: number
  /** How far all caches lag behind the API server. */
  readonly lagMilliseconds?: number
  /** Whether a failed sync leaves a Warning event on the parent. */
  readonly events?: boolean
  readonly log?: (line: string) => void
  /** Where the real process would end: a null child in an answer. By default an uncaught exception. */
  readonly onCrash?: (error: Error) => void
}

export interface RunningMetacontroller {
  /** How many syncs were begun. */
  readonly syncs: () => number
  readonly close: () => Promise<void>
}

export async function startMetacontroller(options: MetacontrollerOptions): Promise<RunningMetacontroller> {
  const {
    connection,
    targetLabels = {},
    workers = 5,
    seed = 1,
    log = console.error,
    onCrash = throwLater,
  } = options
  const { stalenessProbability = 0, lagMilliseconds = 0, events = false } = options
  let syncs = 0
  const api = createApi(connection)
  const informers = startInformers(api, lagMilliseconds)
  const recorder = createRecorder(api, log)
  const onFailure = (parent: KubernetesObject, error: unknown): void => {
    log(`failed to sync ${parent.kind} ${parent.metadata.name}: ${String(error)}`)
    if (events) recorder.syncError(parent, error)
  }
  const close = async (): Promise<void> => {
    await Promise.all([fleet.close(), informers.close()])
    await api.close()
  }
  const machinery = { api, informers, random: randomFrom(seed), workers, stalenessProbability, onFailure }
  const fleet = startFleet(
    {
      ...machinery,
      onSync: () => {
        syncs++
      },
      onCrash: (error) => {
        void close()
        onCrash(error)
      },
    },
    log,
  )
  const isTarget = ({ old, current }: Change): boolean =>
    matchesSelector({ matchLabels: targetLabels }, (current ?? old)?.metadata.labels)
  const controllers = await whenInstalled(informers)
  controllers.subscribe((change) => isTarget(change) && fleet.adopt(change))
  await controllers.synced
  return { syncs: () => syncs, close }
}

/** A kind that was just installed is not served at once. */
async function whenInstalled(informers: Informers): Promise<Informer> {
  const deadline = performance.now() + 30_000
  for (;;) {
    try {
      return await informers.of('metacontroller.k8s.io/v1alpha1', 'compositecontrollers')
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(200)
    }
  }
}

const throwLater = (error: Error): void =>
  queueMicrotask(() => {
    throw error
  })
