// HTTP over connections that are kept. It is node's own client: undici would make every instance a third larger.
import * as http from 'node:http'
import * as https from 'node:https'

export interface Transport {
  /** Resolves with the answer, whatever its status; its body must be read to the end. */
  send(url: string, call: Call): Promise<http.IncomingMessage>
  close(): void
}

export interface Call {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
}

/** Without a byte for this long a connection counts as dead: also a watch on which nothing happens. */
const quietMs = 300_000
/** Shorter than servers keep an idle connection, so that a call does not meet one that is just being closed. */
const idleMs = 4000

/** To https servers with the certificate of their authority, without one to http servers. */
export function transport(authority?: string): Transport {
  const options = { keepAlive: true, timeout: idleMs }
  const agent =
    authority === undefined ? new http.Agent(options) : new https.Agent({ ...options, ca: authority })
  const { request } = authority === undefined ? http : https
  return {
    send(url, { method, headers, body, signal }) {
      const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>()
      const sent = request(url, { agent, method, headers, signal, timeout: quietMs }, resolve)
      sent.once('timeout', () => sent.destroy(new Error(`nothing came for ${quietMs / 1000} s`)))
      sent.on('error', (error) => reject(signal.reason instanceof Error ? signal.reason : error))
      sent.end(body)
      return promise
    },
    close: () => agent.destroy(),
  }
}

/** The whole body. */
export async function textOf(answer: http.IncomingMessage): Promise<string> {
  let text = ''
  answer.setEncoding('utf8')
  for await (const chunk of answer) text += String(chunk)
  return text
}
