// The ways in which a primary ends, each with the hooks killed in the middle, while a client tries to write everywhere.
import assert from 'node:assert/strict'
import { clusterView, namespace, type ClusterView } from './cluster-view.ts'
import { fill, holdsKeys, onEveryInstance, podsOf } from './dataset.ts'
import { counted, eventsAbout } from './event-view.ts'
import { eventually } from './eventually.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { directClient, watchWriters } from './traffic.ts'

type Fault = (stage: Stage, cluster: ClusterView, primary: string) => Promise<void>

export const failovers: readonly Scenario[] = [
  failover('a kill -9 of redis-server', 'fa', (stage, cluster, primary) =>
    killProcess(stage, cluster, primary, /redis-server/),
  ),
  failover('b kill -9 of PID 1', 'fb', (stage, cluster, primary) =>
    killProcess(stage, cluster, primary, 'pid1'),
  ),
  failover('c kubectl delete pod', 'fc', (stage, _cluster, primary) => deletePod(stage, primary, 'graceful')),
  failover('d forced delete while the process lives on', 'fd', (stage, _cluster, primary) =>
    deletePod(stage, primary, 'forced'),
  ),
]

function failover(name: string, clusterName: string, fault: Fault): Scenario {
  return {
    name: `failover: ${name}, hooks killed in the middle`,
    async run(stage) {
      const cluster = clusterView(stage, clusterName)
      await cluster.apply(3)
      const { currentPrimary: primary = '' } = await cluster.ready(3)
      await fill(cluster)
      await onEveryInstance(stage, cluster, 3, holdsKeys)
      const watch = watchWriters()
      const addAll = async (): Promise<void> => {
        const password = await cluster.password()
        for (const { ip } of podsOf(stage, cluster)) watch.add({ host: ip, password })
      }
      await addAll()
      await eventually('the watch writes', () => (watch.writes() > 0 ? true : undefined))
      const startedMs = performance.now()
      await fault(stage, cluster, primary)
      await stage.hooks.kill()
      await stage.hooks.start()
      const leader = await cluster.client('leader')
      await eventually('a replica takes writes through -leader', async () =>
        (await cluster.status()).currentPrimary !== primary ? await leader.set('after', '1') : undefined,
      )
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
      for (const ghost of stage.kubelet.ghosts()) ghost.kill()
      await cluster.ready(3, primary)
      await addAll()
      await onEveryInstance(stage, cluster, 3, async (redis) => {
        await holdsKeys(redis)
        assert.equal(await redis.get('after'), '1')
      })
      await hasComeBack(stage, cluster, primary)
      const told = await isToldOnce(stage, cluster)
      await watch.close()
      leader.disconnect()
      assert.deepEqual(watch.violations(), [])
      await cluster.remove()
      return `writes again after ${seconds} s, ${primary} follows, ${watch.writes()} writes watched, never two writable, told as ${told}`
    },
  }
}

const moves = ['Failover', 'Switchover'] as const

/** One beginning and one end, also when the hooks start again and look at the same; a Pod that can still hand over does. */
async function isToldOnce(stage: Stage, cluster: ClusterView): Promise<string> {
  const object = await cluster.object()
  const told = (): Promise<Readonly<Record<string, number>>> => eventsAbout(stage, object).then(counted)
  const move = await eventually('the move is told', async () => {
    const counts = await told()
    return moves.find((each) => counts[`${each}Completed`] !== undefined)
  })
  await stage.hooks.kill()
  await stage.hooks.start()
  await cluster.patch({ failover: { delay: '2100ms' } })
  const { generation } = (await cluster.object()).metadata
  await eventually('the hooks have looked again', async () =>
    (await cluster.status()).observedGeneration === generation ? true : undefined,
  )
  const counts = await told()
  const ofMoves = moves.flatMap((each) => [counts[`${each}Started`] ?? 0, counts[`${each}Completed`] ?? 0])
  assert.deepEqual(ofMoves, move === 'Failover' ? [1, 1, 0, 0] : [0, 0, 1, 1])
  return move
}

/** The old primary follows the new one, in its own words and in the status. */
async function hasComeBack(stage: Stage, cluster: ClusterView, name: string): Promise<void> {
  const addressOf = (pod?: string): string | undefined =>
    podsOf(stage, cluster).find((each) => each.name === pod)?.ip
  const redis = directClient({ host: addressOf(name) ?? '', password: await cluster.password() })
  await eventually(`${name} follows the new primary`, async () => {
    const { currentPrimary, instancesStatus } = await cluster.status()
    assert.equal(instancesStatus?.[name]?.role, 'replica')
    assert.deepEqual((await redis.role()).slice(0, 4), [
      'slave',
      addressOf(currentPrimary),
      6379,
      'connected',
    ])
    return true
  })
  redis.disconnect()
}

async function killProcess(
  stage: Stage,
  cluster: ClusterView,
  primary: string,
  which: 'pid1' | RegExp,
): Promise<void> {
  const { metadata } = await cluster.pod(primary)
  stage.kubelet.kill(metadata.uid ?? '', which, 'SIGKILL')
}

async function deletePod({ client, kubectl }: Stage, pod: string, how: 'graceful' | 'forced'): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}`
  const isForced = how === 'forced'
  if (kubectl === undefined) await client.request('DELETE', path, isForced ? { gracePeriodSeconds: 0 } : {})
  else
    await kubectl(
      `delete pod ${pod} -n ${namespace} --wait=false${isForced ? ' --force --grace-period=0' : ''}`,
    )
}
