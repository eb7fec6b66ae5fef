// Flags and REDIS_OPERATOR_* variables as one config; refuses to start with what it does not know.
import { parseArgs } from 'node:util'

export interface Config {
  /** Prefix of every mount path, so that a process can stand in for a container. */
  readonly root: string
  /** Address for HTTP and Redis; undefined means all interfaces. */
  readonly listen: string | undefined
  readonly redisServer: string
  readonly logLevel: string
  /** Undefined for an instance that was started by hand. */
  readonly cluster: ClusterConfig | undefined
}

export interface ClusterConfig {
  readonly name: string
  readonly uid: string
  readonly namespace: string
  readonly pod: string
  readonly podUid: string
  readonly podIp: string
  readonly apiUrl: string
  /** The cluster is born from a backup: nothing starts before it is known what to restore. */
  readonly bootstrap?: boolean
}

export class ConfigError extends Error {}

const flags = {
  root: 'prefix of every mount path',
  listen: 'address for HTTP and Redis; all of them by default',
  'redis-server': 'program to supervise; redis-server by default',
  'log-level': 'trace, debug, info, warn, error, fatal or silent; info by default',
  'kubernetes-api': 'URL; the one that every Pod is told by default',
  cluster: 'name of the RedisCluster; without it the instance is one that was started by hand',
  'cluster-uid': 'of the RedisCluster',
  namespace: 'of the Pod',
  pod: 'name of the Pod',
  'pod-uid': 'of the Pod',
  'pod-ip': 'of the Pod, under which others reach it',
  bootstrap: 'the RedisCluster is born from a backup; true or false as a variable',
} as const

type Flag = keyof typeof flags
type Values = Partial<Record<Flag, string>>

const prefix = 'REDIS_OPERATOR_'
const variableOf = (flag: string): string => prefix + flag.toUpperCase().replaceAll('-', '_')

/** A flag wins over its variable. Throws ConfigError, whose message lists what is valid. */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Config {
  const values = { ...fromEnvironment(env), ...fromArguments(argv) }
  return {
    root: values.root ?? '',
    listen: values.listen === '' ? undefined : values.listen,
    redisServer: values['redis-server'] ?? 'redis-server',
    logLevel: values['log-level'] ?? 'info',
    cluster: values.cluster === undefined ? undefined : clusterFrom(values, env),
  }
}

/** A flag without a value. */
const isGiven = '--bootstrap'

function fromArguments(argv: readonly string[]): Values {
  const options = Object.fromEntries(Object.keys(flags).map((flag) => [flag, { type: 'string' as const }]))
  try {
    const args = argv.map((arg) => (arg === isGiven ? `${isGiven}=true` : arg))
    return parseArgs({ args, options, strict: true }).values
  } catch (error) {
    throw new ConfigError(`${error instanceof Error ? error.message : 'bad arguments'}\n${validList()}`, {
      cause: error,
    })
  }
}

function fromEnvironment(env: NodeJS.ProcessEnv): Values {
  const known = new Map(Object.keys(flags).map((flag) => [variableOf(flag), flag]))
  const given = Object.entries(env).filter(([name]) => name.startsWith(prefix))
  const unknown = given.map(([name]) => name).filter((name) => !known.has(name))
  if (unknown.length > 0) throw new ConfigError(`unknown variable ${unknown.join(', ')}\n${validList()}`)
  return Object.fromEntries(given.map(([name, value]) => [known.get(name), value])) as Values
}

function clusterFrom(values: Values, env: NodeJS.ProcessEnv): ClusterConfig {
  const need = (flag: Flag): string => {
    const value = values[flag]
    if (value === undefined || value === '')
      throw new ConfigError(`--${flag} is required beside --cluster\n${validList()}`)
    return value
  }
  return {
    name: need('cluster'),
    uid: need('cluster-uid'),
    namespace: need('namespace'),
    pod: need('pod'),
    podUid: need('pod-uid'),
    podIp: need('pod-ip'),
    apiUrl: values['kubernetes-api'] ?? defaultApiUrl(env),
    bootstrap: bootstrapFrom(values),
  }
}

function bootstrapFrom({ bootstrap = 'false' }: Values): boolean {
  if (bootstrap === 'true' || bootstrap === 'false') return bootstrap === 'true'
  throw new ConfigError(`--bootstrap ${bootstrap} is neither true nor false\n${validList()}`)
}

function defaultApiUrl(env: NodeJS.ProcessEnv): string {
  const { KUBERNETES_SERVICE_HOST: host = 'kubernetes.default.svc', KUBERNETES_SERVICE_PORT: port = '443' } =
    env
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`
}

export function validList(): string {
  const list = Object.entries(flags).map(
    ([flag, meaning]) => `  --${flag}  (${variableOf(flag)})  ${meaning}`,
  )
  return ['valid flags, each also as a variable:', ...list].join('\n')
}
