// The HTTP side of an instance: probes, status, and the commands of the protocol.
import { TypeBoxValidatorCompiler, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
} from 'fastify'
import { isIP } from 'node:net'
import type { Logger } from 'pino'
import {
  DemoteQuery,
  FenceQuery,
  HandoverQuery,
  Heartbeat,
  paths,
  PeerQuery,
  PromoteBody,
  PromoteQuery,
  redisPort,
  RetireQuery,
} from './api.ts'
import type { Gate } from './auth.ts'
import { backupRoutes } from './backup/routes.ts'
import type { Instance } from './instance.ts'
import { metricsText } from './metrics.ts'
import { answerUnread, sendProblem, useProblems } from './problems.ts'
import type { Refusal } from './reign/rules.ts'

/** Longer than the 90 s for which Go's client keeps an idle connection: a POST on one just closed is not repeated. */
const keepAliveMs = 95_000
const bodyLimitBytes = 64 * 1024
const slowRequestMs = 10_000
/** A redis-server that stays down or silent this long is not coming back by itself. */
const unhealthySeconds = 30

export function buildServer(instance: Instance, gate: Gate, log: Logger): FastifyInstance {
  const app = Fastify({
    loggerInstance: log as unknown as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    keepAliveTimeout: keepAliveMs,
    requestTimeout: slowRequestMs,
    clientErrorHandler: answerUnread,
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, 'bad-request', error.message),
  })
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  useProblems(app)
  // By method, never by path: one path can be written in many ways, and every command is a POST.
  app.addHook('onRequest', async (request, reply) => {
    if (request.method === 'GET' || request.method === 'HEAD') return
    const refused = gate.refusalOf(request.headers.authorization)
    if (refused !== undefined) await sendProblem(reply, 'unauthorized', refused)
  })
  // curl -X POST sends no body and no content type; an empty one is as good as none.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') done(null, undefined)
    else
      done(
        Object.assign(new Error('the body must be JSON (content-type: application/json)'), {
          statusCode: 400,
        }),
      )
  })
  probes(app, instance)
  commands(app, instance)
  backupRoutes(app, instance.backupDesk)
  return app
}

function probes(app: FastifyInstance, instance: Instance): void {
  let downSinceMs: number | undefined
  app.get(paths.healthz, async (_request, reply) => {
    const { redis, terminating, fencedByUser, retired } = instance.lastStatus()
    const down =
      !terminating &&
      !fencedByUser &&
      retired !== true &&
      (redis.state === 'stopped' || redis.state === 'hung')
    downSinceMs = down ? (downSinceMs ?? performance.now()) : undefined
    const forSeconds = downSinceMs === undefined ? 0 : (performance.now() - downSinceMs) / 1000
    if (instance.isIsolated)
      return await sendProblem(
        reply,
        'not-ready',
        'this primary reached neither the API nor enough peers: it has stopped accepting writes',
      )
    if (forSeconds < unhealthySeconds) return await reply.send({ status: 'ok' })
    return await sendProblem(
      reply,
      'not-ready',
      `redis-server is ${redis.state}: ${redis.reason ?? 'it does not answer'}`,
    )
  })
  app.get(paths.readyz, (_request, reply) => readiness(instance, reply))
  app.get(paths.status, () => instance.status())
  app.get(paths.metrics, async (_request, reply) => {
    await instance.status()
    return await reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metricsText(instance))
  })
}

async function readiness(instance: Instance, reply: FastifyReply): Promise<FastifyReply> {
  const status = await instance.status()
  const serves =
    status.redis.state === 'running' &&
    !status.redis.loading &&
    (!instance.inCluster || status.writable || !status.restarted)
  if (serves) return await reply.send({ status: 'ok' })
  const why =
    status.redis.state === 'running'
      ? 'it has not been in sync with a primary yet'
      : (status.redis.reason ?? `redis-server is ${status.redis.state}`)
  return await sendProblem(reply, 'not-ready', why)
}

