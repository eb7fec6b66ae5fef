// What is killed in the middle of a backup or a restore: it is made again, or goes on, and is whole in the end.
import assert from 'node:assert/strict'
import { backupView } from './backup-view.ts'
import { clusterView, type ClusterView } from './cluster-view.ts'
import { onEveryInstance, podsOf } from './dataset.ts'
import { eventually } from './eventually.ts'
import { withStore } from './object-store.ts'
import { filled, holdsAll, isRestored } from './sample.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'

export const backupFaults: readonly Scenario[] = [
  { name: 'backup: PID 1 is killed in the middle of it', run: losesInstance },
  { name: 'backup: the hooks are killed in the middle of it', run: losesHooks },
  { name: 'backup: PID 1 is killed in the middle of a restore', run: losesRestorer },
]

async function losesInstance(stage: Stage): Promise<string> {
  return await withStore(stage, 'bi-store', async (store) => {
    const cluster = clusterView(stage, 'bi')
    await filled(cluster, 3, store)
    const view = backupView(stage, 'bi-rdb', store)
    store.proxy.fault({ on: 'PutObject', act: { kind: 'Stall' } })
    const uploading = store.proxy.next('PutObject')
    await view.create({ clusterName: 'bi' })
    await uploading
    await eventually('it is seen to run', async () => (await view.status()).progress)
    const { targetPod: first = '' } = await view.status()
    const startedMs = performance.now()
    kill(stage, cluster, first)
    const { attempts, lastFailure, targetPod: second } = await view.completed()
    const seconds = (performance.now() - startedMs) / 1000
    assert.equal(attempts, 2)
    assert.notEqual(second, first)
    await cluster.ready(3)
    await cluster.remove()
    return `${first}: ${lastFailure?.reason ?? ''}; ${second ?? ''} made it, ${seconds.toFixed(1)} s after the kill`
  })
}

async function losesHooks(stage: Stage): Promise<string> {
  return await withStore(stage, 'bh-store', async (store) => {
    const cluster = clusterView(stage, 'bh')
    await filled(cluster, 1, store)
    const view = backupView(stage, 'bh-rdb', store)
    const released = Promise.withResolvers<undefined>()
    store.proxy.fault({ on: 'PutObject', act: { kind: 'HoldAnswer', until: released.promise } })
    const stored = store.proxy.answered('PutObject')
    await view.create({ clusterName: 'bh' })
    await stored
    await stage.hooks.kill()
    released.resolve(undefined)
    await stage.hooks.start()
    const { attempts } = await view.completed()
    assert.equal(attempts, 1)
    await cluster.remove()
    return 'it went on without them: Completed in one attempt'
  })
}

async function losesRestorer(stage: Stage): Promise<string> {
  return await withStore(stage, 'br-store', async (store) => {
    const source = clusterView(stage, 'br')
    await filled(source, 1, store)
    const view = backupView(stage, 'br-rdb', store)
    await view.create({ clusterName: 'br' })
    const { backupSize = 0 } = await view.completed()
    const cluster = clusterView(stage, 'br-new')
    store.proxy.fault({ on: 'GetObject', act: { kind: 'StallAnswer', afterBytes: backupSize / 2 } })
    await cluster.apply(3, { ...store.access, bootstrap: { backupName: 'br-rdb' } })
    const seen = await eventually('half of it is there', async () => {
      const { conditions = [] } = await cluster.status()
      const message = conditions.find(({ type }) => type === 'BootstrapRestored')?.message ?? ''
      return message.includes('Downloading') ? message : undefined
    })
    kill(stage, cluster, 'br-new-0')
    isRestored(await cluster.ready(3))
    await onEveryInstance(stage, cluster, 3, holdsAll)
    await cluster.remove()
    await source.remove()
    return `killed at "${seen}"; born whole`
  })
}

function kill(stage: Stage, cluster: ClusterView, name: string): void {
  const pod = podsOf(stage, cluster).find((each) => each.name === name)
  assert.ok(pod, name)
  stage.kubelet.kill(pod.uid, 'pid1', 'SIGKILL')
}
