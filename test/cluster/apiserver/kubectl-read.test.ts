// kubectl shows what is on the server: get, describe, wait, watch, logs, events.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { core, crds, pod, thing, thingCrd, things } from '../../support/api-server.ts'
import { openShell, type Shell } from '../../support/kubectl-shell.ts'
import { skip } from '../../support/kubectl.ts'
import type { ReadLog } from './http/log.ts'

const schema = {
  spec: { type: 'object', properties: { count: { type: 'integer' } } },
  status: { type: 'object', properties: { phase: { type: 'string' } } },
}

async function twoThings({ create }: Shell): Promise<void> {
  await create(crds, thingCrd(schema))
  await create(things, thing('a', { count: 2 }, { labels: { role: 'x' } }))
  await create(things, thing('b', { count: 3 }))
}

async function runs({ merge }: Shell, restartCount = 0): Promise<void> {
  const containerStatuses = [{ name: 'main', ready: true, restartCount }]
  const conditions = [{ type: 'Ready', status: 'True' }]
  const status = { phase: 'Running', podIP: '127.0.0.9', conditions, containerStatuses }
  await merge(`${core}/pods/p/status`, { status })
}

describe('kubectl', { skip }, () => {
  it('gets custom objects in every form, with the columns of the CRD', async (t) => {
    const shell = await openShell(t)
    await twoThings(shell)
    const { kubectl } = shell
    assert.match(await kubectl('get th'), /^NAME\s+COUNT\na\s+2\nb\s+3$/)
    assert.equal(await kubectl('get things.example.com -l role=x -o name'), 'thing.example.com/a')
    assert.match(
      await kubectl('get things -o yaml'),
      /^apiVersion: v1\nitems:\n- apiVersion: example\.com\/v1/,
    )
    assert.match(await kubectl('get thing a -o json'), /"kind": "Thing"/)
    assert.equal(await kubectl('get thing a -o jsonpath={.spec.count}'), '2')
    assert.match(await kubectl('get things -o custom-columns=N:.spec.count --no-headers'), /^2\n3$/)
    assert.match(await kubectl('get things --show-labels -A'), /^default\s+a\s+2\s+role=x$/m)
  })

  it('describes and explains custom objects', async (t) => {
    const shell = await openShell(t)
    await twoThings(shell)
    assert.match(await shell.kubectl('describe thing a'), /Name:\s+a[^]*Count:\s+2[^]*Events:\s+<none>/)
    assert.match(await shell.kubectl('explain thing.spec.count'), /FIELD: count <integer>/)
  })

  it('gets and describes Pods', async (t) => {
    const shell = await openShell(t)
    const { kubectl, create } = shell
    await create(`${core}/pods`, pod('p', { labels: { app: 'p' } }))
    await create(`${core}/pods/p/binding`, { target: { name: 'n1' } })
    await runs(shell)
    assert.match(await kubectl('get pods -l app=p --no-headers'), /^p\s+1\/1\s+Running\s+0\s+\d+s$/)
    assert.match(await kubectl('get pod p -o wide --no-headers'), /127\.0\.0\.9\s+n1/)
    assert.equal(await kubectl('get pods -l app!=p -o name'), '')
    assert.equal(await kubectl('get pods --field-selector=status.phase=Running -o name'), 'pod/p')
    const described = await kubectl('describe pod p')
    assert.match(described, /Node:\s+n1\/[^]*Labels:\s+app=p[^]*Image:\s+image:1[^]*Ready:\s+True/)
    assert.match(described, /QoS Class:\s+BestEffort/)
  })

  it('shows events, of all and of one object', async (t) => {
    const { kubectl, create } = await openShell(t)
    const { metadata } = await create(`${core}/pods`, pod('p'))
    await create(`${core}/pods`, pod('other'))
    const time = new Date().toISOString()
    await create(`${core}/events`, {
      metadata: { generateName: 'p.' },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'p', namespace: 'default', uid: metadata.uid },
      ...{ type: 'Warning', reason: 'SyncError', message: 'it failed', count: 2 },
      ...{ firstTimestamp: time, lastTimestamp: time, source: { component: 'test' } },
    })
    assert.match(await kubectl('get events --no-headers'), /Warning\s+SyncError\s+pod\/p\s+it failed/)
    assert.match(await kubectl('events --for=pod/p --no-headers'), /SyncError\s+Pod\/p\s+it failed/)
    assert.match(
      await kubectl('describe pod p'),
      /Events:[^]*Warning\s+SyncError\s+\S+ \(x2 over \S+\)\s+test/,
    )
    assert.match(await kubectl('describe pod other'), /Events:\s+<none>/)
  })

  it('waits for conditions and fields, and for the end', async (t) => {
    const shell = await openShell(t)
    const { kubectl, create } = shell
    await create(`${core}/pods`, pod('p'))
    const ready = kubectl('wait pod/p --for=condition=Ready --timeout=20s')
    const running = kubectl('wait pod/p --for=jsonpath={.status.phase}=Running --timeout=20s')
    await runs(shell)
    assert.deepEqual(await Promise.all([ready, running]), ['pod/p condition met', 'pod/p condition met'])
    const gone = kubectl('wait pod/p --for=delete --timeout=20s')
    await kubectl('delete pod p')
    await gone
    await assert.rejects(kubectl('wait pod/p --for=condition=Ready --timeout=1s'), /pods "p" not found/)
  })

  it('says so when what it waits for does not come', async (t) => {
    const { kubectl, create } = await openShell(t)
    await create(`${core}/pods`, pod('p'))
    await assert.rejects(kubectl('wait pod/p --for=condition=Ready --timeout=1s'), /timed out waiting/)
  })

  it('watches Pods and custom objects', async (t) => {
    const shell = await openShell(t)
    const { kubectl, create, follow } = shell
    await create(`${core}/pods`, pod('p'))
    const pods = follow('get pods -w --no-headers')
    assert.match(String(await pods()), /^p\s+0\/1\s+Pending/)
    await runs(shell, 2)
    assert.match(String(await pods()), /^p\s+1\/1\s+Running\s+2/)
    await kubectl('delete pod p')
    assert.match(String(await pods()), /^p\s+1\/1\s+Terminating/)
    await twoThings(shell)
    const one = follow('get thing b -w --no-headers')
    assert.match(String(await one()), /^b\s+3$/)
    await kubectl('scale things a b --replicas=4')
    assert.match(String(await one()), /^b\s+4$/)
  })

  it('shows logs from whoever runs the Pods, of this run and of the one before', async (t) => {
    const logs = ['first\n', 'one\ntwo\n']
    const readLog: ReadLog = ({ run }) => Promise.resolve(logs[run])
    const shell = await openShell(t, { readLog })
    const { kubectl, create } = shell
    await create(`${core}/pods`, pod('p', { labels: { app: 'p' } }))
    assert.equal(await kubectl('logs p'), 'first')
    await assert.rejects(
      kubectl('logs p --previous'),
      /previous terminated container "main" in pod "p" not found/,
    )
    await runs(shell, 1)
    assert.equal(await kubectl('logs p -c main --previous'), 'first')
    assert.equal(await kubectl('logs -l app=p --tail=1'), 'two')
    assert.equal(await kubectl('logs p --limit-bytes=5'), 'one\nt')
    await runs(shell, 2)
    await assert.rejects(kubectl('logs p'), /container "main" in pod "p" is waiting to start/)
    await assert.rejects(kubectl('logs p --since=1s'), /sinceSeconds is not implemented here/)
  })

  it('follows logs until the run is over', async (t) => {
    let log = 'one\n'
    const shell = await openShell(t, { readLog: () => Promise.resolve(log) })
    await shell.create(`${core}/pods`, pod('p'))
    const next = shell.follow('logs -f p')
    assert.equal(await next(), 'one')
    log += 'two\n'
    assert.equal(await next(), 'two')
    await runs(shell, 1)
    assert.equal(await next(), undefined)
  })
})
