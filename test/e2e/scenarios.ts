// The scenarios of the first promise: it runs, replicates, and survives its primary, whatever happens to it.
import assert from 'node:assert/strict'
import type { KubernetesObject } from '../cluster/client.ts'
import { backupFaults } from './backup-faults.ts'
import { backups } from './backups.ts'
import { brokenSpecs } from './broken-specs.ts'
import { clusterView, namespace } from './cluster-view.ts'
import { fill, holdsKeys, keys, onEveryInstance } from './dataset.ts'
import { drains } from './drains.ts'
import { eventually } from './eventually.ts'
import { failovers } from './failovers.ts'
import { hibernations } from './hibernation.ts'
import { maintenance } from './maintenance.ts'
import { planned } from './planned.ts'
import { promises } from './promises.ts'
import { rollouts } from './rollouts.ts'
import { scaling } from './scaling.ts'
import { schedules } from './schedules.ts'
import type { Stage } from './stage.ts'
import { upgrades } from './upgrade.ts'
import { volumes } from './volumes.ts'
import { newWrites } from './writes.ts'

export interface Scenario {
  readonly name: string
  /** Resolves with what is worth telling; rejects when it failed. */
  readonly run: (stage: Stage) => Promise<string>
  /** Left out of npm test: it takes long, and another plays most of it. npm run e2e plays all. */
  readonly slow?: true
}

const idleMs = 60_000
const quietMs = 3000

/** What people change in a cluster that runs. */
export const changes: readonly Scenario[] = [
  ...rollouts,
  ...brokenSpecs,
  ...upgrades,
  ...scaling,
  ...hibernations,
  ...promises,
]

/** What happens to nodes and volumes. */
export const places: readonly Scenario[] = [...drains, ...maintenance, ...volumes]

export const scenarios: readonly Scenario[] = [
  { name: 'create 3 instances', run: creates },
  ...failovers,
  ...planned,
  ...changes,
  ...places,
  ...backups,
  ...backupFaults,
  ...schedules,
  { name: '60 s idle', run: idles, slow: true },
]

async function creates(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'create')
  const startedMs = performance.now()
  await cluster.apply(3)
  await cluster.ready(3)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  await fill(cluster)
  await onEveryInstance(stage, cluster, 3, holdsKeys)
  await cluster.remove()
  return `Ready after ${seconds} s, ${keys} keys on all three`
}

async function idles(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'idle')
  await cluster.apply(3)
  await cluster.ready(3)
  await settled(stage)
  const before = await stage.writes()
  // Idleness is what is measured: it has to last.
  await new Promise((resolve) => setTimeout(resolve, idleMs))
  assert.deepEqual(newWrites(before, await stage.writes()), [])
  await cluster.remove()
  return '0 requests other than reads'
}

/** Nothing but reads for a while, and no Pod of an earlier scenario that is still to end. */
async function settled({ client, writes }: Stage): Promise<void> {
  let last = await writes()
  let sinceMs = performance.now()
  await eventually('the cluster is quiet', async () => {
    const now = await writes()
    const { items } = await client.request('GET', `/api/v1/namespaces/${namespace}/pods`)
    const isEnding = (items as readonly KubernetesObject[]).some(
      ({ metadata }) => metadata.deletionTimestamp !== undefined,
    )
    if (isEnding || newWrites(last, now).length > 0) sinceMs = performance.now()
    last = now
    return performance.now() - sinceMs > quietMs ? true : undefined
  })
}
