// Claims grow as real drivers let them, and are lost with their volume.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '../../e2e/eventually.ts'
import { core } from '../../support/api-server.ts'
import { openKubelet, type KubeletBench } from '../../support/kubelet-bench.ts'
import type { KubernetesObject } from '../client.ts'
import { growthStep } from './growth-step.ts'

const path = `${core}/persistentvolumeclaims/data`
const now = new Date('2026-03-01T10:00:00.000Z')

interface ClaimStatus {
  readonly phase: string
  readonly capacity?: { readonly storage: string }
  readonly conditions?: readonly { readonly type: string }[]
}

const growing = (...conditions: readonly string[]): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data' },
  spec: { resources: { requests: { storage: '2Gi' } } },
  status: {
    phase: 'Bound',
    capacity: { storage: '1Gi' },
    conditions: conditions.map((type) => ({ type, status: 'True' })),
  },
})

describe('a claim that asks for more', () => {
  it('is resized, then its file system is, and then it has it', () => {
    const steps = [[], ['Resizing'], ['Resizing', 'FileSystemResizePending']].map(
      (conditions) => growthStep(growing(...conditions), false, now)?.kind,
    )
    assert.deepEqual(steps, ['Resizing', 'FileSystemResizePending', 'Grown'])
  })

  it('waits for its Pods where its file system grows only when it is mounted', () => {
    assert.equal(growthStep(growing('Resizing'), true, now)?.kind, 'FileSystemResizePending')
    assert.equal(growthStep(growing('Resizing', 'FileSystemResizePending'), true, now), undefined)
  })

  it('gets nothing before it is bound, or once it is lost or being deleted', () => {
    const [claim, deletionTimestamp] = [growing(), now.toISOString()]
    for (const phase of ['Pending', 'Lost'])
      assert.equal(growthStep({ ...claim, status: { phase } }, false, now), undefined)
    const going = { ...claim, metadata: { ...claim.metadata, deletionTimestamp } }
    assert.equal(growthStep(going, false, now), undefined)
  })
})

describe('a bound claim', () => {
  it('grows while a Pod has it mounted', async (t) => {
    const bench = await bound(t, {})
    const { uid } = await bench.run('p', mounting)
    await ask(bench, '2Gi')
    await eventually('it has grown', async () => ((await sizeOf(bench)) === '2Gi' ? true : undefined))
    assert.equal((await statusOf(bench)).conditions, undefined)
    assert.equal((await bench.pod('p')).metadata.uid, uid)
  })

  it('grows when its Pod has been replaced, where its class says so', async (t) => {
    const bench = await bound(t, { parameters: { growth: 'restart' } })
    await bench.run('p', mounting)
    await ask(bench, '2Gi')
    await eventually('its file system is to grow', async () =>
      (await statusOf(bench)).conditions?.some(({ type }) => type === 'FileSystemResizePending'),
    )
    assert.equal(await sizeOf(bench), '1Gi')
    await bench.remove(`${core}/pods/p`)
    await eventually('it has grown', async () => ((await sizeOf(bench)) === '2Gi' ? true : undefined))
  })

  it('is lost with its volume, and is asked nothing any more', async (t) => {
    const bench = await bound(t, {})
    const { volumeName } = (await bench.get(path))['spec'] as { volumeName: string }
    const volume = `/api/v1/persistentvolumes/${volumeName}`
    await bench.merge(volume, { metadata: { finalizers: null } })
    await bench.remove(volume)
    await eventually('it is lost', async () => ((await statusOf(bench)).phase === 'Lost' ? true : undefined))
    assert.deepEqual(await statusOf(bench), { phase: 'Lost' })
    const more = { spec: { resources: { requests: { storage: '2Gi' } } } }
    assert.equal(
      (await bench.refusal('PATCH', path, more, 'application/merge-patch+json')).status,
      422,
      'only what is bound grows',
    )
  })
})

const mounting = {
  spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] },
  container: { volumeMounts: [{ name: 'v', mountPath: '/here' }] },
}

async function bound(t: TestContext, more: object): Promise<KubeletBench> {
  const bench = await openKubelet(t)
  const growable = { metadata: { name: 'growing' }, provisioner: 'none', allowVolumeExpansion: true }
  await bench.create('/apis/storage.k8s.io/v1/storageclasses', { ...growable, ...more })
  await bench.create(`${core}/persistentvolumeclaims`, {
    metadata: { name: 'data' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'growing',
      resources: { requests: { storage: '1Gi' } },
    },
  })
  await eventually('it is bound', async () => ((await statusOf(bench)).phase === 'Bound' ? true : undefined))
  return bench
}

const ask = ({ merge }: KubeletBench, storage: string): Promise<unknown> =>
  merge(path, { spec: { resources: { requests: { storage } } } })

const statusOf = async ({ get }: KubeletBench): Promise<ClaimStatus> =>
  (await get(path))['status'] as ClaimStatus

const sizeOf = async (bench: KubeletBench): Promise<string | undefined> =>
  (await statusOf(bench)).capacity?.storage
