// SIGTERM: a primary serves until a successor does, redis-server ends gracefully, and the last promise can still be read.
import type { ClusterView } from './kubernetes/api.ts'
import type { Life } from './life.ts'
import type { Clock } from './parts.ts'
import type { Promises } from './promises.ts'

/** A primary whose Pod is leaving serves for so long at most, so that a successor can take over. */
const handoverWaitMs = 15_000
const lookEveryMs = 50

/** Resolves when nothing is left to do but to exit. */
export async function depart(
  life: Life,
  promises: Promises,
  clock: Clock,
  view: () => Pick<ClusterView, 'deleted' | 'reign'> | undefined,
  onTransition: (what: string) => void,
): Promise<void> {
  const { writableEpoch } = life.engine.seen()
  const hadReplicas = hasReplicas(life)
  life.leaving = true
  const backupsEnded = life.backups?.end()
  // The hooks read that it is leaving, and name a successor.
  onTransition('terminating')
  const deadlineMs = clock.nowMs() + handoverWaitMs
  // Where the whole cluster goes, no successor comes.
  const mayWait = (): boolean => view()?.deleted !== true && clock.nowMs() < deadlineMs
  while (hasReplicas(life) && mayWait()) await clock.pause(lookEveryMs)
  // Until its successor is installed it is the copy that shows what the successor must hold.
  const isOver = (): boolean => !hadReplicas || (view()?.reign.currentEpoch ?? 0) > writableEpoch
  while (!isOver() && mayWait()) await clock.pause(lookEveryMs)
  await backupsEnded
  await life.stop()
  onTransition('stopped')
  if (hadReplicas && view()?.deleted !== true) await promises.untilAbove(writableEpoch)
}

function hasReplicas({ engine }: Life): boolean {
  const { writableEpoch, info } = engine.seen()
  return writableEpoch > 0 && (info?.connectedReplicas ?? 0) > 0
}
