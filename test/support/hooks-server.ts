// A hooks server inside the test's process, with everything healthy and its log kept; it ends with the test.
import { Writable } from 'node:stream'
import type { TestContext } from 'node:test'
import { pino } from 'pino'
import { controlTokens } from '../../hooks/io/control-tokens.ts'
import { lastAnswers } from '../../hooks/io/last-answers.ts'
import { hookMetrics } from '../../hooks/io/metrics.ts'
import { instanceAgent } from '../../hooks/io/poll.ts'
import { hookPaths } from '../../hooks/rediscluster/controller.ts'
import { buildServer, type HooksServer, type ServerContext } from '../../hooks/server.ts'
import { image } from './builders.ts'

export interface HooksAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

export interface TestServer extends HooksServer {
  /** POSTs a sync, without a port. */
  sync(payload: unknown, headers?: Readonly<Record<string, string>>): Promise<HooksAnswer>
  /** Everything that was logged, from debug on. */
  logged(): string
}

export function hooksServer(t: TestContext, overrides: Partial<ServerContext> = {}): TestServer {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const agent = instanceAgent()
  const built = buildServer({
    image,
    captureDirectory: undefined,
    captureAll: false,
    bearerTokenFile: undefined,
    agent,
    lastAnswers: lastAnswers(),
    tokens: controlTokens(),
    events: { post: () => undefined, idle: () => Promise.resolve() },
    silent: new Set(),
    metrics: hookMetrics(),
    log: pino({ level: 'debug' }, stream),
    ...overrides,
  })
  t.after(async () => {
    await built.app.close()
    await agent.destroy()
  })
  return {
    ...built,
    logged: () => lines.join(''),
    async sync(payload, headers = {}) {
      const json = { 'content-type': 'application/json', ...headers }
      const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
      const {
        statusCode,
        headers: answered,
        body,
      } = await built.app.inject({
        method: 'POST',
        url: hookPaths.sync,
        headers: json,
        payload: text,
      })
      return { status: statusCode, headers: answered, body }
    },
  }
}
