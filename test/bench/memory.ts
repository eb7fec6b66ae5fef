// Memory of an idle cluster of three: each instance server, the redis-server beside it, and the hooks.
import { setTimeout as pause } from 'node:timers/promises'
import { clusterView } from '../e2e/cluster-view.ts'
import type { Stage } from '../e2e/stage.ts'
import { commandLineOf, memoryOf } from '../support/process-facts.ts'
import { figure, type Bench, type Figure } from './figure.ts'
import { onStage } from './on-stage.ts'

const idleSeconds = 30

export const memory: Bench = {
  name: 'memory',
  how: `three instances and the hooks, probed and synced but idle for ${idleSeconds} s; private is without pages that processes share`,
  run: () =>
    onStage(async (stage) => {
      const cluster = clusterView(stage, 'idle')
      await cluster.apply(3)
      await cluster.ready(3)
      // Idleness is what is measured: it has to last.
      await pause(idleSeconds * 1000)
      return figuresOf(stage)
    }),
}

function figuresOf({ kubelet, hooks }: Stage): readonly Figure[] {
  const pods = kubelet.pods()
  const servers = pods.flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
  const redis = pods.flatMap(({ uid }) =>
    kubelet.processesOf(uid).flatMap(({ pid, command }) => (command.startsWith('redis-server') ? [pid] : [])),
  )
  return [
    ...memoryFigures('instance server', servers, { rss: 64, private: 24 }),
    ...memoryFigures('redis-server', redis),
    ...memoryFigures('hooks', hooks.pid === undefined ? [] : [hooks.pid]),
  ]
}

function memoryFigures(
  what: string,
  pids: readonly number[],
  aims?: { readonly rss: number; readonly private: number },
): readonly Figure[] {
  const all = pids.map(memoryOf)
  const rss = all.map(({ rssMiB }) => rssMiB)
  const own = all.map(({ privateMiB }) => privateMiB)
  const processes = pids.map(commandLineOf)
  return [
    figure(`${what}, RSS`, 'MiB', rss, { ...(aims && { aim: aims.rss }), processes }),
    figure(`${what}, private`, 'MiB', own, { ...(aims && { aim: aims.private }), processes }),
  ]
}
