// What a schedule met, in words that can be counted: situations, decisions, commands, proofs, and what befell the model.
import type { Verdict } from '../../hooks/rediscluster/decide.ts'
import type { Situation } from '../../hooks/rediscluster/primary.ts'
import type { Rollout } from '../../hooks/rediscluster/rollout.ts'

/** All of them; the compiler says when one is missing. */
export const situations = Object.keys({
  Hibernating: true,
  Unborn: true,
  Orphaned: true,
  Serving: true,
  Displaced: true,
  Blinking: true,
  Unreachable: true,
  Hung: true,
  Lost: true,
  Taken: true,
  Draining: true,
  SuccessorBlinking: true,
  SuccessorUnfit: true,
  Fencing: true,
  Choosing: true,
  Stuck: true,
  HandingOver: true,
  Succeeded: true,
} satisfies Record<Situation['kind'], true>) as readonly Situation['kind'][]

/** All of them but Approval, which nobody asks for in random schedules, and Move, which is a planned naming then. */
export const rollouts = Object.keys({
  None: true,
  Replace: true,
  Retire: true,
  Waiting: true,
  Blocked: true,
} satisfies Record<Exclude<Rollout['kind'], 'Approval' | 'Move'>, true>) as readonly Rollout['kind'][]

export const rolloutWord = (kind: Rollout['kind']): string => `rollout ${kind}`

export const situationWord = (kind: Situation['kind']): string => `situation ${kind}`

/** Adds what a sync saw and decided. */
export function reach(
  { situation, decision, commands, status, rollout }: Verdict,
  reached: Set<string>,
): void {
  reached.add(situationWord(situation.kind))
  reached.add(`decision ${decision.kind}`)
  reached.add(rolloutWord(rollout.kind))
  if (decision.kind === 'Name' && decision.planned) reached.add(`planned ${decision.planned}`)
  if ((status.terms ?? []).length > 1) reached.add('status with two terms')
  if (status.gone !== undefined) reached.add('status with members that are gone')
  for (const command of commands) {
    reached.add(`command ${command.kind}`)
    if (command.kind === 'Promote') for (const { kind } of command.proofs) reached.add(`proof ${kind}`)
  }
}

/** Adds what an instance logged, when that is a transition; without the epoch in it. */
export function reachTransition(line: unknown, reached: Set<string>): void {
  if (typeof line !== 'object' || line === null || !('transition' in line)) return
  reached.add(`instance: ${String(line.transition).replace(/ \d+$/, '')}`)
}
