// The HTTP side of the hooks: Metacontroller's webhooks, probes and metrics. Never a 200 on doubt.
import { TypeBoxValidatorCompiler, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
} from 'fastify'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { handleSync, type SyncContext, type SyncOutcome } from './handle-sync.ts'
import { sendProblem } from './problems.ts'
import { hookPaths } from './rediscluster/controller.ts'
import { apiVersion, kind } from './rediscluster/names.ts'
import type { Request } from './rediscluster/observed.ts'
import { RedisClusterSpec } from './rediscluster/spec.ts'
import { customize } from './rediscluster/sync.ts'

/** Below the 5 s of the CompositeController; past it the answer is "not now". */
const deadlineMs = 4000
/** Longer than the 90 s for which Go keeps an idle connection: it does not repeat a POST on one just closed. */
const keepAliveMs = 95_000
/** A request with 32 Pods is about half a megabyte. */
const bodyLimitBytes = 32 * 1024 * 1024

const Uid = Type.String({ minLength: 1, maxLength: 64 })
const Name = Type.String({ minLength: 1, maxLength: 253 })

/** Only what the core relies on; the API server has validated the rest, and unknown fields pass. */
const Parent = Type.Object({
  apiVersion: Type.Literal(apiVersion),
  kind: Type.Literal(kind),
  metadata: Type.Object({ name: Name, namespace: Name, uid: Uid }),
  spec: RedisClusterSpec,
  status: Type.Optional(Type.Object({})),
})
const Metadata = Type.Object({ name: Name })
const Objects = Type.Record(
  Type.String(),
  Type.Record(
    Type.String(),
    Type.Object({ apiVersion: Type.String(), kind: Type.String(), metadata: Metadata }),
  ),
)
const SyncBody = Type.Object({ parent: Parent, children: Objects, related: Objects })
const CustomizeBody = Type.Object({ parent: Parent })

export interface HooksServer {
  readonly app: FastifyInstance
  /** From now on syncs are answered with "not now" and readiness is gone. */
  readonly drain: () => void
}

export function buildServer(context: SyncContext): HooksServer {
  const app = Fastify({
    loggerInstance: context.log as unknown as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    keepAliveTimeout: keepAliveMs,
  })
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  let draining = false
  useProblems(app, context.log)
  hooks(app, context, () => draining)
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', (_request, reply) =>
    draining ? sendProblem(reply, 'not-now', 'the server is stopping') : reply.send({ status: 'ok' }),
  )
  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(await context.metrics.registry.metrics()),
  )
  return { app, drain: () => void (draining = true) }
}

function hooks(app: FastifyInstance, context: SyncContext, isDraining: () => boolean): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>()
  routes.post(hookPaths.sync, { schema: { body: SyncBody } }, async (request, reply) => {
    if (isDraining()) return await sendProblem(reply, 'not-now', 'the server is stopping')
    const startedMs = performance.now()
    const outcome = await beforeDeadline(handleSync(request.body as unknown as Request, context))
    const seconds = (performance.now() - startedMs) / 1000
    return await answer(reply, outcome, (label) => context.metrics.synced(label, seconds))
  })
  routes.post(hookPaths.customize, { schema: { body: CustomizeBody } }, (request) =>
    customize({ parent: request.body.parent }),
  )
}

async function answer(
  reply: FastifyReply,
  outcome: SyncOutcome | undefined,
  count: (label: 'ok' | 'refused' | 'late') => void,
): Promise<FastifyReply> {
  if (outcome === undefined) {
    count('late')
    return await sendProblem(reply, 'not-now', `the sync took longer than ${deadlineMs} ms`)
  }
  count(outcome.kind === 'Held' ? 'refused' : 'ok')
  if (outcome.kind === 'Answer') return await reply.send(outcome.response)
  reply.request.log.error({ violations: outcome.violations }, 'an answer was held back')
  return await sendProblem(reply, 'invalid-answer', outcome.violations.join('; '))
}

async function beforeDeadline(work: Promise<SyncOutcome>): Promise<SyncOutcome | undefined> {
  const timer = new AbortController()
  const late = pause(deadlineMs, undefined, { signal: timer.signal }).catch(() => undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    timer.abort()
  }
}

/** The parser's errors are the caller's; ours are logged with their stack and named without it. */
function useProblems(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler(async (error: FastifyError, _request, reply) => {
    const callers =
      error.validation !== undefined || (error.statusCode !== undefined && error.statusCode < 500)
    if (callers) return await sendProblem(reply, 'bad-request', error.message)
    log.error({ err: error }, 'a hook failed')
    return await sendProblem(reply, 'internal', error.message)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, 'not-found', `${request.method} ${request.url} does not exist`),
  )
}
