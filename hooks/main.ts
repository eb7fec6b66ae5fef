// Process entry of the hooks server: config, listen, drain on SIGTERM.
import { pino } from 'pino'
import { ConfigError, readConfig, type Config } from './config.ts'
import { lastAnswers } from './io/last-answers.ts'
import { hookMetrics } from './io/metrics.ts'
import { instanceAgent } from './io/poll.ts'
import { buildServer } from './server.ts'

/** Syncs that run when SIGTERM comes may finish; nothing takes longer than a hook's deadline. */
const drainMs = 6000

void main()

async function main(): Promise<void> {
  const config = configOrExit()
  const log = pino({ level: config.logLevel })
  const agent = instanceAgent()
  const server = buildServer({
    image: config.image,
    captureDirectory: config.capture,
    agent,
    lastAnswers: lastAnswers(),
    metrics: hookMetrics(),
    log,
  })
  await server.app.listen({ host: config.listen, port: config.port })
  const stop = (): void => {
    server.drain()
    setTimeout(() => process.exit(1), drainMs).unref()
    void server.app.close().then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

function configOrExit(): Config {
  const argv = process.argv.slice(2)
  try {
    return readConfig(argv[0] === 'hooks' || argv[0] === 'controller' ? argv.slice(1) : argv, process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}
