// Storage drivers at work on bound claims: volumes grow in the steps that real drivers take, are lost with their PersistentVolume, and outlive their claim.
import { setTimeout as pause } from 'node:timers/promises'
import type { Client, KubernetesObject } from '../client.ts'
import { growthStep, wantedSize, type GrowthStep } from './growth-step.ts'
import { volumeNameOf } from './local-volumes.ts'
import { claimNamesOf } from './pod-spec.ts'
import type { Sources } from './scheduler.ts'

export interface Drivers {
  close(): Promise<void>
}

/** Long enough for others to see each step. */
const stepMs = 300
/** What kubelet does while a volume is mounted is over by then, so that nobody waits for it any more. */
const pendingSinceMs = 600_000

/** Of a StorageClass whose parameter `growth` is `restart` a file system grows when all Pods that had it mounted are gone. */
export function startDrivers(client: Client, { claims, pods, volumes, classes }: Sources): Drivers {
  const over = new AbortController()
  const working = new Map<string, Promise<void>>()
  const mounted = new Map<string, readonly string[]>()

  const usersOf = ({ metadata }: KubernetesObject): readonly string[] =>
    [...pods.objects.values()]
      .filter((pod) => pod.metadata.namespace === metadata.namespace)
      .filter((pod) => claimNamesOf(pod).includes(metadata.name))
      .flatMap((pod) => pod.metadata.uid ?? [])

  function next(claim: KubernetesObject): GrowthStep | undefined {
    const restarts = growsOnRestart(claim, classes.objects)
    const before = mounted.get(claim.metadata.uid ?? '') ?? []
    const isHeld = restarts && usersOf(claim).some((uid) => before.includes(uid))
    return growthStep(claim, isHeld, new Date(Date.now() - (restarts ? pendingSinceMs : 0)))
  }

  async function take(claim: KubernetesObject, { kind, status }: GrowthStep): Promise<void> {
    if (kind === 'FileSystemResizePending') {
      mounted.set(claim.metadata.uid ?? '', usersOf(claim))
      const spec = { capacity: { storage: wantedSize(claim) } }
      await write(client, `${persistentVolumes}/${volumeNameOf(claim) ?? ''}`, { spec })
    }
    await write(client, `${pathOf(claim)}/status`, { status })
  }

  function settle(claim: KubernetesObject): void {
    const { uid = '', namespace = '', name } = claim.metadata
    const step = next(claim)
    if (step === undefined || over.signal.aborted || working.has(uid)) return
    const taken = take(claim, step)
      .catch(() => undefined)
      .then(() => pause(stepMs, undefined, { signal: over.signal }))
      .catch(() => undefined)
      .finally(() => {
        working.delete(uid)
        // What was told in the meantime went unheard.
        const now = claims.objects.get(`${namespace}/${name}`)
        if (now !== undefined) settle(now)
      })
    working.set(uid, taken)
  }

  const ends = [
    claims.subscribe(({ old, current }) => {
      if (current !== undefined) settle(current)
      else if (old !== undefined) void release(client, old).catch(() => undefined)
    }),
    pods.subscribe(({ current }) => current ?? claims.objects.forEach(settle)),
    volumes.subscribe(({ old, current }) => {
      if (old === undefined || current !== undefined) return
      const lost = [...claims.objects.values()].filter((claim) => volumeNameOf(claim) === old.metadata.name)
      for (const claim of lost) void lose(client, claim).catch(() => undefined)
    }),
  ]
  return {
    async close() {
      over.abort()
      for (const end of ends) end()
      await Promise.all(working.values())
    },
  }
}

const persistentVolumes = '/api/v1/persistentvolumes'

const pathOf = ({ metadata }: KubernetesObject): string =>
  `/api/v1/namespaces/${metadata.namespace ?? ''}/persistentvolumeclaims/${metadata.name}`

const write = (client: Client, path: string, body: object): Promise<KubernetesObject> =>
  client.request('PATCH', path, body, 'application/merge-patch+json')

/** As the controller of claims does; Pods that have it mounted notice nothing. */
const lose = (client: Client, claim: KubernetesObject): Promise<KubernetesObject> =>
  write(client, `${pathOf(claim)}/status`, {
    status: { phase: 'Lost', accessModes: null, capacity: null, conditions: null },
  })

/** Its volume keeps the data, and can be deleted. */
const release = (client: Client, claim: KubernetesObject): Promise<KubernetesObject> =>
  write(client, `${persistentVolumes}/${volumeNameOf(claim) ?? ''}/status`, { status: { phase: 'Released' } })

function growsOnRestart({ spec }: KubernetesObject, classes: ReadonlyMap<string, KubernetesObject>): boolean {
  const { storageClassName } = (spec ?? {}) as { storageClassName?: string }
  const own = [...classes.values()].find(({ metadata }) => metadata.name === storageClassName)
  return (own?.['parameters'] as { growth?: string } | undefined)?.growth === 'restart'
}