function commands(app: FastifyInstance, instance: Instance): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>()
  routes.post(paths.fence, { schema: { querystring: FenceQuery } }, (request, reply) => {
    const { cluster, pod, epoch, target } = request.query
    return answer(instance, reply, () => instance.fence({ cluster, pod }, Number(epoch), target))
  })
  const heartbeat = { schema: { querystring: PeerQuery, body: Heartbeat } }
  routes.post(paths.peer, heartbeat, async (request, reply) => {
    const answer = instance.hear(request.body)
    return answer.kind === 'Refused'
      ? await sendProblem(reply, answer.code, answer.detail)
      : await reply.send(answer)
  })
  routes.post(paths.handover, { schema: { querystring: HandoverQuery } }, (request, reply) => {
    const { cluster, pod, epoch, target, targetIP } = request.query
    if (isIP(targetIP) === 0) return sendProblem(reply, 'bad-request', 'targetIP is not an IP address')
    const successor = { uid: target, ip: targetIP }
    return answer(instance, reply, () => instance.handover({ cluster, pod }, Number(epoch), successor))
  })
  routes.post(paths.retire, { schema: { querystring: RetireQuery } }, (request, reply) => {
    const { cluster, pod, epoch } = request.query
    return answer(instance, reply, () => instance.retire({ cluster, pod }, Number(epoch)))
  })
  routes.post(paths.promote, { schema: { querystring: PromoteQuery } }, (request, reply) => {
    if (!instance.inCluster) return promoteByHand(instance, request.query, reply)
    const body = parseBody(request.body)
    if (body === undefined)
      return sendProblem(reply, 'bad-request', `${needsEpoch}; the body must be {"proofs": [...]}`)
    return promote(instance, request.query, body, reply)
  })
  routes.post(paths.demote, { schema: { querystring: DemoteQuery } }, (request, reply) => {
    const wrong = addressProblem(request.query)
    if (wrong !== undefined) return sendProblem(reply, 'bad-request', wrong)
    return instance.inCluster
      ? demote(instance, request.query, reply)
      : demoteByHand(instance, request.query, reply)
  })
}

function promote(
  instance: Instance,
  { cluster, pod, epoch }: PromoteQuery,
  { proofs, chosen }: PromoteBody,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (cluster === undefined || pod === undefined || epoch === undefined)
    return sendProblem(reply, 'bad-request', needsEpoch)
  return answer(instance, reply, () => instance.promote({ cluster, pod }, Number(epoch), proofs, chosen))
}

function promoteByHand(instance: Instance, query: PromoteQuery, reply: FastifyReply): Promise<FastifyReply> {
  if (Object.keys(query).length > 0) return sendProblem(reply, 'bad-request', byHand)
  return answer(instance, reply, () => instance.byHand.promote())
}

function demote(instance: Instance, query: DemoteQuery, reply: FastifyReply): Promise<FastifyReply> {
  const { primaryIP, cluster, pod, epoch, primary } = query
  if (cluster === undefined || pod === undefined || epoch === undefined || primary === undefined) {
    return sendProblem(reply, 'bad-request', needsEpoch)
  }
  return answer(instance, reply, () =>
    instance.follow({ cluster, pod }, Number(epoch), primary, primaryIP, portOf(query)),
  )
}

function demoteByHand(instance: Instance, query: DemoteQuery, reply: FastifyReply): Promise<FastifyReply> {
  const { cluster, pod, epoch, primary } = query
  if ([cluster, pod, epoch, primary].some((value) => value !== undefined))
    return sendProblem(reply, 'bad-request', byHand)
  return answer(instance, reply, () => instance.byHand.follow(query.primaryIP, portOf(query)))
}

const portOf = ({ port = String(redisPort) }: DemoteQuery): number => Number(port)

function addressProblem(query: DemoteQuery): string | undefined {
  if (isIP(query.primaryIP) === 0) return 'primaryIP is not an IP address'
  const port = portOf(query)
  return port < 1 || port > 65535 ? 'port is not between 1 and 65535' : undefined
}

const byHand =
  'this instance was started by hand: it belongs to no cluster and takes no cluster, pod or epoch'
const needsEpoch =
  'inside a cluster cluster, pod and epoch are required (demote: primary too): roles are decided by the operator, which sends them'

const bodyCheck = TypeBoxValidatorCompiler({
  schema: PromoteBody,
  method: 'POST',
  url: paths.promote,
  httpPart: 'body',
})

function parseBody(body: unknown): PromoteBody | undefined {
  const checked = bodyCheck(body) as { value?: PromoteBody; error?: Error }
  return checked.error === undefined ? checked.value : undefined
}

/** A refusal is the caller's answer; what Redis or the API failed to do says which of them it was. */
async function answer(
  instance: Instance,
  reply: FastifyReply,
  command: () => Promise<Refusal | undefined>,
): Promise<FastifyReply> {
  try {
    const refused = await command()
    if (refused) return await sendProblem(reply, refused.code, refused.detail)
    return await reply.send(instance.lastStatus())
  } catch (error) {
    reply.request.log.warn({ err: error }, 'a command failed')
    const message = error instanceof Error ? error.message : 'unknown'
    const code = error instanceof Error && error.name === 'ApiError' ? 'api-failed' : 'redis-failed'
    return await sendProblem(reply, code, message)
  }
}
