// Runs the server's own controllers on changes, after the request that made them was answered.
import type { Cluster } from '../cluster.ts'
import type { Change } from '../store.ts'

export type Controller = (cluster: Cluster, change: Change) => void

/** Changes that controllers make are changes again; every one is seen by all, in order. */
export function runControllers(cluster: Cluster, controllers: readonly Controller[]): () => void {
  const queue: Change[] = []
  let isScheduled = false
  const work = (): void => {
    isScheduled = false
    for (let change = queue.shift(); change !== undefined; change = queue.shift())
      for (const controller of controllers) controller(cluster, change)
  }
  return cluster.store.subscribe((change) => {
    queue.push(change)
    if (isScheduled) return
    isScheduled = true
    setImmediate(work)
  })
}
