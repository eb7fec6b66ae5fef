// Redis Sentinel beside it: a primary and two replicas with the same settings, each with a sentinel, started again when they end.
import { Redis } from 'ioredis'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync, openSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { directClient } from '../../e2e/traffic.ts'
import { eventually } from '../../e2e/eventually.ts'
import { reconnect } from './clients.ts'
import type { Network } from './network.ts'
import type { Host, System } from './system.ts'

export interface SentinelSystem extends System {
  close(): Promise<void>
}

const port = 26379
const password = 'sentinel-bench'
const group = 'primary'
/** Of one failover; Sentinel's 3 minutes only make the next one wait, and each cluster here sees one. */
const failoverTimeoutMs = 10_000

interface Node extends Host {
  readonly directory: string
  readonly redis: Supervised
  readonly sentinel: Supervised
}

let clusters = 0

/** A new one for each fault: after a failover Sentinel waits before the next. */
export async function openSentinel(
  downAfterMs: number,
  network: Network | undefined,
): Promise<SentinelSystem> {
  const root = mkdtempSync(join(tmpdir(), 'rs-'))
  const addresses = addressesOf(clusters++, network !== undefined)
  const nodes = addresses.map((ip, index) => start(ip, index, addresses, { root, downAfterMs, network }))
  const nodeAt = ({ ip }: Host): Node | undefined => nodes.find((node) => node.ip === ip)
  const listeners: Redis[] = []
  const system: SentinelSystem = {
    name: `Sentinel ${downAfterMs / 1000} s`,
    password,
    nodeAddress: network?.nodeAddress,
    hosts: () => nodes.map(({ name, ip }) => ({ name, ip })),
    primary: () => primaryOf(nodes),
    connect(options) {
      const redis = new Redis({
        ...options,
        sentinels: addresses.map((host) => ({ host, port })),
        name: group,
        password,
        sentinelRetryStrategy: () => 50,
        sentinelCommandTimeout: options.commandTimeout ?? 500,
      })
      // As most clients do: they hear of a new primary, and leave the old one.
      for (const host of addresses) listeners.push(onSwitch(host, () => reconnect(redis)))
      return Promise.resolve(redis)
    },
    signal(host, which, name) {
      const node = nodeAt(host)
      if (which !== 'supervisor') node?.redis.signal(name)
      if (which !== 'redis') node?.sentinel.signal(name)
    },
    wipe(host) {
      const data = join(nodeAt(host)?.directory ?? root, 'data')
      for (const entry of readdirSync(data)) rmSync(join(data, entry), { recursive: true, force: true })
    },
    cut: network === undefined ? undefined : ({ ip }, what) => network.cut(ip, what),
    reconnect: ({ ip }) => network?.heal(ip),
    async move() {
      await ask(nodes[0]?.ip ?? '', 'SENTINEL', 'FAILOVER', group)
    },
    unhealed: () => unhealed(nodes),
    async close() {
      for (const listener of listeners) listener.disconnect()
      await Promise.all(nodes.flatMap(({ redis, sentinel }) => [redis.stop(), sentinel.stop()]))
      rmSync(root, { recursive: true, force: true })
    },
  }
  await eventually('Sentinel knows its cluster', async () =>
    (await unhealed(nodes)) === undefined ? true : undefined,
  )
  return system
}

function onSwitch(host: string, tell: () => void): Redis {
  const listener = new Redis({ host, port, connectTimeout: 500, retryStrategy: () => 500 })
  listener.on('error', () => undefined)
  listener.on('message', tell)
  listener.subscribe('+switch-master').catch(() => undefined)
  return listener
}

function addressesOf(cluster: number, inNamespaces: boolean): readonly string[] {
  const base = inNamespaces ? '10.90.64' : `127.${90 + (process.pid % 30)}.64`
  return [1, 2, 3].map((index) => `${base}.${(cluster * 3 + index) % 250}`)
}

interface Place {
  readonly root: string
  readonly downAfterMs: number
  readonly network: Network | undefined
}

