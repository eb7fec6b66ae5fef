// How long each Pod of a cluster is away: from its deletion until the one in its place is ready.
import type { ClusterView } from '../../e2e/cluster-view.ts'
import { eventually } from '../../e2e/eventually.ts'

interface Seen {
  readonly uid: string | undefined
  readonly leaving: boolean
  readonly ready: boolean
}

export interface PodWatch {
  /** Resolves when every Pod is another one and ready, with the seconds that each was away. */
  replaced(): Promise<readonly number[]>
}

/** From now on. */
export async function watchPods(cluster: ClusterView, instances: number): Promise<PodWatch> {
  const names = Array.from({ length: instances }, (_, ordinal) => `${cluster.name}-${ordinal}`)
  const before = new Map(
    await Promise.all(names.map(async (name) => [name, (await look(cluster, name)).uid] as const)),
  )
  const awaySinceMs = new Map<string, number>()
  const awaySeconds = new Map<string, number>()
  const notice = async (name: string): Promise<void> => {
    if (awaySeconds.has(name)) return
    const { uid, leaving, ready } = await look(cluster, name)
    const nowMs = performance.now()
    const isOther = uid !== before.get(name)
    if ((leaving || isOther) && !awaySinceMs.has(name)) awaySinceMs.set(name, nowMs)
    if (isOther && ready) awaySeconds.set(name, (nowMs - (awaySinceMs.get(name) ?? nowMs)) / 1000)
  }
  return {
    replaced: () =>
      eventually(
        'every Pod is another one, and ready',
        async () => {
          await Promise.all(names.map(notice))
          return awaySeconds.size === instances ? [...awaySeconds.values()] : undefined
        },
        300,
      ),
  }
}

async function look(cluster: ClusterView, name: string): Promise<Seen> {
  const pod = await cluster.pod(name).catch(() => undefined)
  const { conditions = [] } = (pod?.['status'] ?? {}) as {
    conditions?: readonly { readonly type: string; readonly status: string }[]
  }
  return {
    uid: pod?.metadata.uid,
    leaving: pod?.metadata.deletionTimestamp !== undefined,
    ready: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
  }
}
