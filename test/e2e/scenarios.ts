// The scenarios of the first promise: it runs, replicates, and survives its primary, whatever happens to it.
import assert from 'node:assert/strict'
import type { KubernetesObject } from '../cluster/client.ts'
import { backupFaults } from './backup-faults.ts'
import { backups } from './backups.ts'
import { clusterView, namespace } from './cluster-view.ts'
import { fill, holdsKeys, keys, onEveryInstance, podsOf } from './dataset.ts'
import { eventually } from './eventually.ts'
import { failovers } from './failovers.ts'
import { hibernations } from './hibernation.ts'
import { planned } from './planned.ts'
import { rollouts } from './rollouts.ts'
import { scaling } from './scaling.ts'
import { schedules } from './schedules.ts'
import type { Stage } from './stage.ts'
import { upgrades } from './upgrade.ts'
import { newWrites } from './writes.ts'

export interface Scenario {
  readonly name: string
  /** Resolves with what is worth telling; rejects when it failed. */
  readonly run: (stage: Stage) => Promise<string>
}

const idleMs = 60_000
const quietMs = 3000

export const scenarios: readonly Scenario[] = [
  { name: 'create 3 instances', run: creates },
  ...failovers,
  ...planned,
  ...rollouts,
  ...upgrades,
  ...scaling,
  ...hibernations,
  ...backups,
  ...backupFaults,
  ...schedules,
  { name: '60 s idle', run: idles },
  { name: 'delete keeps the volumes, create again names them', run: deletes },
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

async function deletes(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'gone')
  await cluster.apply(1)
  await cluster.ready(1)
  await fill(cluster)
  await cluster.remove()
  const claim = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/gone-data-0`
  await eventually('the Pod is gone', () => (podsOf(stage, cluster).length === 0 ? true : undefined))
  await eventually('the claim has lost its owner', async () => {
    const { metadata } = await stage.client.request('GET', claim)
    return (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'RedisCluster') ? undefined : true
  })
  await cluster.apply(1)
  const message = await eventually('a condition names the claim', async () => {
    const conditions = (await cluster.status()).conditions ?? []
    return conditions.find(({ type, reason }) => type === 'NameConflict' && reason === 'VolumeRetained')
      ?.message
  })
  const [, adopt] =
    /kubectl (label pvc -n default gone-data-0 controller-uid=\S+ --overwrite)/.exec(message) ?? []
  assert.ok(adopt, message)
  await stage.kubectl?.(adopt)
  if (stage.kubectl !== undefined) {
    await cluster.ready(1)
    await onEveryInstance(stage, cluster, 1, holdsKeys)
  }
  await cluster.remove()
  return `claim kept, condition names it and the command that adopts it${stage.kubectl === undefined ? '' : ', which brings the keys back'}`
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
