// From `apply` of a RedisCluster with three instances to the moment at which all of them are ready, on the laptop cluster.
import { clusterView } from '../e2e/cluster-view.ts'
import { eventually } from '../e2e/eventually.ts'
import { commandLineOf } from '../support/process-facts.ts'
import { figure, type Bench } from './figure.ts'
import { onStage } from './on-stage.ts'

const runs = 5
const aim = 5

export const apply: Bench = {
  name: 'apply',
  how: 'a new RedisCluster each time, on an API server in memory, a stand-in for Metacontroller and Pods as processes',
  run: () =>
    onStage(async (stage) => {
      const seconds: number[] = []
      let processes: readonly string[] = []
      for (let run = 0; run < runs; run++) {
        const cluster = clusterView(stage, `apply-${run}`)
        const startedMs = performance.now()
        await cluster.apply(3)
        await cluster.ready(3)
        seconds.push((performance.now() - startedMs) / 1000)
        const pids = [stage.hooks.pid, ...stage.kubelet.pods().map(({ pid }) => pid)]
        processes = pids.flatMap((pid) => (pid === undefined ? [] : [commandLineOf(pid)]))
        await cluster.remove()
        await eventually('its Pods are gone', () => (stage.kubelet.pods().length === 0 ? true : undefined))
      }
      return [figure('apply to Ready, 3 instances', 's', seconds, { aim, processes })]
    }),
}
