// The life of one sync: poll, decide, check the answer, execute, answer.
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import type { Agent } from 'undici'
import { controlKeys } from '../instance/api.ts'
import type { SyncResponse } from '../metacontroller/contract.ts'
import { violationsOf } from '../metacontroller/validate.ts'
import { capture, type CapturedSync } from './io/capture.ts'
import type { ControlTokens } from './io/control-tokens.ts'
import { executeCommands } from './io/execute.ts'
import type { LastAnswers } from './io/last-answers.ts'
import type { HookMetrics } from './io/metrics.ts'
import { pollInstances } from './io/poll.ts'
import type { Secret } from './kubernetes.ts'
import { childKinds } from './rediscluster/controller.ts'
import { controlSecretName } from './rediscluster/names.ts'
import { addressesToPoll, find, kinds, type Request } from './rediscluster/observed.ts'
import type { Address, Command, InstanceReports, SyncPlan } from './rediscluster/plan.ts'
import { sync } from './rediscluster/sync.ts'
import { canonicalJson } from './rediscluster/text-hash.ts'

export interface SyncContext {
  readonly image: string
  readonly captureDirectory: string | undefined
  /** Idle syncs too. */
  readonly captureAll: boolean
  readonly agent: Agent
  /** UIDs of those that did not answer last time: a hint, so that a failover does not wait for them in every sync. */
  readonly silent: Set<string>
  readonly lastAnswers: LastAnswers
  readonly tokens: ControlTokens
  readonly metrics: HookMetrics
  readonly log: Logger
}

export type SyncOutcome =
  | { readonly kind: 'Answer'; readonly response: SyncResponse }
  | { readonly kind: 'Held'; readonly violations: readonly string[] }

/** Together they stay below the hook's own deadline, which stays below Metacontroller's. */
const pollDeadlineMs = 750
const commandDeadlineMs = 2500
/** Whoever was silent just now holds up the others no longer than this: a failover is under way. */
const silentDeadlineMs = 300
const mostSilent = 10_000
const entropyBytes = 64

export async function handleSync(received: Request, context: SyncContext): Promise<SyncOutcome> {
  const request = context.lastAnswers.refreshed(received, performance.now())
  const reports = await poll(request, context)
  context.metrics.polled(reports)
  const now = new Date()
  const entropy = randomBytes(entropyBytes).toString('hex')
  const plan = sync(request, reports, now, entropy, { image: context.image })
  const { status, children, resyncAfterSeconds, deletions } = plan
  const response = { status, children, resyncAfterSeconds }
  const namespace = request.parent.metadata.namespace ?? ''
  const violations = violationsOf(response, { request, childKinds, deletions, namespace })
  if (violations.length > 0) return { kind: 'Held', violations }
  await execute(request, reports, plan, context)
  context.lastAnswers.answered(request, status, performance.now())
  if (context.captureAll || !isIdle(plan))
    keep({ kind: 'RedisCluster', request, reports, now: now.toISOString(), entropy }, context)
  return { kind: 'Answer', response }
}

async function poll(request: Request, { agent, silent }: SyncContext): Promise<InstanceReports> {
  const deadlineOf = ({ uid }: Address): number => (silent.has(uid) ? silentDeadlineMs : pollDeadlineMs)
  const reports = await pollInstances(agent, addressesToPoll(request), deadlineOf)
  if (silent.size > mostSilent) silent.clear()
  for (const [uid, { kind }] of Object.entries(reports)) {
    if (kind === 'Silent') silent.add(uid)
    else silent.delete(uid)
  }
  return reports
}

/** Not waited for: a slow disk must not make a sync late. */
function keep(captured: CapturedSync, { captureDirectory, log }: SyncContext): void {
  if (captureDirectory === undefined) return
  capture(captureDirectory, captured).catch((error: unknown) =>
    log.warn({ err: error }, 'a sync could not be captured'),
  )
}

async function execute(
  request: Request,
  reports: InstanceReports,
  plan: SyncPlan,
  { agent, tokens, metrics, log }: SyncContext,
): Promise<void> {
  const deadlineOf = ({ to }: Command): number =>
    reports[to.uid]?.kind === 'Answered' ? commandDeadlineMs : silentDeadlineMs
  const { uid = '' } = request.parent.metadata
  const toTry = tokens.toTry(uid, controlToken(request), performance.now())
  const outcomes = await executeCommands(agent, plan.commands, toTry, deadlineOf)
  for (const { kind, ok } of outcomes) metrics.commanded(kind, ok)
  const { namespace = '', name } = request.parent.metadata
  const line = {
    parent: `${namespace}/${name}`,
    decision: plan.decision,
    commands: outcomes,
    deletions: plan.deletions,
  }
  if (isNews(plan, request)) log.info(line, 'synced')
  else log.debug(line, 'synced')
}

/** A primary that serves and is kept, and nothing was done. */
function isIdle({ commands, deletions, decision }: SyncPlan): boolean {
  return commands.length === 0 && deletions.length === 0 && decision.startsWith('Serving')
}

/** Something was done, or what is recorded changes; a state that merely goes on is no news. */
function isNews({ commands, deletions, status }: SyncPlan, { parent }: Request): boolean {
  const changes = canonicalJson(status) !== canonicalJson(parent.status ?? {})
  return commands.length > 0 || deletions.length > 0 || changes
}

function controlToken({ parent, children }: Request): string | undefined {
  const secret = find(children, kinds.secret, controlSecretName(parent.metadata.name)) as Secret | undefined
  const token = secret?.data?.[controlKeys.token]
  return token === undefined ? undefined : Buffer.from(token, 'base64').toString('utf8')
}
