// The kubelet gives Pods their volumes: claims that keep their data, contents that follow their objects, and tokens.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../../e2e/eventually.ts'
import { configMap, core } from '../../support/api-server.ts'
import {
  openKubelet,
  programPod,
  unschedulable,
  type KubeletBench,
  type ProgramOptions,
} from '../../support/kubelet-bench.ts'
import type { KubernetesObject } from '../client.ts'

const claims = `${core}/persistentvolumeclaims`
const claim = (name: string, spec: object = {}): object => ({
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
})

/** One volume, mounted at /here. */
const mounting = (volume: object): ProgramOptions => ({
  spec: { volumes: [{ name: 'v', ...volume }] },
  container: { volumeMounts: [{ name: 'v', mountPath: '/here' }] },
})
const withVolume = (name: string, volume: object): object => programPod(name, mounting(volume))

const waiting = async ({ status }: KubeletBench): Promise<string> =>
  await eventually('it waits', async () => {
    const state = (await status('p')).containerStatuses?.[0].state.waiting
    return state === undefined ? undefined : `${state.reason}: ${state.message}`
  })

const phaseOf = ({ status }: KubernetesObject): string => (status as { phase: string }).phase

describe('a claim', () => {
  it('is bound to a volume, and keeps the data for the next Pod', async (t) => {
    const { create, run, remove, gone, get } = await openKubelet(t)
    await create(claims, claim('data'))
    const options = mounting({ persistentVolumeClaim: { claimName: 'data' } })
    const { ask } = await run('p', options)
    await ask('/write', '/here/file')
    await remove(`${core}/pods/p`)
    await gone(`${core}/pods/p`)
    const next = await run('p', options)
    assert.equal(await next.ask('/read', '/here/file'), 'written')
    const bound = await get(`${claims}/data`)
    assert.equal(phaseOf(bound), 'Bound')
    const { volumeName } = bound['spec'] as { volumeName: string }
    const volume = await get(`/api/v1/persistentvolumes/${volumeName}`)
    const { claimRef } = volume['spec'] as { claimRef: { uid: string } }
    assert.deepEqual([phaseOf(volume), claimRef.uid], ['Bound', bound.metadata.uid])
  })

  it('is waited for, and a new one of the same name is empty', async (t) => {
    const bench = await openKubelet(t)
    const { create, run, remove, gone } = bench
    await create(`${core}/pods`, withVolume('p', { persistentVolumeClaim: { claimName: 'data' } }))
    const { message } = await unschedulable(bench, 'p')
    assert.match(message ?? '', /^0\/1 nodes are available: persistentvolumeclaim "data" not found\. /)
    await create(claims, claim('data'))
    await eventually('it runs', async () =>
      (await bench.status('p')).phase === 'Running' ? true : undefined,
    )
    await remove(`${core}/pods/p`)
    await remove(`${claims}/data`)
    await gone(`${claims}/data`)
    await create(claims, claim('data'))
    const { ask } = await run('q', mounting({ persistentVolumeClaim: { claimName: 'data' } }))
    assert.equal(await ask('/read', '/here/file'), undefined)
  })

  it('that is deleted stays until no Pod uses it', async (t) => {
    const { create, run, remove, gone, get } = await openKubelet(t)
    await create(claims, claim('data'))
    const { ask } = await run('p', {
      args: ['--stubborn'],
      ...mounting({ persistentVolumeClaim: { claimName: 'data' } }),
    })
    await remove(`${claims}/data`)
    await remove(`${core}/pods/p`)
    assert.notEqual((await get(`${claims}/data`)).metadata.deletionTimestamp, undefined)
    await ask('/exit', '0')
    await gone(`${claims}/data`)
    await gone(`${core}/pods/p`)
  })
})

describe('a mounted Secret or ConfigMap', () => {
  it('is waited for by name', async (t) => {
    const bench = await openKubelet(t)
    await bench.create(`${core}/pods`, withVolume('p', { secret: { secretName: 'absent' } }))
    assert.equal(await waiting(bench), 'CreateContainerConfigError: secret "absent" not found')
  })

  it('is left out when it is optional and not there', async (t) => {
    const { run } = await openKubelet(t)
    const { ask } = await run('p', mounting({ secret: { secretName: 'absent', optional: true } }))
    assert.equal(await ask('/read', '/here/key'), undefined)
  })

  it('brings its changes to the Pod that runs', async (t) => {
    const { create, run, merge } = await openKubelet(t)
    await create(`${core}/secrets`, { metadata: { name: 's' }, stringData: { key: 'old', other: 'kept' } })
    await create(`${core}/configmaps`, configMap('c', { 'redis.conf': 'old' }))
    const sources = [
      { secret: { name: 's', items: [{ key: 'key', path: 'folder/password' }] } },
      { configMap: { name: 'c' } },
      { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
    ]
    const { ask } = await run('p', mounting({ projected: { sources } }))
    const files = ['folder/password', 'other', 'redis.conf', 'name']
    const read = (): Promise<readonly (string | undefined)[]> =>
      Promise.all(files.map((file) => ask('/read', `/here/${file}`)))
    assert.deepEqual(await read(), ['old', undefined, 'old', 'p'])
    await merge(`${core}/secrets/s`, { stringData: { key: 'new' } })
    await merge(`${core}/configmaps/c`, { data: { 'redis.conf': null, other: 'new' } })
    await eventually('both arrive', async () => {
      assert.deepEqual(await read(), ['new', 'new', undefined, 'p'])
      return true
    })
  })
})

describe('an empty folder', () => {
  it('outlives a restart of the container, but not the Pod', async (t) => {
    const { run, remove, gone, kubelet } = await openKubelet(t)
    const { uid, ask } = await run('p', mounting({ emptyDir: {} }))
    await ask('/write', '/here/file')
    kubelet.kill(uid, 'pid1', 'SIGKILL')
    await eventually('it runs again', async () =>
      (await ask('/read', '/here/file')) === 'written' ? true : undefined,
    )
    await remove(`${core}/pods/p`)
    await gone(`${core}/pods/p`)
    const next = await run('p', mounting({ emptyDir: {} }))
    assert.equal(await next.ask('/read', '/here/file'), undefined)
  })
})

describe('a ServiceAccount', () => {
  it('gives a Pod a token that the API server knows it by', async (t) => {
    const { create, run, server, as } = await openKubelet(t)
    await create(`${core}/serviceaccounts`, { metadata: { name: 'bot' } })
    const account = { serviceAccountName: 'bot', automountServiceAccountToken: true }
    const { ask } = await run('p', { spec: account })
    const read = (file: string): Promise<string | undefined> =>
      ask('/read', `/var/run/secrets/kubernetes.io/serviceaccount/${file}`)
    assert.equal(await read('namespace'), 'default')
    assert.equal(await read('ca.crt'), server.ca)
    const client = as((await read('token')) ?? '')
    await assert.rejects(
      client.request('GET', `${core}/secrets`),
      /User "system:serviceaccount:default:bot" cannot list/,
    )
  })

  it('gives none to a Pod that does not want it', async (t) => {
    const { run } = await openKubelet(t)
    const { ask } = await run('p')
    assert.equal(await ask('/read', '/var/run/secrets/kubernetes.io/serviceaccount/token'), undefined)
  })
})
