// Owners and dependents: what goes when its owners go, and what holds a deletion up.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  configMap,
  core,
  crds,
  openBench,
  ownedBy,
  thing,
  thingCrd,
  things,
  type Bench,
} from '../../support/api-server.ts'
import { eventually } from '../../e2e/eventually.ts'
import type { KubernetesObject, Metadata } from '../client.ts'

const maps = `${core}/configmaps`
type Owners = Pick<Metadata, 'ownerReferences'>
const owned = (...owners: readonly KubernetesObject[]): Owners =>
  ({ ownerReferences: owners.map(ownedBy) }) as Owners

const make = ({ create }: Bench, name: string, metadata: Partial<Metadata> = {}): Promise<KubernetesObject> =>
  create(maps, configMap(name, {}, metadata))

describe('garbage collection', () => {
  it('deletes the dependents of what is gone, and theirs', async (t) => {
    const bench = await openBench(t)
    const owner = await make(bench, 'owner')
    const child = await make(bench, 'child', owned(owner))
    await make(bench, 'grandchild', owned(child))
    await bench.remove(`${maps}/owner`)
    for (const name of ['child', 'grandchild']) await bench.gone(`${maps}/${name}`)
  })

  it('keeps an object while one of its owners is there, and forgets the others', async (t) => {
    const bench = await openBench(t)
    const [one, other] = [await make(bench, 'one'), await make(bench, 'other')]
    await make(bench, 'child', owned(one, other))
    await bench.remove(`${maps}/one`)
    const { metadata } = await eventually('one owner is left', async () => {
      const child = await bench.get(`${maps}/child`)
      return child.metadata.ownerReferences?.length === 1 ? child : undefined
    })
    assert.equal(metadata.ownerReferences?.[0]?.uid, other.metadata.uid)
    await bench.remove(`${maps}/other`)
    await bench.gone(`${maps}/child`)
  })

  it('knows owners by their identity, not by their name, and in their own namespace only', async (t) => {
    const bench = await openBench(t)
    const owner = await make(bench, 'owner')
    const impostor = { ...owner, metadata: { ...owner.metadata, uid: 'another' } }
    await make(bench, 'child', owned(impostor))
    await bench.create('/api/v1/namespaces/kube-system/configmaps', configMap('far', {}, owned(owner)))
    await bench.gone(`${maps}/child`)
    await bench.gone('/api/v1/namespaces/kube-system/configmaps/far')
  })

  it('leaves dependents behind that are orphaned', async (t) => {
    const bench = await openBench(t)
    await make(bench, 'child', owned(await make(bench, 'owner')))
    await bench.remove(`${maps}/owner`, { propagationPolicy: 'Orphan' })
    await bench.gone(`${maps}/owner`)
    assert.equal((await bench.get(`${maps}/child`)).metadata.ownerReferences, undefined)
  })

  it('deletes dependents first in the foreground, and waits for those that block', async (t) => {
    const bench = await openBench(t)
    const owner = await make(bench, 'owner')
    const references = [{ ...ownedBy(owner), blockOwnerDeletion: true }] as Metadata['ownerReferences'] &
      object
    await make(bench, 'child', { ownerReferences: references, finalizers: ['example.com/held'] })
    await bench.remove(`${maps}/owner`, { propagationPolicy: 'Foreground' })
    await eventually('the child is being deleted', async () => {
      const { metadata } = await bench.get(`${maps}/child`)
      return metadata.deletionTimestamp
    })
    const { metadata } = await bench.get(`${maps}/owner`)
    assert.deepEqual(metadata.finalizers, ['foregroundDeletion'])
    await bench.merge(`${maps}/child`, { metadata: { finalizers: null } })
    await bench.gone(`${maps}/owner`)
  })

  it('does the same for custom objects', async (t) => {
    const bench = await openBench(t)
    await bench.create(crds, thingCrd({ spec: { type: 'object' } }))
    await make(bench, 'child', owned(await bench.create(things, thing('owner', {}))))
    await bench.remove(`${things}/owner`)
    await bench.gone(`${maps}/child`)
  })
})

describe('namespaces', () => {
  it('have a ServiceAccount and the certificate of the server', async (t) => {
    const bench = await openBench(t)
    await bench.create('/api/v1/namespaces', { metadata: { name: 'n' } })
    await bench.get('/api/v1/namespaces/n/serviceaccounts/default')
    const root = await bench.get('/api/v1/namespaces/n/configmaps/kube-root-ca.crt')
    assert.deepEqual(root['data'], { 'ca.crt': bench.server.ca })
  })

  it('go with all that is in them, and take nothing new meanwhile', async (t) => {
    const bench = await openBench(t)
    await bench.create('/api/v1/namespaces', { metadata: { name: 'n' } })
    const within = '/api/v1/namespaces/n/configmaps'
    await bench.create(within, configMap('held', {}, { finalizers: ['example.com/held'] }))
    await bench.remove('/api/v1/namespaces/n')
    const { status, message } = await bench.refusal('POST', within, configMap('late'))
    assert.equal(status, 403)
    assert.match(message, /because it is being terminated$/)
    await bench.merge(`${within}/held`, { metadata: { finalizers: null } })
    await bench.gone('/api/v1/namespaces/n')
  })
})
