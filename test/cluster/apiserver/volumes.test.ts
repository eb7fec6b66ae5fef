// PersistentVolumes in the stand-in API server.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openBench } from '../../support/api-server.ts'

describe('PersistentVolumes', () => {
  it('stay while they are bound', async (t) => {
    const { create, merge, remove, get, gone } = await openBench(t)
    const volumes = '/api/v1/persistentvolumes'
    const capacity = { storage: '1Gi' }
    const hostPath = { path: '/nowhere' }
    await create(volumes, {
      metadata: { name: 'v' },
      spec: { accessModes: ['ReadWriteOnce'], capacity, hostPath },
    })
    await merge(`${volumes}/v/status`, { status: { phase: 'Bound' } })
    await remove(`${volumes}/v`)
    assert.deepEqual((await get(`${volumes}/v`)).metadata.finalizers, ['kubernetes.io/pv-protection'])
    await merge(`${volumes}/v/status`, { status: { phase: 'Released' } })
    await gone(`${volumes}/v`)
  })
})
