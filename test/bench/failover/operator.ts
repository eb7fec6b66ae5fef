// The system under test: a RedisCluster of three on the laptop cluster, with the hooks and instances that are shipped.
import { Redis } from 'ioredis'
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { annotations } from '../../../hooks/rediscluster/names.ts'
import { clusterView, namespace } from '../../e2e/cluster-view.ts'
import { podsOf } from '../../e2e/dataset.ts'
import { eventually } from '../../e2e/eventually.ts'
import type { Stage } from '../../e2e/stage.ts'
import type { Network } from './network.ts'
import type { Host, System } from './system.ts'

export interface OperatorSystem extends System {
  readonly stage: Stage
  /** What `kubectl delete pod` does to it; an eviction takes the same way. */
  deletePod(host: Host, how: 'graceful' | 'forced'): Promise<void>
  remove(): Promise<void>
}

/** Shorter patience: for networks and machines that are known to keep up. */
export const tuned = {
  failover: { delay: '1s', hung: '3s', unreachable: '5s' },
  primaryIsolation: { apiServerTimeout: '1500ms', peerTimeout: '2500ms' },
} as const

const targets = { redis: /redis-server/, supervisor: 'pid1', both: /./ } as const

export async function openOperator(
  stage: Stage,
  name: string,
  network: Network | undefined,
  timings?: typeof tuned,
): Promise<OperatorSystem> {
  const { client, kubelet } = stage
  const cluster = clusterView(stage, name)
  const path = `/apis/redis.io/v1/namespaces/${namespace}/redisclusters/${name}`
  await client.request(
    'PATCH',
    `${path}?fieldManager=bench&force=true`,
    {
      apiVersion: 'redis.io/v1',
      kind: 'RedisCluster',
      metadata: { name },
      spec: { instances: 3, minSyncReplicas: 1, ...timings },
    },
    'application/apply-patch+yaml',
  )
  await cluster.ready(3)
  const uidOf = ({ ip }: Host): string =>
    [...kubelet.pods(), ...kubelet.ghosts()].find((pod) => pod.ip === ip)?.uid ?? ''
  const hosts = (): readonly Host[] => podsOf(stage, cluster).map(({ name: pod, ip }) => ({ name: pod, ip }))
  const system: OperatorSystem = {
    name: timings === undefined ? 'operator' : 'operator, tuned',
    stage,
    password: await cluster.password(),
    nodeAddress: network?.nodeAddress,
    hosts: () => [...hosts(), ...kubelet.ghosts()],
    async primary() {
      const { currentPrimary } = await cluster.status()
      const host = hosts().find((each) => each.name === currentPrimary)
      if (host === undefined) throw new Error(`${name} has no primary that runs`)
      return host
    },
    async connect(options) {
      const host = await eventually('the Service has an address', () =>
        kubelet.serviceAddress(namespace, `${name}-leader`),
      )
      return new Redis({ ...options, host, port: 6379, password: system.password })
    },
    signal: (host, which, signal) => kubelet.kill(uidOf(host), targets[which], signal),
    wipe(host) {
      const data = join(stage.stateDirectory, 'p', uidOf(host).slice(0, 8), 'data')
      for (const entry of readdirSync(data)) rmSync(join(data, entry), { recursive: true, force: true })
    },
    cut: network === undefined ? undefined : ({ ip }, what) => network.cut(ip, what),
    reconnect: ({ ip }) => network?.heal(ip),
    async move(from) {
      const to = hosts().find(({ ip }) => ip !== from.ip)
      const patch = { metadata: { annotations: { [annotations.switchover]: to?.name } } }
      await client.request('PATCH', path, patch, 'application/merge-patch+json')
    },
    async deletePod({ name: pod }, how) {
      const options = how === 'forced' ? { gracePeriodSeconds: 0 } : {}
      await client.request('DELETE', `/api/v1/namespaces/${namespace}/pods/${pod}`, options)
    },
    async unhealed() {
      const { phase, phaseReason, readyInstances } = await cluster.status()
      if (kubelet.ghosts().length > 0) return 'a deleted Pod still runs'
      return phase === 'Healthy' && readyInstances === 3
        ? undefined
        : `${phase ?? 'new'}: ${phaseReason ?? ''}`
    },
    async evidence(directory) {
      const hooksLog = join(stage.stateDirectory, 'hooks.log')
      if (existsSync(hooksLog)) cpSync(hooksLog, join(directory, 'hooks.log'))
      cpSync(join(stage.stateDirectory, 'logs'), join(directory, 'logs'), { recursive: true })
      writeFileSync(join(directory, 'status.json'), JSON.stringify(await cluster.status(), undefined, 2))
    },
    remove: () => cluster.remove(),
  }
  return system
}
