// Sends one order to an instance, within a deadline, with the first control token that it takes.
import { request, type Agent } from 'undici'
import type { Address } from '../rediscluster/plan.ts'
import { textOf, urlOf, within } from './poll.ts'

export interface Order {
  readonly to: Address
  readonly path: string
  readonly query: Record<string, string>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

export interface Said {
  readonly statusCode: number
  readonly text: string
}

const unauthorized = 401

/** Whoever does not know the first token may know the next: a refused one had no effect. */
export async function sendWithAny(
  [token, ...others]: readonly string[],
  agent: Agent,
  order: Order,
  signal: AbortSignal,
): Promise<Said> {
  const said = await send(token, agent, order, signal)
  const isStranger = said.statusCode === unauthorized && others.length > 0
  return isStranger ? await sendWithAny(others, agent, order, signal) : said
}

async function send(
  token: string | undefined,
  agent: Agent,
  { to, path, query, headers, body }: Order,
  signal: AbortSignal,
): Promise<Said> {
  const asked = request(urlOf(to, `${path}?${new URLSearchParams(query).toString()}`), {
    dispatcher: agent,
    method: 'POST',
    signal,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await within(signal, asked)
  return { statusCode: answer.statusCode, text: await textOf(answer.body) }
}
