// What every kind needs to ask instances and to command them: polls within deadlines, and the control token.
import { controlKeys } from '../../instance/api.ts'
import type { KubernetesObject } from '../../metacontroller/contract.ts'
import type { SyncContext } from '../handle-sync.ts'
import { executeCommands, type Command, type Outcome } from '../io/execute.ts'
import { pollInstances } from '../io/poll.ts'
import type { Secret } from '../kubernetes.ts'
import type { Address, InstanceReports } from '../rediscluster/plan.ts'

/** Together they stay below the hook's own deadline, which stays below Metacontroller's. */
export const pollDeadlineMs = 750
const commandDeadlineMs = 2500
/** Whoever was silent just now holds up the others no longer than this: a failover is under way. */
const silentDeadlineMs = 300
const mostSilent = 10_000

export async function poll(
  addresses: readonly Address[],
  { agent, silent, metrics }: SyncContext,
): Promise<InstanceReports> {
  const deadlineOf = ({ uid }: Address): number => (silent.has(uid) ? silentDeadlineMs : pollDeadlineMs)
  const reports = await pollInstances(agent, addresses, deadlineOf)
  if (silent.size > mostSilent) silent.clear()
  for (const [uid, { kind }] of Object.entries(reports)) {
    if (kind === 'Silent') silent.add(uid)
    else silent.delete(uid)
  }
  metrics.polled(reports)
  return reports
}

/** The token comes from the control Secret of the cluster, where that was observed. */
export async function command(
  commands: readonly Command[],
  reports: InstanceReports,
  cluster: { readonly uid: string; readonly secret: KubernetesObject | undefined },
  { agent, tokens }: SyncContext,
): Promise<readonly Outcome[]> {
  const deadlineOf = ({ to }: Command): number =>
    reports[to.uid]?.kind === 'Answered' ? commandDeadlineMs : silentDeadlineMs
  const toTry = tokens.toTry(cluster.uid, tokenIn(cluster.secret), performance.now())
  return await executeCommands(agent, commands, toTry, deadlineOf)
}

function tokenIn(secret: KubernetesObject | undefined): string | undefined {
  const token = (secret as Secret | undefined)?.data?.[controlKeys.token]
  return token === undefined ? undefined : Buffer.from(token, 'base64').toString('utf8')
}
