// Errors of the hooks as RFC 9457 problem details; Metacontroller prints them in its event, so a detail is for an on-call engineer.
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import type { Logger } from 'pino'

const problems = {
  'bad-request': { status: 400, title: 'The request is not a sync of ours' },
  unauthorized: { status: 401, title: 'A bearer token is required' },
  'not-found': { status: 404, title: 'No such hook' },
  'not-now': { status: 429, title: 'Not now, try again' },
  'invalid-answer': { status: 500, title: 'The answer would have been wrong and was held back' },
  internal: { status: 500, title: 'Internal error' },
  stopping: { status: 503, title: 'The server takes no more work' },
} as const
export type ProblemCode = keyof typeof problems

/** Whole seconds: Metacontroller takes a fraction for zero, and would call again at once. */
const retryAfterSeconds = '1'

export async function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  detail: string,
): Promise<FastifyReply> {
  const { status, title } = problems[code]
  if (status === 429) reply.header('retry-after', retryAfterSeconds)
  const type = `urn:redis-operator:problem:${code}`
  return await reply
    .code(status)
    .type('application/problem+json')
    .send({ type, title, status, detail, instance: reply.request.id })
}

/** The parser's errors are the caller's; ours are logged with their stack and named without it. */
export function useProblems(app: FastifyInstance, log: Logger): void {
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
