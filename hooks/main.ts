// Process entry of the hooks server: config, listen, drain on SIGTERM.
import { networkInterfaces } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { pino, type Logger } from 'pino'
import { ConfigError, readConfig, validList, type Config } from './config.ts'
import { controlTokens } from './io/control-tokens.ts'
import { eventPoster, type EventPoster } from './io/events.ts'
import { kubernetesAccess } from './io/kubernetes-api.ts'
import { lastAnswers } from './io/last-answers.ts'
import { hookMetrics } from './io/metrics.ts'
import { instanceAgent } from './io/poll.ts'
import { buildServer, type HooksServer } from './server.ts'

/** Syncs that run when SIGTERM comes may finish; nothing takes longer than a hook's deadline. */
const drainMs = 6000
/** Until the Service sends nobody here any more: meanwhile whoever comes is told to try again. */
const lingerMs = 1000
/** For those that the last syncs told. */
const lastEventsMs = 1000
const secrets = ['authorization', '*.authorization', '*.*.authorization', 'token', '*.token', '*.data']

main().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error)
  process.stderr.write(`the hooks could not start: ${reason}\n`)
  process.exit(1)
})

async function main(): Promise<void> {
  const config = configOrExit()
  const log = pino({ level: config.logLevel, redact: secrets })
  const agent = instanceAgent()
  const events = await poster(config, log)
  const server = buildServer({
    image: config.image,
    captureDirectory: config.capture,
    captureAll: config.captureAll,
    bearerTokenFile: config.bearerTokenFile,
    agent,
    silent: new Set(),
    lastAnswers: lastAnswers(),
    tokens: controlTokens(),
    events,
    metrics: hookMetrics(),
    log,
  })
  await server.app.listen({ host: config.listen ?? everywhere(), port: config.port })
  process.once('SIGTERM', () => void stop(server, events, lingerMs))
  process.once('SIGINT', () => void stop(server, events, 0))
}

async function poster({ kubernetesApi, serviceAccount }: Config, log: Logger): Promise<EventPoster> {
  const access = await kubernetesAccess(kubernetesApi, serviceAccount)
  if (access.kind === 'None') log.info({ why: access.why }, 'Events are only logged')
  return eventPoster({
    create: access.kind === 'Granted' ? access.create : undefined,
    dropped: (event, why) => log.warn({ event, why }, 'an Event could not be posted'),
  })
}

async function stop({ app, drain }: HooksServer, events: EventPoster, forMs: number): Promise<void> {
  drain()
  setTimeout(() => process.exit(1), drainMs).unref()
  await pause(forMs)
  await app.close()
  await Promise.race([events.idle(), pause(lastEventsMs)])
  process.exit(0)
}

/** `::` takes IPv4 too, but is refused where IPv6 is switched off. */
function everywhere(): string {
  const addresses = Object.values(networkInterfaces()).flat()
  return addresses.some((address) => address?.family === 'IPv6') ? '::' : '0.0.0.0'
}

function configOrExit(): Config {
  const argv = process.argv.slice(2)
  if (argv.includes('--help')) {
    process.stdout.write(`${validList()}\n`)
    process.exit(0)
  }
  try {
    return readConfig(argv[0] === 'hooks' || argv[0] === 'controller' ? argv.slice(1) : argv, process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}
