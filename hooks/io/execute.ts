// Carries out commands, all at once, each within a deadline. A failed one changes nothing: the next sync sees the truth.
import type { Agent } from 'undici'
import {
  paths,
  redisPort,
  type DemoteQuery,
  type FenceQuery,
  type HandoverQuery,
  type PromoteQuery,
  type RetireQuery,
} from '../../instance/api.ts'
import type { BackupQuery } from '../../instance/artifact.ts'
import type { StartBackup } from '../redisbackup/plan.ts'
import type { Command as ClusterCommand } from '../rediscluster/plan.ts'
import { sendWithAny, type Order } from './send.ts'

export type Command = ClusterCommand | StartBackup

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

/** A backup that has begun is answered with 202. */
const carriedOut: readonly number[] = [200, 202]

async function executeOne(
  agent: Agent,
  command: Command,
  tokens: readonly string[],
  deadlineMs: number,
): Promise<Outcome> {
  const { kind, to } = command
  const signal = AbortSignal.timeout(deadlineMs)
  try {
    const { statusCode, text } = await sendWithAny(tokens, agent, orderFor(command), signal)
    const ok = carriedOut.includes(statusCode)
    return { kind, to: to.name, ok, detail: ok ? '' : detailOf(statusCode, text) }
  } catch (error) {
    return { kind, to: to.name, ok: false, detail: error instanceof Error ? error.message : 'no answer' }
  }
}

function orderFor(command: Command): Order {
  return command.kind === 'StartBackup' ? orderToBackUp(command) : orderOfReign(command)
}

function orderToBackUp({ to, cluster, body }: StartBackup): Order {
  const query = { cluster, pod: to.uid } satisfies BackupQuery
  const { backupUID } = body
  return {
    to,
    path: paths.backup,
    query: backupUID === undefined ? query : { ...query, backup: backupUID },
    headers: { prefer: 'respond-async' },
    body,
  }
}

function orderOfReign(command: ClusterCommand): Order {
  const { to } = command
  const identity = { cluster: command.cluster, pod: to.uid, epoch: String(command.epoch) }
  switch (command.kind) {
    case 'Fence':
      return { to, path: paths.fence, query: { ...identity, target: command.target } satisfies FenceQuery }
    case 'Promote':
      return {
        to,
        path: paths.promote,
        query: identity satisfies PromoteQuery,
        body: { proofs: command.proofs, chosen: command.chosen },
      }
    case 'Handover': {
      const { uid, ip } = command.target
      return {
        to,
        path: paths.handover,
        query: { ...identity, target: uid, targetIP: ip } satisfies HandoverQuery,
      }
    }
    case 'Retire':
      return { to, path: paths.retire, query: identity satisfies RetireQuery }
    case 'Follow': {
      const { ip, uid } = command.primary
      return {
        to,
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
