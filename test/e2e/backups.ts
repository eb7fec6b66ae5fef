// Backups, and clusters that are born from them: every key, on every instance, and nothing at all of what is damaged.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BackupMethod } from '../../instance/artifact.ts'
import { objectSuffix } from '../support/s3-rver.ts'
import { contentOf } from '../support/s3-server.ts'
import { backupView, type BackupView } from './backup-view.ts'
import { clusterView, type ClusterView } from './cluster-view.ts'
import { keys, onEveryInstance, podsOf } from './dataset.ts'
import { eventually } from './eventually.ts'
import { withStore, type ObjectStore } from './object-store.ts'
import { writes } from './writer.ts'
import { filled, holdsAll, isRestored, sampleKeys } from './sample.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { directClient } from './traffic.ts'

export const backups: readonly Scenario[] = [
  { name: 'backup: rdb and aof under load, and a cluster born from each', run: bornFromEach },
  { name: 'backup: verified, and all that is left when everything else is gone', run: outlivesAll },
  { name: 'backup: asked for before the Pods have the credentials', run: waitsForCredentials },
  { name: 'backup: one byte is damaged, and nothing is born from it', run: refusesDamaged },
]

async function bornFromEach(stage: Stage): Promise<string> {
  return await withStore(stage, 'bk-store', async (store) => {
    const source = clusterView(stage, 'bk')
    const { currentPrimary } = await filled(source, 3, store)
    const leader = await source.client('leader')
    const writer = writes(leader)
    await eventually('the writer writes', () => (writer.acknowledged.length >= 100 ? true : undefined))
    const before = [...writer.acknowledged]
    assert.equal(await leader.wait(2, 1000), 2)
    const startedMs = performance.now()
    const views = await Promise.all(
      (['rdb', 'aof'] as const).map((method) => backUp(stage, source, method, store)),
    )
    const seconds = (performance.now() - startedMs) / 1000
    await writer.stop()
    leader.disconnect()
    assert.equal(writer.failures(), 0, 'a write failed')
    const told = await Promise.all(
      views.map(async (view) => {
        const { targetPod = '', backupSize = 0 } = await view.status()
        assert.notEqual(targetPod, currentPrimary, 'a replica was to be preferred')
        const born = await bornFrom(stage, view, source, store, before)
        return `${view.name} of ${targetPod} (${backupSize} bytes): ${born}`
      }),
    )
    await source.remove()
    return `both Completed after ${seconds.toFixed(1)} s, at most ${writer.longestGapMs()} ms between two writes; ${told.join('; ')}; each instance has the ${keys + before.length + sampleKeys} keys`
  })
}

async function backUp(
  stage: Stage,
  { name: clusterName }: ClusterView,
  method: BackupMethod,
  store: ObjectStore,
): Promise<BackupView> {
  const view = backupView(stage, `${clusterName}-${method}`, store)
  await view.create({ clusterName, method })
  await view.completed()
  return view
}

/** Resolves with how long that took. */
async function bornFrom(
  stage: Stage,
  { name }: BackupView,
  source: ClusterView,
  store: ObjectStore,
  acknowledged: readonly string[],
): Promise<string> {
  const cluster = clusterView(stage, `${name}-new`)
  const startedMs = performance.now()
  await cluster.apply(3, { ...store.access, bootstrap: { backupName: name } })
  isRestored(await cluster.ready(3))
  const seconds = (performance.now() - startedMs) / 1000
  const [from = '', to = ''] = await Promise.all([source, cluster].map(uidOf))
  await onEveryInstance(stage, cluster, 3, async (redis) => {
    await holdsAll(redis)
    assert.equal(await redis.exists(...acknowledged), acknowledged.length, 'a key is lost')
    const libraries = JSON.stringify(await redis.call('FUNCTION', 'LIST', 'WITHCODE'))
    assert.ok(
      libraries.includes(to) && !libraries.includes(from),
      `the marker is of another cluster: ${libraries}`,
    )
  })
  await takesWrites(cluster)
  await cluster.remove()
  return `Ready after ${seconds.toFixed(1)} s`
}

