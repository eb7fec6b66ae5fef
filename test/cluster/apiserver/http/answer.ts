// Writes answers: objects in the form that the client asked for, and failures.
import type { ServerResponse } from 'node:http'
import { Failure, statusOf } from '../failure.ts'

export interface Answer {
  readonly code: number
  readonly body: object | string
  readonly headers?: Readonly<Record<string, string>>
}

export const ok = (body: object | string): Answer => ({ code: 200, body })

export function send(response: ServerResponse, answer: Answer, warnings: readonly string[] = []): void {
  const { body, code, headers } = answer
  const isText = typeof body === 'string'
  for (const text of warnings)
    response.appendHeader('warning', `299 - ${JSON.stringify(text).replace(/[^\x20-\x7e]/g, '?')}`)
  response.writeHead(code, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'cache-control': 'no-cache, private',
    ...headers,
  })
  response.end(isText ? body : `${JSON.stringify(body)}\n`)
}

export function sendFailure(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy()
  const failure =
    error instanceof Failure
      ? error
      : new Failure(
          500,
          'InternalError',
          `Internal error occurred: ${(error as Error).stack ?? String(error)}`,
        )
  const seconds = failure.details?.retryAfterSeconds
  const headers: Record<string, string> = {}
  if (seconds !== undefined) headers['retry-after'] = String(seconds)
  if (failure.code === 401) headers['www-authenticate'] = 'Bearer'
  send(response, { code: failure.code, body: statusOf(failure), headers })
}
