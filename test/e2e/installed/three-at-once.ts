// The Metacontroller that leads, a hooks process and the whole primary end in the same moment: when does a replica serve?
import type { Fault } from '../../bench/failover/faults.ts'
import type { Network } from '../../bench/failover/network.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { clusterView } from '../cluster-view.ts'
import { survives } from '../faults.ts'
import type { Scenario } from '../scenarios.ts'
import type { InstalledStage } from './stage.ts'

const clusterName = 'three'
const pollMs = 50

export function threeAtOnce(stage: InstalledStage, network: Network): Scenario {
  return {
    name: 'fault: kill -9 the Metacontroller that leads, a hooks Pod and the primary, at once',
    async run() {
      const timeline = watchTimeline(stage)
      const told = await survives(stage, killing(stage, timeline.begin), clusterName, network)
      return `${told}; ${(await timeline.end()).join(', ')}`
    },
  }
}

function killing(stage: InstalledStage, begin: Timeline['begin']): Fault {
  let holder = ''
  let pods: readonly string[] = []
  return {
    name: 'three at once',
    on: 'operator',
    async prepare() {
      holder = await stage.leaseHolder()
      pods = [(await stage.leader()).uid, await busiestHooks(stage)]
    },
    inject(system, primary) {
      system.signal(primary, 'both', 'SIGKILL')
      for (const uid of pods) stage.kubelet.kill(uid, 'pid1', 'SIGKILL')
      begin(holder, primary.name)
    },
  }
}

/** Metacontroller keeps its connections: whoever has answered most answers now. */
async function busiestHooks({ hooksPods }: InstalledStage): Promise<string> {
  const counts = await Promise.all(
    hooksPods().map(async ({ ip, uid }) => {
      const text = await (await fetch(`http://${ip}:8080/metrics`)).text()
      const syncs = [...text.matchAll(/^redis_operator_syncs_total\{.*\} (\S+)$/gm)].map(([, count]) =>
        Number(count),
      )
      return { uid, syncs: syncs.reduce((sum, count) => sum + count, 0) }
    }),
  )
  return counts.sort((a, b) => b.syncs - a.syncs)[0]?.uid ?? ''
}

interface Timeline {
  readonly begin: (holder: string, primary: string) => void
  readonly end: () => Promise<readonly string[]>
}

/** When the lease changed hands, when a successor was named, and when it was the primary. */
function watchTimeline(stage: InstalledStage): Timeline {
  const cluster = clusterView(stage, clusterName)
  const done = new AbortController()
  const seen: string[] = []
  let watching: Promise<unknown> = Promise.resolve()
  return {
    begin(holder, primary) {
      const startedMs = performance.now()
      const first = async (what: string, probe: () => Promise<boolean>): Promise<void> => {
        while (!done.signal.aborted) {
          if (await probe().catch(() => false)) {
            seen.push(`${what} after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
            return
          }
          await pause(pollMs)
        }
      }
      watching = Promise.all([
        first('the lease had a new holder', async () => (await stage.leaseHolder()) !== holder),
        first('a successor was named', async () => (await cluster.status()).targetPrimary !== primary),
        first('it was the primary', async () => (await cluster.status()).currentPrimary !== primary),
      ])
    },
    async end() {
      done.abort()
      await watching
      return seen
    },
  }
}
