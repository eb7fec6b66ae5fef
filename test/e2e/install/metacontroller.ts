// The overlay over Metacontroller's own manifests, its leader election, and whether it can work without its wildcard.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { flags } from '../../../hooks/install/metacontroller.ts'
import type { KubernetesObject } from '../../cluster/client.ts'
import { eventually } from '../eventually.ts'
import { root } from './apply.ts'
import { startHooks } from './hooks.ts'
import { startMetacontroller } from './engine.ts'
import { overlayWith } from './overlay.ts'
import { ensure, scratch, verdict, type InstallSite, type Scenario } from './site.ts'

export const metacontrollerScenarios: readonly Scenario[] = [
  { name: 'the overlay patches Metacontroller’s own manifests', run: overlay },
  {
    name: 'Metacontroller without its wildcard makes every child and writes the status',
    run: leastPrivilege,
  },
  { name: 'Metacontroller shows the token to the hooks, and is refused with a wrong one', run: tokens },
  { name: 'a second Metacontroller takes over from one that died', run: takesOver },
]

const namespace = scratch('metacontroller')
const clusters = `/apis/redis.io/v1/namespaces/${namespace}/redisclusters`

async function applyOverlay({ kubectl, programs, directory }: InstallSite, least: boolean): Promise<boolean> {
  if (programs.upstream === undefined) return false
  const folder = overlayWith(programs.upstream, directory, { least })
  await kubectl(`apply --server-side --force-conflicts -k ${folder}`)
  return true
}

async function overlay(site: InstallSite): Promise<string> {
  if (!(await applyOverlay(site, false))) return 'left out: no --upstream'
  const stateful = await site.client.request(
    'GET',
    '/apis/apps/v1/namespaces/metacontroller/statefulsets/metacontroller',
  )
  const { replicas, template } = stateful['spec'] as {
    replicas: number
    template: {
      metadata: object
      spec: { containers: readonly { name: string; args: readonly string[]; image: string }[] }
    }
  }
  const container = template.spec.containers.find(({ name }) => name === 'metacontroller')
  assert.equal(replicas, 2)
  assert.ok(container)
  assert.deepEqual(container.args, flags)
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name: 'tried' },
    spec: template.spec,
  }
  assert.equal(
    await verdict(site.client.request('POST', '/api/v1/namespaces/metacontroller/pods?dryRun=All', pod)),
    'ok',
  )
  return `2 replicas of ${container.image}, admitted by a namespace that enforces restricted Pods`
}

async function leastPrivilege(site: InstallSite): Promise<string> {
  if (site.programs.metacontroller === undefined || !(await applyOverlay(site, true))) return leftOut
  await eventually('the ClusterRole is gathered', async () => {
    const role = await site.client.request(
      'GET',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/metacontroller',
    )
    const rules = role['rules'] as readonly { resources?: readonly string[] }[]
    const names = rules.flatMap(({ resources = [] }) => resources)
    return names.includes('pods') && !names.includes('*') ? true : undefined
  })
  const hooks = await startHooks(site)
  const engine = await startMetacontroller(site, 'least')
  try {
    await hooks.announce()
    const children = await createsCluster(site, 'least')
    await followsBackups(site, 'least')
    await removes(site, 'least')
    const denied = engine
      .log()
      .split('\n')
      .filter((line) => /forbidden/i.test(line))
    assert.deepEqual(denied, [])
    return `${children} kinds of children, a status of each kind, and no refusal in its log`
  } finally {
    await engine.close()
    await hooks.close()
  }
}

async function tokens(site: InstallSite): Promise<string> {
  if (site.programs.metacontroller === undefined) return leftOut
  await setToken(site, 'right')
  const hooks = await startHooks(site, 'right')
  const engine = await startMetacontroller(site, 'token')
  try {
    await hooks.announce('redis-operator-hooks')
    await createsCluster(site, 'token')
    await removes(site, 'token')
    hooks.expect('another')
    await ensure(site.client, clusters, cluster('refused'))
    const message = await eventually('a SyncError tells of it', () => syncError(site, 'refused'))
    assert.match(message, /401|unauthorized/i)
    await removes(site, 'refused')
    return 'with the right one children are made; with a wrong one a SyncError says 401'
  } finally {
    await engine.close()
    await hooks.close()
  }
}

