// kubectl changes what is on the server: what people type.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stringify } from 'yaml'
import { core, crds, pod, thingCrd } from '../../support/api-server.ts'
import { openShell } from '../../support/kubectl-shell.ts'
import { skip } from '../../support/kubectl.ts'

const text = { type: 'string' }
const schema = {
  spec: { type: 'object', properties: { count: { type: 'integer', maximum: 5 }, name: text } },
  status: { type: 'object', properties: { count: { type: 'integer' }, phase: text } },
}
const map = (data: object): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data })
const thing = (spec: object): object => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name: 'a' },
  spec,
})

describe('kubectl', { skip }, () => {
  it('applies, changes and prunes fields, and sees when nothing changed', async (t) => {
    const { kubectl } = await openShell(t)
    assert.equal(await kubectl('apply -f -', map({ x: '1', y: '1' })), 'configmap/a created')
    assert.equal(await kubectl('apply -f -', map({ x: '2' })), 'configmap/a configured')
    assert.equal(await kubectl('get cm a -o jsonpath={.data}'), '{"x":"2"}')
    assert.equal(await kubectl('apply -f -', map({ x: '2' })), 'configmap/a unchanged')
  })

  it('applies Pods and Services again without a change', async (t) => {
    const { kubectl } = await openShell(t)
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } }
    const items = [pod('p'), { ...service, spec: { ports: [{ port: 80 }], selector: { app: 'p' } } }]
    for (const outcome of ['created', 'unchanged']) {
      const printed = await kubectl('apply -f -', { apiVersion: 'v1', kind: 'List', items })
      assert.deepEqual(printed.split('\n'), [`pod/p ${outcome}`, `service/s ${outcome}`])
    }
  })

  it('applies, waits for and deletes all documents of a file, and tells which are missing', async (t) => {
    const { kubectl } = await openShell(t)
    const documents = [map({}), { ...map({}), metadata: { name: 'b' } }]
    const file = documents.map((each) => stringify(each)).join('---\n')
    assert.equal(await kubectl('apply -f -', file), 'configmap/a created\nconfigmap/b created')
    await kubectl('delete cm a')
    await assert.rejects(kubectl('delete -f -', file), /NotFound[^]*configmaps "a" not found/)
    assert.equal(await kubectl('delete -f - --ignore-not-found', file), '')
  })

  it('applies on the server', async (t) => {
    const { kubectl } = await openShell(t)
    assert.equal(
      await kubectl('apply --server-side -f -', map({ x: '1', y: '1' })),
      'configmap/a serverside-applied',
    )
    await kubectl('apply --server-side -f -', map({ x: '2' }))
    assert.equal(await kubectl('get cm a -o jsonpath={.data}'), '{"x":"2"}')
    const other = kubectl('apply --server-side --field-manager=other -f -', map({ x: '3' }))
    await assert.rejects(other, /Apply failed with 1 conflict: conflict with "kubectl": \.data\.x/)
  })

  it('refuses misspelt fields and values that are out of range, in the words of the server', async (t) => {
    const { kubectl, create } = await openShell(t)
    await create(crds, thingCrd(schema))
    await assert.rejects(
      kubectl('apply -f -', thing({ cuont: 2 })),
      /strict decoding error: unknown field "spec\.cuont"/,
    )
    await assert.rejects(
      kubectl('apply -f -', thing({ count: 6 })),
      /The Thing "a" is invalid: spec\.count: Invalid value: 6: spec\.count in body should be less than or equal to 5/,
    )
  })

  it('scales custom objects', async (t) => {
    const { kubectl, create } = await openShell(t)
    await create(crds, thingCrd(schema))
    await kubectl('apply -f -', thing({ count: 2 }))
    assert.equal(await kubectl('scale thing a --replicas=3'), 'thing.example.com/a scaled')
    assert.equal(await kubectl('get thing a -o jsonpath={.spec.count}'), '3')
  })

  it('scales only from the number that it is told', async (t) => {
    const { kubectl, create } = await openShell(t)
    await create(crds, thingCrd(schema))
    await kubectl('apply -f -', thing({ count: 2 }))
    const late = kubectl('scale thing a --replicas=3 --current-replicas=1')
    await assert.rejects(late, /Expected replicas to be 1, was 2/)
  })

  it('patches, and a trial run changes nothing', async (t) => {
    const { kubectl } = await openShell(t)
    await kubectl('apply -f -', map({ x: '1' }))
    const patch = (type: string, text: string): Promise<string> =>
      kubectl(['patch', 'cm', 'a', `--type=${type}`, '-p', text])
    await patch('merge', '{"data":{"y":"2"}}')
    await patch('json', '[{"op":"remove","path":"/data/x"}]')
    await patch('strategic', '{"data":{"z":"3"}}')
    assert.equal(await kubectl('get cm a -o jsonpath={.data}'), '{"y":"2","z":"3"}')
    assert.match(
      await kubectl('apply --dry-run=server -f -', map({ x: '9' })),
      /configured \(server dry run\)/,
    )
    assert.equal(await kubectl('get cm a -o jsonpath={.data}'), '{"y":"2","z":"3"}')
  })

  it('shows what an apply would change', async (t) => {
    const { kubectl } = await openShell(t)
    await kubectl('apply -f -', map({ x: '1' }))
    assert.equal(await kubectl('diff -f -', map({ x: '1' })), '')
    await assert.rejects(kubectl('diff -f -', map({ x: '2' })), /-  x: "1"\n\+  x: "2"/)
  })

  it('labels and annotates', async (t) => {
    const { kubectl } = await openShell(t)
    await kubectl('apply -f -', map({}))
    await kubectl('label cm a role=x')
    await kubectl('annotate cm a note=y')
    assert.equal(await kubectl('get cm -l role=x -o name'), 'configmap/a')
    await kubectl('label cm a role-')
    assert.equal(await kubectl('get cm a -o jsonpath={.metadata.labels}{.metadata.annotations.note}'), 'y')
  })

  it('deletes at once when forced, and else when the node is done', async (t) => {
    const { kubectl, create, gone, get } = await openShell(t)
    for (const name of ['p', 'q']) {
      await create(`${core}/pods`, pod(name))
      await create(`${core}/pods/${name}/binding`, { target: { name: 'n1' } })
    }
    await kubectl('delete pod p --wait=false')
    assert.equal((await get(`${core}/pods/p`)).metadata.deletionGracePeriodSeconds, 30)
    await kubectl('delete pod p q --force --grace-period=0')
    for (const name of ['p', 'q']) await gone(`${core}/pods/${name}`)
  })

  it('deletes with, before and without dependents', async (t) => {
    const { kubectl, create, get, gone } = await openShell(t)
    const owners = { background: true, foreground: true, orphan: false }
    for (const [policy, takesAlong] of Object.entries(owners)) {
      const { metadata } = await create(`${core}/configmaps`, { metadata: { name: policy } })
      const owner = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: policy,
        uid: metadata.uid,
        blockOwnerDeletion: true,
      }
      const child = { metadata: { name: `${policy}-child`, ownerReferences: [owner] } }
      await create(`${core}/configmaps`, child)
      await kubectl(`delete cm ${policy} --cascade=${policy} --timeout=20s`)
      if (takesAlong) await gone(`${core}/configmaps/${policy}-child`)
      else assert.equal((await get(`${core}/configmaps/${policy}-child`)).metadata.ownerReferences, undefined)
    }
  })

  it('creates what its own commands make, which newer ones send as protobuf', async (t) => {
    const { kubectl } = await openShell(t)
    await kubectl('create namespace n')
    await kubectl('create secret generic s -n n --from-literal=a=b')
    await kubectl('create serviceaccount bot -n n')
    await kubectl('create role r -n n --verb=get --resource=secrets --resource-name=s')
    await kubectl('create rolebinding b -n n --role=r --serviceaccount=n:bot')
    assert.equal(await kubectl('get secret s -n n -o jsonpath={.data}'), '{"a":"Yg=="}')
    const as = '--as=system:serviceaccount:n:bot'
    assert.equal(await kubectl(`auth can-i get secret/s -n n ${as}`), 'yes')
    await assert.rejects(kubectl(`get secrets -n n ${as}`), /cannot list resource "secrets"/)
    assert.match(await kubectl('create token bot -n n'), /^sa-/)
    await kubectl('delete namespace n --timeout=20s')
  })
})
