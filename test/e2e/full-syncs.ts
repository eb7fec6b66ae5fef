// How often instances gave a replica the whole dataset; each redis-server counts for itself and forgets it when it ends.
import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { ClusterView } from './cluster-view.ts'
import { podsOf } from './dataset.ts'
import { eventually } from './eventually.ts'
import type { Stage } from './stage.ts'
import { directClient } from './traffic.ts'

export interface FullSyncs {
  /** Ends the watch; safe to repeat. */
  count(): Promise<number>
}

const lookEveryMs = 100

/** From now on. */
export async function watchFullSyncs(stage: Stage, cluster: ClusterView): Promise<FullSyncs> {
  const password = await cluster.password()
  const clients = new Map<string, Redis>()
  /** By the id that each redis-server has for its life. */
  const first = new Map<string, number>()
  const last = new Map<string, number>()
  const look = async (): Promise<void> => {
    const ips = podsOf(stage, cluster).map(({ ip }) => ip)
    for (const ip of ips) if (!clients.has(ip)) clients.set(ip, directClient({ host: ip, password }))
    const infos = await Promise.all(
      ips.map(async (ip) =>
        clients
          .get(ip)
          ?.info('server', 'stats')
          .catch(() => undefined),
      ),
    )
    for (const info of infos) {
      const id = /^run_id:(\w+)/m.exec(info ?? '')?.[1]
      if (id !== undefined) last.set(id, Number(/^sync_full:(\d+)/m.exec(info ?? '')?.[1]))
    }
  }
  await eventually('every redis-server tells its counters', async () => {
    await look()
    return last.size === podsOf(stage, cluster).length ? true : undefined
  })
  for (const [id, count] of last) first.set(id, count)
  const over = new AbortController()
  const loop = (async () => {
    while (!over.signal.aborted) {
      await look()
      await pause(lookEveryMs)
    }
  })()
  return {
    async count() {
      over.abort()
      await loop
      await look()
      for (const client of clients.values()) client.disconnect()
      return [...last].reduce((sum, [id, count]) => sum + count - (first.get(id) ?? 0), 0)
    },
  }
}
