// The scheduler finds a node for each Pod: where it may run, far from its own kind, and near the volumes that belong to a node.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '../../e2e/eventually.ts'
import { core } from '../../support/api-server.ts'
import { openKubelet, programPod, unschedulable, type KubeletBench } from '../../support/kubelet-bench.ts'

const nodes = ['a', 'b', 'c']
const claims = `${core}/persistentvolumeclaims`
const unhelpful = 'preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.'

const open = (t: TestContext): Promise<KubeletBench> => openKubelet(t, { nodes })

const cordon = ({ merge }: KubeletBench, node: string, unschedulable = true): Promise<unknown> =>
  merge(`/api/v1/nodes/${node}`, { spec: { unschedulable } })

/** Creates it, and resolves with the node that it gets. */
async function placed(bench: KubeletBench, name: string, options: object = {}): Promise<string> {
  await bench.create(`${core}/pods`, programPod(name, options))
  return await nodeOf(bench, name)
}

const nodeOf = ({ pod }: KubeletBench, name: string): Promise<string> =>
  eventually(`${name} has a node`, async () => ((await pod(name))['spec'] as { nodeName?: string }).nodeName)

const ofCluster = (cluster: string): object => ({ labels: { 'redis.io/cluster': cluster } })

const withClaim = (claimName: string): object => ({
  spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }] },
  container: { volumeMounts: [{ name: 'v', mountPath: '/here' }] },
})

const claim = (name: string, storageClassName?: string): object => ({
  metadata: { name },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    ...(storageClassName === undefined ? {} : { storageClassName }),
  },
})

async function localClass({ create }: KubeletBench): Promise<void> {
  const provisioner = 'kubernetes.io/no-provisioner'
  const local = { metadata: { name: 'local' }, provisioner, volumeBindingMode: 'WaitForFirstConsumer' }
  await create('/apis/storage.k8s.io/v1/storageclasses', local)
}

describe('the scheduler', () => {
  it('spreads the Pods of a cluster over the nodes, however many of others are there', async (t) => {
    const bench = await open(t)
    assert.equal(await placed(bench, 'x-0', ofCluster('x')), 'a')
    assert.equal(await placed(bench, 'x-1', ofCluster('x')), 'b')
    assert.equal(await placed(bench, 'y-0', ofCluster('y')), 'a')
    assert.equal(await placed(bench, 'x-2', ofCluster('x')), 'c')
    assert.equal(await placed(bench, 'x-3', ofCluster('x')), 'a')
  })

  it('spreads Pods that come at once, too', async (t) => {
    const bench = await open(t)
    const names = ['x-0', 'x-1', 'x-2']
    const got = await Promise.all(names.map((name) => placed(bench, name, ofCluster('x'))))
    assert.deepEqual([...got].sort(), nodes)
  })

  it('puts no new Pod on a node that is cordoned, and leaves those that run there', async (t) => {
    const bench = await open(t)
    const old = await bench.run('old')
    await cordon(bench, 'a')
    assert.equal(await placed(bench, 'new'), 'b')
    assert.notEqual(await old.ask('/pid'), undefined)
  })

  it('tells a Pod why no node will do, and finds it one as soon as there is one', async (t) => {
    const bench = await open(t)
    await bench.merge('/api/v1/nodes/c', { metadata: { labels: { disk: 'fast' } } })
    await cordon(bench, 'c')
    await bench.create(`${core}/pods`, programPod('p', { spec: { nodeSelector: { disk: 'fast' } } }))
    const { message } = await unschedulable(bench, 'p')
    assert.equal(
      message,
      `0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match Pod's node affinity/selector. ${unhelpful}`,
    )
    assert.equal((await bench.status('p')).phase, 'Pending')
    await cordon(bench, 'c', false)
    assert.equal(await nodeOf(bench, 'p'), 'c')
    const { conditions = [] } = await eventually('it runs', async () => {
      const status = await bench.status('p')
      return status.phase === 'Running' ? status : undefined
    })
    const told = conditions.find(({ type }) => type === 'PodScheduled')
    assert.deepEqual([told?.status, told?.reason, told?.message], ['True', undefined, undefined])
  })

  it('waits for a claim that is being deleted, and takes the new one of that name', async (t) => {
    const bench = await open(t)
    await bench.create(claims, claim('data'))
    await bench.run('user', { args: ['--stubborn'], ...withClaim('data') })
    await bench.remove(`${claims}/data`)
    await bench.create(`${core}/pods`, programPod('p', withClaim('data')))
    const { message } = await unschedulable(bench, 'p')
    assert.equal(
      message,
      `0/3 nodes are available: persistentvolumeclaim "data" is being deleted. ${unhelpful}`,
    )
    await bench.remove(`${core}/pods/user`, { gracePeriodSeconds: 0 })
    await bench.gone(`${claims}/data`)
    await bench.create(claims, claim('data'))
    await nodeOf(bench, 'p')
  })
})

describe('a volume', () => {
  it('of a network moves with its Pod', async (t) => {
    const bench = await open(t)
    await bench.create(claims, claim('data'))
    assert.equal(await placed(bench, 'p', withClaim('data')), 'a')
    await cordon(bench, 'a')
    await bench.remove(`${core}/pods/p`)
    await bench.gone(`${core}/pods/p`)
    assert.equal(await placed(bench, 'p', withClaim('data')), 'b')
  })

  it('of a node is made where its first Pod is, and keeps the next one there', async (t) => {
    const bench = await open(t)
    await localClass(bench)
    await bench.create(claims, claim('data', 'local'))
    assert.equal(await placed(bench, 'other'), 'a')
    assert.equal(await placed(bench, 'p', withClaim('data')), 'b')
    const { spec } = await eventually('it is bound', async () => {
      const bound = await bench.get(`${claims}/data`)
      return (bound['status'] as { phase: string }).phase === 'Bound' ? bound : undefined
    })
    const { volumeName } = spec as { volumeName: string }
    const volume = (await bench.get(`/api/v1/persistentvolumes/${volumeName}`))['spec']
    assert.deepEqual((volume as { nodeAffinity: object }).nodeAffinity, {
      required: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['b'] }] },
        ],
      },
    })
    await cordon(bench, 'b')
    await bench.remove(`${core}/pods/p`)
    await bench.gone(`${core}/pods/p`)
    await bench.create(`${core}/pods`, programPod('p', withClaim('data')))
    const { message } = await unschedulable(bench, 'p')
    assert.equal(
      message,
      `0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match PersistentVolume's node affinity. ${unhelpful}`,
    )
    await cordon(bench, 'b', false)
    assert.equal(await nodeOf(bench, 'p'), 'b')
  })

  it('of a node is not made before there is a Pod for it', async (t) => {
    const bench = await open(t)
    await localClass(bench)
    await bench.create(claims, claim('early', 'local'))
    await bench.create(claims, claim('network'))
    await eventually('the other one is bound', async () =>
      ((await bench.get(`${claims}/network`))['status'] as { phase: string }).phase === 'Bound'
        ? true
        : undefined,
    )
    assert.equal(((await bench.get(`${claims}/early`))['status'] as { phase: string }).phase, 'Pending')
  })
})
