// Volumes of an earlier cluster of the same name: nothing is born beside them unasked, and a running cluster is not held up.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PersistentVolumeClaim } from '../../../hooks/kubernetes.ts'
import type { SyncPlan } from '../../../hooks/rediscluster/plan.ts'
import * as build from '../../support/builders.ts'
import { plan } from '../../support/look.ts'

const left = (...ordinals: readonly number[]): readonly PersistentVolumeClaim[] =>
  ordinals.map((ordinal) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: `cache-data-${ordinal}`, namespace: 'shop', labels: { 'controller-uid': 'earlier' } },
  }))

const unborn = (instances: number, ...ordinals: readonly number[]): SyncPlan =>
  plan(build.request({ children: [], pods: [], spec: { instances }, related: left(...ordinals) }))

function conflict({ status }: SyncPlan): string {
  const condition = status.conditions?.find(({ type }) => type === 'NameConflict')
  return condition === undefined ? '' : `${condition.status} ${condition.reason}: ${condition.message}`
}

describe('a cluster that finds volumes of an earlier one', () => {
  it('is not born, and names the commands that adopt them and that delete them', () => {
    const { children } = unborn(3, 0)
    assert.deepEqual(children, [])
    assert.equal(
      conflict(unborn(3, 0)),
      'True VolumeRetained: cache-data-0 hold the data of an earlier RedisCluster. To use them: kubectl label pvc -n shop cache-data-0 controller-uid=c1 --overwrite. To start empty instead: kubectl delete pvc -n shop cache-data-0',
    )
  })

  it('asks for as many instances as there are volumes, for the newest data may be on any', () => {
    const found = unborn(1, 10, 0, 2)
    assert.deepEqual(found.children, [])
    assert.match(
      conflict(found),
      /kubectl scale rediscluster -n shop cache --replicas=11 && kubectl label pvc -n shop cache-data-0 cache-data-2 cache-data-10 controller-uid=c1 --overwrite/,
    )
  })

  it('is not held up once it was born: only what is in the way of an instance waits', () => {
    const children = build
      .observedChildren(build.request({ children: [], pods: [] }))
      .filter(({ metadata }) => metadata.name !== 'cache-data-2')
    const running = plan(
      build.request({
        status: build.reigning(),
        pods: [build.pod(0)],
        children,
        related: left(2, 7),
      }),
      build.reports(build.primary(0)),
    )
    const pods = running.children.filter(({ kind }) => kind === 'Pod').map(({ metadata }) => metadata.name)
    assert.deepEqual(pods, ['cache-0', 'cache-1'])
    assert.match(
      conflict(running),
      /^True VolumeRetained: cache-data-2 hold .* this one has data of its own.*kubectl delete pvc -n shop cache-data-2$/,
    )
  })

  it('leaves an adopted volume in its own class, whatever the spec asks for', () => {
    const children = build
      .observedChildren(build.request({ children: [], pods: [] }))
      .map((child) =>
        child.metadata.name === 'cache-data-1'
          ? { ...child, spec: { ...(child as PersistentVolumeClaim).spec, storageClassName: 'old' } }
          : child,
      )
    const storage = { type: 'pvc', size: '1Gi', reclaimPolicy: 'Retain', storageClassName: 'new' } as const
    const adopted = plan(build.request({ spec: { storage }, children, pods: [] }))
    const claim = adopted.children.find(({ metadata }) => metadata.name === 'cache-data-1')
    assert.equal((claim as PersistentVolumeClaim).spec?.storageClassName, 'old')
  })
})