async function takesOver(site: InstallSite): Promise<string> {
  if (site.programs.metacontroller === undefined) return leftOut
  const before = await lease(site)
  const first = await startMetacontroller(site, 'first')
  const leader = await eventually('the first leads', async () => {
    const { holderIdentity } = await lease(site)
    return holderIdentity === before.holderIdentity ? undefined : holderIdentity
  })
  const second = await startMetacontroller(site, 'second')
  try {
    await first.close()
    const startedMs = performance.now()
    await eventually('the second leads', async () =>
      (await lease(site)).holderIdentity === leader ? undefined : true,
    )
    return `${((performance.now() - startedMs) / 1000).toFixed(1)} s after SIGKILL`
  } finally {
    await first.close()
    await second.close()
  }
}

const leftOut = 'left out: no --metacontroller, or no --upstream'

async function lease({ client }: InstallSite): Promise<{ readonly holderIdentity?: string }> {
  const path = '/apis/coordination.k8s.io/v1/namespaces/metacontroller/leases/metacontroller'
  const found = await client.request('GET', path).catch(() => undefined)
  return found?.['spec'] ?? {}
}

const cluster = (name: string): object => ({
  apiVersion: 'redis.io/v1',
  kind: 'RedisCluster',
  metadata: { name },
  spec: { instances: 2 },
})

/** Resolves with the number of kinds among its children once all Pods exist and a status is written. */
async function createsCluster({ client }: InstallSite, name: string): Promise<number> {
  await ensure(client, '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  })
  await ensure(client, clusters, cluster(name))
  await eventually('both Pods exist', async () => {
    for (const ordinal of [0, 1])
      await client.request('GET', `/api/v1/namespaces/${namespace}/pods/${name}-${ordinal}`)
    return true
  })
  await eventually('the status is written', async () => {
    const { status } = (await client.request('GET', `${clusters}/${name}`)) as { status?: { phase?: string } }
    return status?.phase
  })
  const { spec } = parse(readFileSync(join(root, 'metacontroller/rediscluster.yaml'), 'utf8')) as {
    spec: { childResources: readonly { apiVersion: string; resource: string }[] }
  }
  for (const { apiVersion, resource } of spec.childResources) {
    const api = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
    const path = `${api}/namespaces/${namespace}/${resource}?labelSelector=redis.io%2Fcluster%3D${name}`
    const { items } = (await client.request('GET', path)) as unknown as { items: readonly object[] }
    assert.ok(items.length > 0, resource)
  }
  return spec.childResources.length
}

/** The status of a RedisBackup and of a schedule: the store is never reached, for nobody runs the Pods. */
async function followsBackups({ client }: InstallSite, clusterName: string): Promise<void> {
  const spec = { clusterName, destination: { s3: { bucket: 'backups' } } }
  const wanted = [
    ['RedisBackup', 'redisbackups', spec],
    ['RedisScheduledBackup', 'redisscheduledbackups', { ...spec, schedule: '@daily' }],
  ] as const
  for (const [kind, plural, content] of wanted) {
    const path = `/apis/redis.io/v1/namespaces/${namespace}/${plural}`
    const object = { apiVersion: 'redis.io/v1', kind, metadata: { name: clusterName }, spec: content }
    await ensure(client, path, object)
    await eventually(`the status of the ${kind} is written`, async () => {
      const found = await client.request('GET', `${path}/${clusterName}`)
      return (found as { status?: { phase?: string } }).status?.phase
    })
    await client.request('DELETE', `${path}/${clusterName}`)
  }
}

async function removes({ client }: InstallSite, name: string): Promise<void> {
  await client.request('DELETE', `${clusters}/${name}`)
  await eventually('its Pods are gone', async () => {
    const { items } = (await client.request('GET', `/api/v1/namespaces/${namespace}/pods`)) as unknown as {
      items: readonly KubernetesObject[]
    }
    return items.some(({ metadata }) => metadata.name.startsWith(`${name}-`)) ? undefined : true
  })
}

async function setToken({ client, kubectl }: InstallSite, token: string): Promise<void> {
  const path = '/api/v1/namespaces/redis-operator-system/secrets'
  await kubectl('delete secret -n redis-operator-system redis-operator-hooks --ignore-not-found')
  await ensure(client, path, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'redis-operator-hooks' },
    stringData: { token },
  })
}

async function syncError({ client }: InstallSite, name: string): Promise<string | undefined> {
  const { items } = (await client.request('GET', `/api/v1/namespaces/${namespace}/events`)) as unknown as {
    items: readonly { reason: string; message: string; involvedObject: { name: string } }[]
  }
  return items.find(({ reason, involvedObject }) => reason === 'SyncError' && involvedObject.name === name)
    ?.message
}
