// What is promised to applications beside their data: writes that too few would hold are refused, and their own users work without a restart.
import assert from 'node:assert/strict'
import { Redis } from 'ioredis'
import { clusterView, namespace, type ClusterView } from './cluster-view.ts'
import { podsOf } from './dataset.ts'
import { eventually } from './eventually.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'

export const promises: readonly Scenario[] = [
  { name: 'minSyncReplicas: writes are refused while the only replica is gone', run: refuses },
  { name: 'aclConfigSecret: users come and change without a restart', run: admits },
]

const imageName = 'registry.example.com/redis-operator:does-not-exist'

async function refuses(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'few')
  await cluster.apply(2, { minSyncReplicas: 1 })
  await cluster.ready(2)
  const leader = await cluster.client('leader')
  await eventually('it is written', () => leader.set('a', '1').catch(() => undefined))
  await cluster.patch({ imageName })
  await eventually('the replica cannot start', async () => {
    const { conditions = [] } = await cluster.status()
    const reasonOf = (wanted: string): string | undefined =>
      conditions.find(({ type }) => type === wanted)?.reason
    return (
      (reasonOf('SpecApplied') === 'RolloutBlocked' && reasonOf('Durable') === 'TooFewReplicas') || undefined
    )
  })
  await assert.rejects(leader.set('a', '2'), /NOREPLICAS/)
  await cluster.patch({ imageName: null })
  await eventually('it is written again', () => leader.set('a', '3').catch(() => undefined), 60)
  leader.disconnect()
  await cluster.remove()
  return 'NOREPLICAS until it was back'
}

async function admits(stage: Stage): Promise<string> {
  const cluster = clusterView(stage, 'acl')
  await setUsers(stage, 'user reader on >one ~* +@read +ping')
  await cluster.apply(1, { aclConfigSecret: { name: 'acl-users' } })
  await cluster.ready(1)
  await eventually(
    'reader may log in',
    async () => (await says(stage, cluster, 'one')) === 'PONG' || undefined,
  )
  const before = podsOf(stage, cluster).map(({ uid, pid }) => `${uid} ${pid ?? ''}`)
  await setUsers(stage, 'user reader on >two ~* +@read +ping')
  await eventually(
    'it has another password',
    async () => (await says(stage, cluster, 'two')) === 'PONG' || undefined,
  )
  assert.match(await says(stage, cluster, 'one'), /WRONGPASS/)
  assert.match(await says(stage, cluster, 'two', 'SET', 'a', 'b'), /NOPERM/)
  assert.deepEqual(
    podsOf(stage, cluster).map(({ uid, pid }) => `${uid} ${pid ?? ''}`),
    before,
  )
  await cluster.remove()
  return 'a new password, and no restart'
}

async function setUsers({ client }: Stage, text: string): Promise<void> {
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'acl-users' },
    stringData: { acl: `${text}\n` },
  }
  const path = `/api/v1/namespaces/${namespace}/secrets/acl-users?fieldManager=e2e&force=true`
  await client.request('PATCH', path, body, 'application/apply-patch+yaml')
}

/** What the user reader is told, with this password. */
async function says(
  { kubelet }: Stage,
  { name }: ClusterView,
  password: string,
  ...command: string[]
): Promise<string> {
  const host = kubelet.serviceAddress(namespace, `${name}-leader`) ?? ''
  const redis = new Redis({
    host,
    port: 6379,
    // It may not ask for INFO.
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  redis.on('error', () => undefined)
  try {
    await redis.call('AUTH', 'reader', password)
    const [first = 'PING', ...rest] = command
    return String(await redis.call(first, ...rest))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    redis.disconnect()
  }
}
