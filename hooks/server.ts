// The HTTP side of the hooks: Metacontroller's webhooks, probes and metrics. Never a 200 on doubt.
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
} from 'fastify'
import { setTimeout as pause } from 'node:timers/promises'
import { isAuthorized } from './auth.ts'
import type { KubernetesObject, SyncRequest } from '../metacontroller/contract.ts'
import type { SyncContext, SyncOutcome } from './handle-sync.ts'
import type { HookMetrics } from './io/metrics.ts'
import type { ServedKind } from './kinds/served.ts'
import { servedKinds } from './kinds/table.ts'
import { sendProblem, useProblems } from './problems.ts'

/** Below the 5 s of the CompositeController; past it the answer is "not now". */
const deadlineMs = 4000
/** Longer than the 90 s for which Go keeps an idle connection: it does not repeat a POST on one just closed. */
const keepAliveMs = 95_000
/** For a request to arrive in full. */
const slowRequestMs = 10_000
/** A request with 32 Pods is about half a megabyte. */
const bodyLimitBytes = 32 * 1024 * 1024
/** Two Metacontrollers with 20 workers each run 40; far beyond that the heap would not hold the requests. */
const mostSyncs = 100

export interface ServerContext extends SyncContext {
  /** The token that requests to the hooks must carry; undefined where a NetworkPolicy guards them. */
  readonly bearerTokenFile: string | undefined
}

export interface HooksServer {
  readonly app: FastifyInstance
  /** From now on syncs are answered with "not now", readiness is gone, and connections end with their answer. */
  readonly drain: () => void
}

interface Load {
  draining: boolean
  running: number
}

export function buildServer(context: ServerContext): HooksServer {
  const app = Fastify({
    loggerInstance: context.log as unknown as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    keepAliveTimeout: keepAliveMs,
    requestTimeout: slowRequestMs,
    return503OnClosing: false,
  })
  const load: Load = { draining: false, running: 0 }
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  useProblems(app, context.log)
  guards(app, context, load)
  for (const served of servedKinds) hooks(app, served, context, load)
  probes(app, context, load)
  return { app, drain: () => void (load.draining = true) }
}

function guards(app: FastifyInstance, { bearerTokenFile }: ServerContext, load: Load): void {
  app.addHook('onRequest', async ({ url, headers }, reply) => {
    if (bearerTokenFile === undefined || !url.startsWith('/hooks/')) return
    if (!(await isAuthorized(headers.authorization, bearerTokenFile)))
      await sendProblem(reply, 'unauthorized', 'the Authorization header lacks the bearer token of the hooks')
  })
  // A kept connection would hold the server open, and bring the next request to a process that leaves.
  app.addHook('onSend', async (_request, reply) => {
    if (load.draining) reply.header('connection', 'close')
  })
}

function probes(app: FastifyInstance, { metrics }: ServerContext, load: Load): void {
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', (_request, reply) =>
    load.draining ? sendProblem(reply, 'stopping', 'the server is stopping') : reply.send({ status: 'ok' }),
  )
  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(await metrics.registry.metrics()),
  )
}

function hooks(app: FastifyInstance, served: ServedKind, context: ServerContext, load: Load): void {
  const { kind, paths, syncBody, customizeBody } = served
  app.post(paths.sync, { schema: { body: syncBody } }, async (request, reply) => {
    const outcome = await measured(kind, context.metrics, () => {
      const reason = whyNotNow(load)
      return reason === undefined
        ? beforeDeadline(counted(load, served.sync(request.body as SyncRequest, context)))
        : Promise.resolve({ kind: 'NotNow', reason })
    })
    return await answer(reply, outcome)
  })
  app.post(paths.customize, { schema: { body: customizeBody } }, (request) =>
    served.customize((request.body as { readonly parent: KubernetesObject }).parent),
  )
}

type Outcome = SyncOutcome | { readonly kind: 'NotNow' | 'Late'; readonly reason: string }

function whyNotNow({ draining, running }: Load): string | undefined {
  if (draining) return 'the server is stopping'
  return running >= mostSyncs ? `${mostSyncs} syncs are running already` : undefined
}

/** Until its work is really done, answered or not. */
async function counted<T>(load: Load, work: Promise<T>): Promise<T> {
  load.running += 1
  try {
    return await work
  } finally {
    load.running -= 1
  }
}

async function beforeDeadline(work: Promise<SyncOutcome>): Promise<Outcome> {
  const timer = new AbortController()
  const late = { kind: 'Late', reason: `the sync took longer than ${deadlineMs} ms` } as const
  try {
    return await Promise.race([work, pause(deadlineMs, late, { signal: timer.signal }).catch(() => late)])
  } finally {
    timer.abort()
  }
}

const labels = { Answer: 'ok', Held: 'refused', Late: 'late', NotNow: 'not-now' } as const

async function measured(kind: string, metrics: HookMetrics, work: () => Promise<Outcome>): Promise<Outcome> {
  const startedMs = performance.now()
  const count = (label: Parameters<HookMetrics['synced']>[1]): void =>
    metrics.synced(kind, label, (performance.now() - startedMs) / 1000)
  try {
    const outcome = await work()
    count(labels[outcome.kind])
    return outcome
  } catch (error) {
    count('failed')
    throw error
  }
}

async function answer(reply: FastifyReply, outcome: Outcome): Promise<FastifyReply> {
  switch (outcome.kind) {
    case 'Answer':
      return await reply.send(outcome.response)
    case 'Held':
      reply.request.log.error({ violations: outcome.violations }, 'an answer was held back')
      return await sendProblem(reply, 'invalid-answer', outcome.violations.join('; '))
    case 'NotNow':
    case 'Late':
      return await sendProblem(reply, 'not-now', outcome.reason)
  }
}
