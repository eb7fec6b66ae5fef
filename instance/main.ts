// Process entry of the instance server, PID 1 of a Redis Pod: config, listen, run redis-server, stop gracefully on SIGTERM.
import { mkdirSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { pino, type Logger } from 'pino'
import { instancePort, mounts } from './api.ts'
import { gate } from './auth.ts'
import { ConfigError, readConfig, validList, type Config } from './config.ts'
import { Instance } from './instance.ts'
import { realParts } from './real-parts.ts'
import { buildServer } from './server.ts'

main().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error)
  process.stderr.write(`the instance could not start: ${reason}\n`)
  process.exit(1)
})

async function main(): Promise<void> {
  const config = configOrExit()
  const log = pino({ level: config.logLevel, base: { pod: config.cluster?.pod } })
  if (config.cluster === undefined) {
    mkdirSync(config.root + mounts.data, { recursive: true })
    log.warn(
      'started by hand, without a cluster: commands need no token, and Redis has no password unless one is mounted',
    )
  }
  const instance = new Instance(config, await realParts(config, log))
  const app = buildServer(instance, await gate(config), log)
  await listen(app, config.listen ?? '::')
  let stopped: Promise<void> | undefined
  // However often it is told: redis-server must have ended before this process does.
  const stop = (): void => void (stopped ??= stopAndExit(instance, app, log))
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // Whoever asks must still learn what is wrong.
  await instance.start().catch((error: unknown) => log.error({ err: error }, 'the instance cannot start'))
}

async function listen(app: FastifyInstance, host: string): Promise<void> {
  try {
    await app.listen({ host, port: instancePort })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `HTTP cannot be served (${why}): end what else listens there, or name another address with --listen`,
      { cause },
    )
  }
}

async function stopAndExit(instance: Instance, app: FastifyInstance, log: Logger): Promise<void> {
  await instance
    .terminate()
    .then(() => app.close())
    .catch((error: unknown) => log.error({ err: error }, 'the instance could not stop in order'))
  process.exit(0)
}

function configOrExit(): Config {
  const argv = process.argv.slice(2)
  if (argv.includes('--help')) {
    process.stdout.write(`${validList()}\n`)
    process.exit(0)
  }
  try {
    return readConfig(argv[0] === 'instance' ? argv.slice(1) : argv, process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}
