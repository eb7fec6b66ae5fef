// Carries out commands, all at once, each within a deadline. A failed one changes nothing: the next sync sees the truth.
import { request, type Agent } from 'undici'
import {
  paths,
  redisPort,
  type DemoteQuery,
  type FenceQuery,
  type HandoverQuery,
  type PromoteQuery,
} from '../../instance/api.ts'
import type { Command } from '../rediscluster/plan.ts'
import { textOf, urlOf, within } from './poll.ts'

export interface Outcome {
  readonly kind: Command['kind']
  readonly to: string
  readonly ok: boolean
  /** What the instance said when it refused, or why nothing came back. */
  readonly detail: string
}

export async function executeCommands(
  agent: Agent,
  commands: readonly Command[],
  tokens: readonly string[],
  deadlineOf: (command: Command) => number,
): Promise<readonly Outcome[]> {
  return await Promise.all(commands.map((command) => executeOne(agent, command, tokens, deadlineOf(command))))
}

async function executeOne(
  agent: Agent,
  command: Command,
  tokens: readonly string[],
  deadlineMs: number,
): Promise<Outcome> {
  const { kind, to } = command
  const signal = AbortSignal.timeout(deadlineMs)
  try {
    const { statusCode, text } = await sendWithAny(tokens, agent, command, signal)
    const ok = statusCode === 200
    return { kind, to: to.name, ok, detail: ok ? '' : detailOf(statusCode, text) }
  } catch (error) {
    return { kind, to: to.name, ok: false, detail: error instanceof Error ? error.message : 'no answer' }
  }
}

interface Said {
  readonly statusCode: number
  readonly text: string
}

const unauthorized = 401

/** Whoever does not know the first token may know the next: a refused one had no effect. */
async function sendWithAny(
  [token, ...others]: readonly string[],
  agent: Agent,
  command: Command,
  signal: AbortSignal,
): Promise<Said> {
  const said = await send(token, agent, command, signal)
  const isStranger = said.statusCode === unauthorized && others.length > 0
  return isStranger ? await sendWithAny(others, agent, command, signal) : said
}

async function send(
  token: string | undefined,
  agent: Agent,
  command: Command,
  signal: AbortSignal,
): Promise<Said> {
  const { path, query, body } = requestFor(command)
  const asked = request(urlOf(command.to, `${path}?${new URLSearchParams(query).toString()}`), {
    dispatcher: agent,
    method: 'POST',
    signal,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await within(signal, asked)
  return { statusCode: answer.statusCode, text: await textOf(answer.body) }
}

interface InstanceRequest {
  readonly path: string
  readonly query: Record<string, string>
  readonly body?: object
}

function requestFor(command: Command): InstanceRequest {
  const identity = { cluster: command.cluster, pod: command.to.uid, epoch: String(command.epoch) }
  switch (command.kind) {
    case 'Fence':
      return { path: paths.fence, query: { ...identity, target: command.target } satisfies FenceQuery }
    case 'Promote':
      return {
        path: paths.promote,
        query: identity satisfies PromoteQuery,
        body: { proofs: command.proofs, chosen: command.chosen },
      }
    case 'Handover': {
      const { uid, ip } = command.target
      return {
        path: paths.handover,
        query: { ...identity, target: uid, targetIP: ip } satisfies HandoverQuery,
      }
    }
    case 'Follow': {
      const { ip, uid } = command.primary
      return {
        path: paths.demote,
        query: { ...identity, primaryIP: ip, port: String(redisPort), primary: uid } satisfies DemoteQuery,
      }
    }
  }
}

function detailOf(statusCode: number, text: string): string {
  try {
    const { detail = 'no reason given' } = JSON.parse(text) as { detail?: string }
    return `${statusCode}: ${detail}`.slice(0, 300)
  } catch {
    return String(statusCode)
  }
}
