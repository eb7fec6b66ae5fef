// Pods and what belongs to them: defaults, what may change, grace, claims, Services.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { core, makeReady, openBench, pod, type Bench } from '../../support/api-server.ts'
import type { KubernetesObject } from '../client.ts'

const pods = `${core}/pods`
const claims = `${core}/persistentvolumeclaims`
const merge = 'application/merge-patch+json'

interface PodSpec {
  readonly containers: readonly Record<string, unknown>[]
  readonly volumes: readonly { readonly name: string }[]
  readonly [field: string]: unknown
}
const specOf = ({ spec }: KubernetesObject): PodSpec => spec as PodSpec

const bindTo = ({ create }: Bench, name: string, node: string): Promise<unknown> =>
  create(`${pods}/${name}/binding`, { metadata: { name }, target: { kind: 'Node', name: node } })

const claim = (name: string, storage: string): object => ({
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
})

describe('Pods', () => {
  it('get the defaults that a real server fills in', async (t) => {
    const { create } = await openBench(t)
    const container = {
      name: 'main',
      image: 'image',
      ports: [{ containerPort: 80 }],
      resources: { limits: { cpu: '1000m', memory: '1024Mi' } },
      readinessProbe: { httpGet: { port: 80 } },
      env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    }
    const made = await create(pods, pod('p', {}, { containers: [container] }))
    const { containers, volumes, ...spec } = specOf(made)
    const { imagePullPolicy, ports, resources, readinessProbe, env, volumeMounts } = containers[0] ?? {}
    const amounts = { cpu: '1', memory: '1Gi' }
    assert.deepEqual([imagePullPolicy, resources], ['Always', { limits: amounts, requests: amounts }])
    assert.deepEqual(ports, [{ containerPort: 80, protocol: 'TCP' }])
    assert.deepEqual(readinessProbe, {
      httpGet: { port: 80, path: '/', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    })
    assert.deepEqual(env, [
      { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name', apiVersion: 'v1' } } },
    ])
    const tolerated = { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }
    assert.deepEqual(spec, {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      enableServiceLinks: true,
      securityContext: {},
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      serviceAccountName: 'default',
      serviceAccount: 'default',
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', ...tolerated },
        { key: 'node.kubernetes.io/unreachable', ...tolerated },
      ],
    })
    const name = String(volumes[0]?.name)
    assert.match(name, /^kube-api-access-/)
    const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
    assert.deepEqual(volumeMounts, [{ name, readOnly: true, mountPath }])
    assert.deepEqual(made['status'], { phase: 'Pending', qosClass: 'Guaranteed' })
  })

  it('mount no token when they or their ServiceAccount do not want one', async (t) => {
    const { create } = await openBench(t)
    await create(`${core}/serviceaccounts`, {
      metadata: { name: 'shy' },
      automountServiceAccountToken: false,
    })
    const volumesOf = async (name: string, spec: object): Promise<number> =>
      (specOf(await create(pods, pod(name, {}, spec))).volumes as unknown[] | undefined)?.length ?? 0
    assert.equal(await volumesOf('a', { automountServiceAccountToken: false }), 0)
    assert.equal(await volumesOf('b', { serviceAccountName: 'shy' }), 0)
    assert.equal(await volumesOf('c', { serviceAccountName: 'shy', automountServiceAccountToken: true }), 1)
  })

  it('are refused without their ServiceAccount', async (t) => {
    const { refusal } = await openBench(t)
    const { status, message } = await refusal('POST', pods, pod('p', {}, { serviceAccountName: 'none' }))
    assert.equal(status, 403)
    const why = 'error looking up service account default/none: serviceaccount "none" not found'
    assert.equal(message, `pods "p" is forbidden: ${why}`)
  })

  it('change their image and nothing else of their spec', async (t) => {
    const { create, client, refusal, merge: patch } = await openBench(t)
    const made = await create(pods, pod('p'))
    const withContainer = (change: object): object => {
      const spec = specOf(made)
      return { spec: { ...spec, containers: spec.containers.map((each) => ({ ...each, ...change })) } }
    }
    const changed = await patch(`${pods}/p`, withContainer({ image: 'image:2' }))
    assert.equal(changed.metadata.generation, 2)
    for (const body of [withContainer({ args: ['x'] }), { spec: { hostname: 'other' } }]) {
      const { status, message } = await refusal('PATCH', `${pods}/p`, body, merge)
      assert.equal(status, 422)
      assert.match(message, /spec: Forbidden: pod updates may not change fields other than/)
    }
    await client.request('PATCH', `${pods}/p`, { metadata: { labels: { role: 'a' } } }, merge)
  })

  it('are scheduled once', async (t) => {
    const bench = await openBench(t)
    await bench.create(pods, pod('p'))
    await bindTo(bench, 'p', 'n1')
    assert.equal(specOf(await bench.get(`${pods}/p`))['nodeName'], 'n1')
    const again = { target: { name: 'n2' } }
    assert.equal((await bench.refusal('POST', `${pods}/p/binding`, again)).reason, 'Conflict')
  })

  it('go at once where they run nowhere, and else when their node has ended them', async (t) => {
    const bench = await openBench(t)
    for (const name of ['nowhere', 'runs']) await bench.create(pods, pod(name))
    await bench.remove(`${pods}/nowhere`)
    await bench.gone(`${pods}/nowhere`)
    await bindTo(bench, 'runs', 'n1')
    await bench.remove(`${pods}/runs`)
    const { metadata } = await bench.get(`${pods}/runs`)
    assert.equal(metadata.deletionGracePeriodSeconds, 30)
    assert.ok(Date.parse(metadata.deletionTimestamp ?? '') > Date.now())
    await bench.remove(`${pods}/runs`, { gracePeriodSeconds: 5 })
    assert.equal((await bench.get(`${pods}/runs`)).metadata.deletionGracePeriodSeconds, 5)
    await bench.remove(`${pods}/runs`, { gracePeriodSeconds: 0 })
    await bench.gone(`${pods}/runs`)
  })

  it('keep their labels when only their status is written', async (t) => {
    const bench = await openBench(t)
    await bench.create(pods, pod('p', { labels: { a: 'b' } }))
    await makeReady(bench, 'p')
    const { metadata, status } = await bench.get(`${pods}/p`)
    assert.deepEqual([metadata.labels, metadata.generation], [{ a: 'b' }, 1])
    assert.equal((status as { phase: string }).phase, 'Running')
  })
})

describe('PersistentVolumeClaims', () => {
  const classes = '/apis/storage.k8s.io/v1/storageclasses'
  const storageClass = (allowVolumeExpansion: boolean): object => ({
    metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'example.com/fast',
    allowVolumeExpansion,
  })
  const size = (storage: string): object => ({ spec: { resources: { requests: { storage } } } })
  const bound = { status: { phase: 'Bound', capacity: { storage: '1Gi' } } }

  it('get the default class, and their size in canonical form', async (t) => {
    const { create } = await openBench(t)
    await create(classes, storageClass(true))
    const { spec, status } = await create(claims, claim('c', '1024Mi'))
    assert.deepEqual(spec, {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: 'fast',
      volumeMode: 'Filesystem',
    })
    assert.deepEqual(status, { phase: 'Pending' })
  })

  it('grow where their class allows it, and never shrink below what they have', async (t) => {
    const { create, merge: patch, refusal } = await openBench(t)
    await create(classes, storageClass(false))
    await create(claims, claim('c', '1Gi'))
    assert.equal((await refusal('PATCH', `${claims}/c`, size('2Gi'), merge)).status, 422)
    await patch(`${claims}/c/status`, bound)
    const { status, message } = await refusal('PATCH', `${claims}/c`, size('2Gi'), merge)
    assert.equal(status, 403)
    assert.match(message, /only dynamically provisioned pvc can be resized/)
    await patch(`${classes}/fast`, { allowVolumeExpansion: true })
    await patch(`${claims}/c`, size('2Gi'))
    assert.equal((await refusal('PATCH', `${claims}/c`, size('512Mi'), merge)).status, 422)
    const moved = { spec: { storageClassName: 'slow' } }
    assert.equal((await refusal('PATCH', `${claims}/c`, moved, merge)).status, 422)
  })

  it('stay while a Pod that has a node uses them', async (t) => {
    const bench = await openBench(t)
    await bench.create(claims, claim('c', '1Gi'))
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'c' } }]
    for (const name of ['p', 'waiting']) await bench.create(pods, pod(name, {}, { volumes }))
    await bindTo(bench, 'p', 'n')
    await bench.remove(`${claims}/c`)
    assert.deepEqual((await bench.get(`${claims}/c`)).metadata.finalizers, ['kubernetes.io/pvc-protection'])
    await bench.remove(`${pods}/p`, { gracePeriodSeconds: 0 })
    await bench.gone(`${claims}/c`)
  })
})

