// Flags and REDIS_OPERATOR_* variables of the hooks as one config; refuses to start with what it does not know.
import { parseArgs } from 'node:util'
import { mounts } from '../instance/api.ts'

export interface Config {
  /** Undefined means all interfaces. */
  readonly listen: string | undefined
  readonly port: number
  /** Image of the instances when a RedisCluster names none. */
  readonly image: string
  /** Directory in which syncs are written down, without secrets; the idle ones too with captureAll. */
  readonly capture: string | undefined
  readonly captureAll: boolean
  /** File with the token that requests to the hooks must carry. */
  readonly bearerTokenFile: string | undefined
  /** URL; undefined outside a Pod. */
  readonly kubernetesApi: string | undefined
  /** Directory with the token and the certificate for it. */
  readonly serviceAccount: string
  readonly logLevel: string
}

export class ConfigError extends Error {}

const flags = {
  listen: '',
  port: '8080',
  image: 'redis-operator:latest',
  capture: '',
  'capture-all': '',
  'bearer-token-file': '',
  'kubernetes-api': '',
  'service-account': mounts.serviceAccount,
  'log-level': 'info',
} as const
type Flag = keyof typeof flags

const meanings: Readonly<Record<Flag, string>> = {
  listen: 'address for HTTP; all of them without it',
  port: 'for HTTP',
  image: 'of the instances, when a RedisCluster names none',
  capture: 'directory in which syncs are written down, without secrets',
  'capture-all': 'the idle syncs too',
  'bearer-token-file': 'file with the token that requests to the hooks must carry',
  'kubernetes-api': 'URL, for Events; the one that every Pod is told without it',
  'service-account': 'directory with the token and the ca.crt for it',
  'log-level': 'of the log on stdout',
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

const prefix = 'REDIS_OPERATOR_'
const variableOf = (flag: string): string => prefix + flag.toUpperCase().replaceAll('-', '_')

/** A flag wins over its variable, and that over the default. Throws ConfigError, whose message lists what is valid. */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Config {
  const values: Record<Flag, string> = { ...flags, ...fromEnvironment(env), ...fromArguments(argv) }
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new ConfigError(`--port ${values.port} is not a port\n${validList()}`)
  return {
    listen: orUndefined(values.listen),
    port,
    image: values.image,
    capture: orUndefined(values.capture),
    captureAll: captureAll(values),
    bearerTokenFile: orUndefined(values['bearer-token-file']),
    kubernetesApi: orUndefined(values['kubernetes-api']) ?? defaultApi(env),
    serviceAccount: values['service-account'],
    logLevel: oneOf('log-level', values['log-level'], logLevels),
  }
}

const orUndefined = (value: string): string | undefined => (value === '' ? undefined : value)

function defaultApi(env: NodeJS.ProcessEnv): string | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env
  return host === undefined ? undefined : `https://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function captureAll({ capture, 'capture-all': all }: Record<Flag, string>): boolean {
  const given = oneOf('capture-all', all, ['', 'true', 'false']) === 'true'
  if (given && capture === '') throw new ConfigError(`--capture-all needs --capture\n${validList()}`)
  return given
}

function oneOf(flag: Flag, value: string, valid: readonly string[]): string {
  if (valid.includes(value)) return value
  throw new ConfigError(
    `--${flag} ${value} is not one of ${valid.filter((each) => each !== '').join(', ')}\n${validList()}`,
  )
}

function fromArguments(argv: readonly string[]): Partial<Record<Flag, string>> {
  const options = Object.fromEntries(Object.keys(flags).map((flag) => [flag, { type: 'string' as const }]))
  try {
    const args = argv.map((arg) => (arg === '--capture-all' ? '--capture-all=true' : arg))
    return parseArgs({ args, options, strict: true }).values
  } catch (error) {
    throw new ConfigError(`${error instanceof Error ? error.message : 'bad arguments'}\n${validList()}`, {
      cause: error,
    })
  }
}

function fromEnvironment(env: NodeJS.ProcessEnv): Partial<Record<Flag, string>> {
  const known = new Map(Object.keys(flags).map((flag) => [variableOf(flag), flag]))
  const given = Object.entries(env).filter(([name]) => name.startsWith(prefix))
  const unknown = given.map(([name]) => name).filter((name) => !known.has(name))
  if (unknown.length > 0) throw new ConfigError(`unknown variable ${unknown.join(', ')}\n${validList()}`)
  return Object.fromEntries(given.map(([name, value]) => [known.get(name), value])) as Partial<
    Record<Flag, string>
  >
}

export function validList(): string {
  const list = Object.entries(flags).map(
    ([flag, value]) =>
      `  --${flag}  (${variableOf(flag)}, default ${value === '' ? 'none' : value})  ${meanings[flag as Flag]}`,
  )
  return ['valid flags, each also as a variable:', ...list].join('\n')
}