async function outlivesAll(stage: Stage): Promise<string> {
  return await withStore(stage, 'bl-store', async (store) => {
    const source = clusterView(stage, 'bl')
    await filled(source, 1, store)
    const view = backupView(stage, 'bl-verified', store)
    await view.create({ clusterName: 'bl', verify: true })
    const status = await view.completed()
    const { verification, objectKey, checksumSHA256, conditions = [] } = status
    const verified = conditions.find(({ type }) => type === 'RestoreVerified')
    assert.equal(verified?.status, 'True', JSON.stringify(status))
    assert.equal(verification?.keys, keys + sampleKeys)
    assert.equal(status.keys, keys + sampleKeys)
    await view.remove()
    await source.remove()
    const cluster = clusterView(stage, 'bl-new')
    const { path: _path, ...s3 } = store.location
    const bootstrap = { source: { s3, key: objectKey, method: 'rdb', checksumSHA256 } }
    await cluster.apply(2, { ...store.access, bootstrap })
    isRestored(await cluster.ready(2))
    await onEveryInstance(stage, cluster, 2, holdsAll)
    await takesWrites(cluster)
    await cluster.remove()
    return `${verified.message}; without its RedisBackup and its cluster: born from the key and the checksum`
  })
}

/** As people do: the Secret is named in the spec, and the backup created at once. */
async function waitsForCredentials(stage: Stage): Promise<string> {
  return await withStore(stage, 'bc-store', async (store) => {
    const cluster = clusterView(stage, 'bc')
    await cluster.apply(2)
    await cluster.ready(2)
    const view = backupView(stage, 'bc-rdb', store)
    await cluster.patch(store.access)
    await view.create({ clusterName: 'bc' })
    const { attempts, lastFailure } = await view.completed()
    await cluster.remove()
    return `Completed, attempts: ${attempts ?? 0}; before that: ${lastFailure?.reason ?? 'nothing'}`
  })
}

async function refusesDamaged(stage: Stage): Promise<string> {
  return await withStore(stage, 'bd-store', async (store) => {
    if (store.server.folder === undefined) return 'left out: the store is not our own'
    const source = clusterView(stage, 'bd')
    await filled(source, 1, store)
    const view = await backUp(stage, source, 'rdb', store)
    damage(store, (await view.status()).objectKey ?? '')
    const cluster = clusterView(stage, 'bd-new')
    await cluster.apply(2, { ...store.access, bootstrap: { backupName: view.name } })
    const message = await eventually('the restore has failed', async () => {
      const { conditions = [] } = await cluster.status()
      const restored = conditions.find(({ type }) => type === 'BootstrapRestored')
      return restored?.reason === 'RestoreFailed' ? restored.message : undefined
    })
    assert.match(message, /the SHA-256 of .* it was damaged or replaced/)
    const { currentPrimary, readyInstances } = await cluster.status()
    assert.deepEqual([currentPrimary, readyInstances ?? 0], [undefined, 0])
    await nobodyServes(stage, cluster)
    await cluster.remove()
    await source.remove()
    return message
  })
}

/** On its disk: its size stays. */
function damage({ server }: ObjectStore, key: string): void {
  const content = contentOf(server, key)
  const at = Math.floor(content.length / 2)
  content.writeUInt8(content.readUInt8(at) ^ 1, at)
  writeFileSync(join(server.folder ?? '', server.bucket, key + objectSuffix), content)
}

async function nobodyServes(stage: Stage, cluster: ClusterView): Promise<void> {
  const password = await cluster.password()
  for (const { ip, name } of podsOf(stage, cluster)) {
    const redis = directClient({ host: ip, password })
    await assert.rejects(redis.set('key', 'value'), `${name} takes a write`)
    await assert.rejects(redis.get('key 1'), `${name} answers`)
    redis.disconnect()
  }
}

async function takesWrites(cluster: ClusterView): Promise<void> {
  const leader = await cluster.client('leader')
  await eventually('it takes writes', () => leader.set('after', 'the restore'))
  leader.disconnect()
}

const uidOf = async (cluster: ClusterView): Promise<string> => (await cluster.object()).metadata.uid ?? ''
