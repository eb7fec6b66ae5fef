// kubectl works against the server: what people type.
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it, type TestContext } from 'node:test'
import { core, crds, openBench, pod, thingCrd, type Bench } from '../../support/api-server.ts'
import type { ApiServerOptions } from './start.ts'

const skip = canRun() ? false : 'there is no kubectl on the PATH'

function canRun(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

interface Shell extends Bench {
  readonly env: NodeJS.ProcessEnv
  /** What kubectl printed; rejects with what it complained about. */
  readonly kubectl: (line: string, input?: object | string) => Promise<string>
}

async function openShell(t: TestContext, options: Partial<ApiServerOptions> = {}): Promise<Shell> {
  const bench = await openBench(t, options)
  const home = await mkdtemp(join(tmpdir(), 'kubectl-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const kubeconfig = join(home, 'config')
  await writeFile(kubeconfig, bench.server.kubeconfig(), { mode: 0o600 })
  const env = { ...process.env, HOME: home, KUBECONFIG: kubeconfig }
  return { ...bench, env, kubectl: (line, input) => run(line.split(' '), env, input) }
}

function run(args: readonly string[], env: NodeJS.ProcessEnv, input?: object | string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('kubectl', args, { env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim())
      else reject(new Error(stderr.trim()))
    })
    child.stdin?.end(typeof input === 'object' ? JSON.stringify(input) : input)
  })
}

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
    const manifest = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      ...(pod('p') as { spec: object }),
    }
    for (const outcome of ['created', 'unchanged'])
      assert.equal(await kubectl('apply -f -', manifest), `pod/p ${outcome}`)
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

  it('shows custom objects by their short name, with the columns of the CRD', async (t) => {
    const { kubectl, create } = await openShell(t)
    await create(crds, thingCrd(schema))
    await kubectl('apply -f -', thing({ count: 2 }))
    assert.match(await kubectl('get th'), /^NAME\s+COUNT\na\s+2$/)
    assert.match(await kubectl('get things -o yaml'), /kind: Thing/)
    assert.match(await kubectl('describe thing a'), /Name:\s+a[^]*Count:\s+2/)
    assert.match(await kubectl('explain thing.spec.count'), /FIELD: count <integer>/)
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

  it('labels and annotates', async (t) => {
    const { kubectl } = await openShell(t)
    await kubectl('apply -f -', map({}))
    await kubectl('label cm a role=x')
    await kubectl('annotate cm a note=y')
    assert.equal(await kubectl('get cm -l role=x -o name'), 'configmap/a')
    await kubectl('label cm a role-')
    assert.equal(await kubectl('get cm a -o jsonpath={.metadata.labels}{.metadata.annotations.note}'), 'y')
  })

  it('waits for conditions and fields, and for the end', async (t) => {
    const { kubectl, create, merge } = await openShell(t)
    await create(`${core}/pods`, pod('p'))
    const ready = kubectl('wait pod/p --for=condition=Ready --timeout=20s')
    const running = kubectl('wait pod/p --for=jsonpath={.status.phase}=Running --timeout=20s')
    const conditions = [{ type: 'Ready', status: 'True' }]
    await merge(`${core}/pods/p/status`, { status: { phase: 'Running', conditions } })
    assert.deepEqual(await Promise.all([ready, running]), ['pod/p condition met', 'pod/p condition met'])
    const gone = kubectl('wait pod/p --for=delete --timeout=20s')
    await kubectl('delete pod p')
    await gone
  })

  it('watches', async (t) => {
    const { kubectl, env, merge, create } = await openShell(t)
    await create(`${core}/pods`, pod('p'))
    const child = spawn('kubectl', ['get', 'pods', '-w', '--no-headers'], { env })
    t.after(() => child.kill('SIGKILL'))
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const next = async (): Promise<string> => String((await lines.next()).value)
    assert.match(await next(), /^p\s+0\/1\s+Pending/)
    const containerStatuses = [{ name: 'main', ready: true, restartCount: 2 }]
    await merge(`${core}/pods/p/status`, { status: { phase: 'Running', containerStatuses } })
    assert.match(await next(), /^p\s+1\/1\s+Running\s+2/)
    await kubectl('delete pod p')
    assert.match(await next(), /^p\s+1\/1\s+Terminating/)
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

  it('shows logs from whoever runs the Pods', async (t) => {
    const asked: string[] = []
    const readLog: ApiServerOptions['readLog'] = ({ pod: name, container }) => {
      asked.push(`${name}/${container}`)
      return Promise.resolve('one\ntwo\n')
    }
    const { kubectl, create } = await openShell(t, { readLog })
    await create(`${core}/pods`, pod('p'))
    assert.equal(await kubectl('logs p'), 'one\ntwo')
    assert.equal(await kubectl('logs p --tail=1'), 'two')
    assert.deepEqual(asked, ['p/main', 'p/main'])
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
