// Process entry of the instance server, PID 1 of a Redis Pod: config, listen, run redis-server, stop gracefully on SIGTERM.
import { mkdirSync } from 'node:fs'
import { pino } from 'pino'
import { instancePort, mounts } from './api.ts'
import { ConfigError, readConfig, type Config } from './config.ts'
import { Instance } from './instance.ts'
import { realParts } from './real-parts.ts'
import { buildServer } from './server.ts'

void main()

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
  const app = buildServer(instance, config, log)
  await app.listen({ host: config.listen ?? '::', port: instancePort })
  const stop = (): void => {
    void instance
      .terminate()
      .then(() => app.close())
      .finally(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  await instance.start()
}

function configOrExit(): Config {
  const argv = process.argv.slice(2)
  try {
    return readConfig(argv[0] === 'instance' ? argv.slice(1) : argv, process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}
