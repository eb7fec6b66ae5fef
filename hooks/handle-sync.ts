// The life of one sync of any kind: gather, decide, check the answer, execute, answer.
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import type { Agent } from 'undici'
import type { KubernetesObject, SyncResponse } from '../metacontroller/contract.ts'
import { violationsOf } from '../metacontroller/validate.ts'
import { capture, type Captured } from './io/capture.ts'
import type { ControlTokens } from './io/control-tokens.ts'
import type { Outcome } from './io/execute.ts'
import type { EventPoster } from './io/events.ts'
import type { LastAnswers, StatusRequest } from './io/last-answers.ts'
import type { HookMetrics } from './io/metrics.ts'
import type { PlannedEvent } from './rediscluster/event.ts'
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
  readonly events: EventPoster
  readonly metrics: HookMetrics
  readonly log: Logger
}

export type SyncOutcome =
  | { readonly kind: 'Answer'; readonly response: SyncResponse }
  | { readonly kind: 'Held'; readonly violations: readonly string[] }

/** What the plans of all kinds have in common. */
export interface AnyPlan {
  readonly status: object
  readonly children: readonly KubernetesObject[]
  readonly resyncAfterSeconds: number
  readonly commands: readonly object[]
  readonly deletions: readonly { readonly kind: string; readonly name: string; readonly reason: string }[]
  readonly events: readonly PlannedEvent[]
  readonly decision: string
}

/** What a decision is made of. */
export interface Observation<Request, Reports> {
  readonly request: Request
  /** Whether the request shows the status that was answered last, and not an older one that this has replaced. */
  readonly isReadBack: boolean
  readonly reports: Reports
  readonly now: Date
  readonly entropy: string
}

/** One kind's own part of a sync. */
export interface Steps<Request extends StatusRequest, Reports extends object, Plan extends AnyPlan> {
  readonly kind: string
  /** Declared in its CompositeController. */
  readonly childKinds: readonly string[]
  readonly gather: (request: Request, now: Date, context: SyncContext) => Promise<Reports>
  readonly decide: (observation: Observation<Request, Reports>, context: SyncContext) => Plan
  readonly execute: (
    request: Request,
    reports: Reports,
    plan: Plan,
    context: SyncContext,
  ) => Promise<readonly Outcome[]>
  /** Nothing is done and nothing is wrong: such a sync is captured only on demand. */
  readonly isIdle: (plan: Plan) => boolean
}

const entropyBytes = 64

export async function handleSync<Request extends StatusRequest, Reports extends object, Plan extends AnyPlan>(
  steps: Steps<Request, Reports, Plan>,
  received: Request,
  context: SyncContext,
): Promise<SyncOutcome> {
  const request = context.lastAnswers.refreshed(received, performance.now())
  const reports = await steps.gather(request, new Date(), context)
  const now = new Date()
  const entropy = randomBytes(entropyBytes).toString('hex')
  const isReadBack = request === received
  const plan = steps.decide({ request, isReadBack, reports, now, entropy }, context)
  const { status, children, resyncAfterSeconds, deletions } = plan
  const response = { status, children, resyncAfterSeconds }
  const namespace = request.parent.metadata.namespace ?? ''
  const { kind, childKinds } = steps
  const violations = violationsOf(response, { request, childKinds, deletions, namespace })
  if (violations.length > 0) return { kind: 'Held', violations }
  tell(request, plan, await steps.execute(request, reports, plan, context), context)
  context.events.post(request.parent, plan.events, now)
  context.lastAnswers.answered(request, status, performance.now())
  if (context.captureAll || !steps.isIdle(plan))
    keep({ kind, request, reports, now: now.toISOString(), entropy }, context)
  return { kind: 'Answer', response }
}

function tell(
  request: StatusRequest,
  plan: AnyPlan,
  outcomes: readonly Outcome[],
  { metrics, log }: SyncContext,
): void {
  for (const { kind, ok } of outcomes) metrics.commanded(kind, ok)
  const { namespace = '', name } = request.parent.metadata
  const line = {
    kind: request.parent.kind,
    parent: `${namespace}/${name}`,
    decision: plan.decision,
    commands: outcomes,
    deletions: plan.deletions,
    events: plan.events.map(({ reason, message }) => `${reason}: ${message}`),
  }
  if (isNews(plan, request)) log.info(line, 'synced')
  else log.debug(line, 'synced')
}

/** Something was done, or what is recorded changes; a state that merely goes on is no news. */
function isNews({ commands, deletions, status }: AnyPlan, { parent }: StatusRequest): boolean {
  const changes = canonicalJson(status) !== canonicalJson(parent.status ?? {})
  return commands.length > 0 || deletions.length > 0 || changes
}

/** Not waited for: a slow disk must not make a sync late. */
function keep(captured: Captured, { captureDirectory, log }: SyncContext): void {
  if (captureDirectory === undefined) return
  capture(captureDirectory, captured).catch((error: unknown) =>
    log.warn({ err: error }, 'a sync could not be captured'),
  )
}