function start(ip: string, index: number, addresses: readonly string[], place: Place): Node {
  const { root, downAfterMs, network } = place
  const [first = ''] = addresses
  const directory = join(root, String(index))
  mkdirSync(join(directory, 'data'), { recursive: true })
  writeFileSync(
    join(directory, 'redis.conf'),
    redisConfiguration(ip, directory, index === 0 ? undefined : first),
  )
  writeFileSync(join(directory, 'sentinel.conf'), sentinelConfiguration(ip, directory, first, downAfterMs))
  const inside = (argv: readonly string[]): readonly string[] => network?.inside(ip, argv) ?? argv
  const run = (name: string, ...flags: string[]): Supervised =>
    supervise(
      inside(['redis-server', join(directory, `${name}.conf`), ...flags]),
      join(directory, `${name}.log`),
    )
  return { name: String(index), ip, directory, redis: run('redis'), sentinel: run('sentinel', '--sentinel') }
}

/** As the operator renders it, and what a replica needs. */
const redisConfiguration = (ip: string, directory: string, primary: string | undefined): string =>
  lines(
    `bind ${ip}`,
    'port 6379',
    `dir ${join(directory, 'data')}`,
    `requirepass ${password}`,
    `masterauth ${password}`,
    'appendonly yes',
    'save ""',
    'repl-diskless-sync-delay 0',
    `replica-announce-ip ${ip}`,
    primary === undefined ? '' : `replicaof ${primary} 6379`,
  )

const sentinelConfiguration = (ip: string, directory: string, primary: string, downAfterMs: number): string =>
  lines(
    `bind ${ip}`,
    `port ${port}`,
    `dir ${directory}`,
    'protected-mode no',
    `sentinel announce-ip ${ip}`,
    `sentinel monitor ${group} ${primary} 6379 2`,
    `sentinel auth-pass ${group} ${password}`,
    `sentinel down-after-milliseconds ${group} ${downAfterMs}`,
    `sentinel failover-timeout ${group} ${failoverTimeoutMs}`,
  )

const lines = (...words: readonly string[]): string => words.filter((word) => word !== '').join('\n') + '\n'

async function primaryOf(nodes: readonly Node[]): Promise<Host> {
  const names = await Promise.all(nodes.map(({ ip }) => primaryBySentinel(ip)))
  const ip = names.find((name) => name !== undefined && names.every((other) => other === name))
  const node = nodes.find((each) => each.ip === ip)
  if (node === undefined) throw new Error(`the sentinels name ${names.join(', ')}`)
  return { name: node.name, ip: node.ip }
}

async function primaryBySentinel(ip: string): Promise<string | undefined> {
  const answer = await ask(ip, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', group)
  return Array.isArray(answer) ? String(answer[0]) : undefined
}

/** One primary by everybody's word, replicas in sync with it, and each sentinel sees all the others. */
async function unhealed(nodes: readonly Node[]): Promise<string | undefined> {
  try {
    const { ip } = await primaryOf(nodes)
    for (const node of nodes) {
      const text = String(await ask(node.ip, 'INFO', 'sentinel'))
      if (!/status=ok.*slaves=2,sentinels=3/.test(text))
        return `sentinel ${node.name} sees ${text.split('\n').at(-2) ?? ''}`
    }
    const redis = directClient({ host: ip, password })
    try {
      await once(redis, 'ready', { signal: AbortSignal.timeout(1000) })
      const online = (await redis.info('replication')).match(/state=online/g)?.length ?? 0
      return online === 2 ? undefined : `${online} of 2 replicas are in sync`
    } finally {
      redis.disconnect()
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function ask(ip: string, command: string, ...words: readonly string[]): Promise<unknown> {
  const redis = new Redis({
    host: ip,
    port,
    commandTimeout: 1000,
    connectTimeout: 1000,
    retryStrategy: () => null,
  })
  redis.on('error', () => undefined)
  try {
    return await redis.call(command, ...words)
  } finally {
    redis.disconnect()
  }
}

interface Supervised {
  signal(name: NodeJS.Signals): void
  stop(): Promise<void>
}

/** Started again at once when it ends, as kubelet does. */
function supervise(argv: readonly string[], logFile: string): Supervised {
  const [program = '', ...words] = argv
  let stopping = false
  let child: ChildProcess
  const run = (): void => {
    const log = openSync(logFile, 'a')
    child = spawn(program, words, { stdio: ['ignore', log, log] })
    closeSync(log)
    child.once('exit', () => {
      if (!stopping) run()
    })
  }
  run()
  // Not an orphan, whatever ends the bench.
  const killNow = (): void => void child.kill('SIGKILL')
  process.on('exit', killNow)
  return {
    signal: (name) => void child.kill(name),
    async stop() {
      stopping = true
      process.off('exit', killNow)
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      killNow()
      await ended
    },
  }
}
