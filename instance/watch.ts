// Watches the own RedisCluster for ever, with a jittered pause whenever the watch ends.
import type { ClusterView, KubernetesApi } from './kubernetes/api.ts'
import type { Parts } from './parts.ts'

export async function watchForever(
  { clock, log }: Parts,
  api: KubernetesApi,
  onChange: (view: ClusterView) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await api
      .watchCluster(onChange, signal)
      .catch((error: unknown) => log.debug({ err: error }, 'the watch ended'))
    // Jittered, so that the instances of many clusters do not come back in one burst.
    await clock.pause(500 + clock.chance() * 1500, signal)
  }
}