describe('Services and Secrets', () => {
  it('gives a Service an address of its own, except a headless one', async (t) => {
    const { create, merge: patch, refusal } = await openBench(t, { allocateServiceIp: () => '127.96.1.1' })
    const service = (name: string, spec: object): object => ({
      metadata: { name },
      spec: { selector: { a: 'b' }, ports: [{ port: 80 }], ...spec },
    })
    const services = `${core}/services`
    const { spec } = await create(services, service('a', {}))
    const { clusterIP, type, ports } = spec as Record<string, unknown>
    assert.deepEqual([clusterIP, type], ['127.96.1.1', 'ClusterIP'])
    assert.deepEqual(ports, [{ port: 80, protocol: 'TCP', targetPort: 80 }])
    await patch(`${services}/a`, { spec: { selector: { a: 'c' } } })
    const other = { spec: { clusterIP: '127.96.1.2' } }
    assert.equal((await refusal('PATCH', `${services}/a`, other, merge)).status, 422)
    const headless = await create(services, service('b', { clusterIP: 'None' }))
    assert.equal((headless['spec'] as { clusterIP: string }).clusterIP, 'None')
  })

  it('keeps texts of Secrets as data, and freezes what is immutable', async (t) => {
    const { create, refusal } = await openBench(t)
    const secrets = `${core}/secrets`
    const made = await create(secrets, { metadata: { name: 's' }, stringData: { a: 'b' }, immutable: true })
    assert.deepEqual([made['data'], made['stringData'], made['type']], [{ a: 'Yg==' }, undefined, 'Opaque'])
    const change = { data: { a: 'Yw==' } }
    assert.match((await refusal('PATCH', `${secrets}/s`, change, merge)).message, /field is immutable when/)
  })
})
