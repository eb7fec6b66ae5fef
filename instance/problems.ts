// Every error leaves as RFC 9457 problem details: a stable type, and a detail that an on-call engineer can act on.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { problems, problemType, type Problem, type ProblemCode } from './api.ts'

export function problemOf(code: ProblemCode, detail: string, request: FastifyRequest): Problem {
  const { status, title } = problems[code]
  return { type: problemType(code), title, status, detail, instance: request.id }
}

export async function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  detail: string,
): Promise<FastifyReply> {
  const problem = problemOf(code, detail, reply.request)
  return await reply.code(problem.status).type('application/problem+json').send(problem)
}

/** What a handler throws is ours: logged with its stack, and named without it. What the parser throws is the caller's. */
export function useProblems(app: FastifyInstance): void {
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const callers =
      error.validation !== undefined || (error.statusCode !== undefined && error.statusCode < 500)
    if (callers) return await sendProblem(reply, 'bad-request', error.message)
    request.log.error({ err: error }, 'a request failed')
    return await sendProblem(
      reply,
      'internal',
      'the instance failed to carry this out; its log has the reason',
    )
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, 'not-found', `${request.method} ${request.url.split('?')[0] ?? ''} does not exist`),
  )
}

/** What node's parser gives up on never becomes a request: the answer is written by hand, and the connection ends. */
export function answerUnread(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = unread[error.code ?? ''] ?? 400
  const { title } = problems['bad-request']
  const detail = `the request cannot be read: ${error.message}`
  const problem: Problem = { type: problemType('bad-request'), title, status, detail }
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

const unread: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
}
