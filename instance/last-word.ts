// The last word of an instance: that it has ended for good. Others remember it, for nobody may be looking when kubelet says so.
import type { Heartbeat } from './api.ts'
import type { ClusterConfig } from './config.ts'
import type { ClusterView } from './kubernetes/api.ts'
import type { Life } from './life.ts'
import type { Parts } from './parts.ts'

const deadlineMs = 400

/**
 * Only of a Pod that is being deleted, and once redis-server is reaped under the volume's lock. It is written down first:
 * kubelet may start a container once more that it was about to start when the Pod was deleted. Who does not hear the word
 * learns it from kubelet, or from a successor's lock.
 */
export async function sayLastWord(
  config: ClusterConfig | undefined,
  { api, beat, log }: Pick<Parts, 'api' | 'beat' | 'log'>,
  life: Life,
  view: Pick<ClusterView, 'addresses' | 'deleted'> | undefined,
): Promise<void> {
  if (config === undefined || view === undefined || view.deleted) return
  try {
    const own = await api?.getPod(config.pod)
    if (own?.uid !== config.podUid || !own.deleted || !isDown(life)) return
    await life.keeper.record({ ended: config.podUid })
  } catch (error) {
    log.warn(
      { err: error },
      'no last word: whether the Pod is being deleted is not known, or it cannot be written down',
    )
    return
  }
  const others = Object.entries(view.addresses).filter(([uid]) => uid !== config.podUid)
  await Promise.all(
    others.map(([uid, ip]) => beat(ip, wordTo(uid, config, life), deadlineMs).catch(() => undefined)),
  )
}

/** Without the lock, an orphan of an earlier life may still run. */
function isDown({ engine, keeper }: Life): boolean {
  const { state } = engine.seen()
  return keeper.loaded() && (state === 'stopped' || state === 'waiting')
}

function wordTo(pod: string, { uid: cluster, podUid: from }: ClusterConfig, { keeper }: Life): Heartbeat {
  const { seen: epoch, seenTarget } = keeper.state()
  const target = seenTarget === '' ? from : seenTarget
  return { cluster, pod, from, epoch, target, writable: false, beat: 0, terms: [], ended: true }
}
