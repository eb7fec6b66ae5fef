// Says what becomes of a rollout, in plain words: for conditions.
import type { Claim } from './conditions.ts'
import type { Facts } from './facts.ts'
import { annotations, podName } from './names.ts'
import type { Rollout } from './rollout.ts'
import { annotate } from './way-out.ts'

/** What it does or waits for, before the list of what is to be replaced. */
export function rolloutSteps(rollout: Rollout): readonly string[] {
  switch (rollout.kind) {
    case 'None':
      return []
    case 'Replace':
      return [`${rollout.instance.name} is replaced now`]
    case 'Retire':
      return [`${rollout.instance.name} is told to stop for good`]
    case 'Move':
      return [`${rollout.to.name} becomes primary first`]
    case 'Approval':
      return ['only the primary is left; it waits for approval, see PrimaryUpdateWaiting']
    case 'Waiting':
      return [`waiting: ${rollout.reason}`]
    case 'Blocked':
      return [`stopped: ${rollout.reason}. Correct the spec, or set it back: nothing need be deleted`]
  }
}

/** Reasons of SpecApplied while Pods are being replaced. */
export const rollingReasons: readonly string[] = ['RollingUpdate', 'AwaitingApproval', 'RolloutBlocked']

/** Once no Pod is outdated: the last one that was replaced must be back before every instance runs the spec. */
export function lastSteps({ clusterName, spec, instances, recorded, orders }: Facts): readonly string[] {
  const before = recorded.conditions?.find(({ type }) => type === 'SpecApplied')
  const rolled = before?.status === 'False' && rollingReasons.includes(before.reason)
  if (!rolled || orders.hibernated) return []
  const names = Array.from({ length: spec.instances }, (_, ordinal) => podName(clusterName, ordinal))
  return names
    .filter((name) => !instances.some((each) => each.name === name && each.ready && !each.terminating))
    .map((name) => `waiting: ${name} is not ready yet`)
}

/** While a failover or another move goes on, and when nothing goes on at all, changes are just pending. */
export function rolloutReason({ kind }: Rollout): string {
  if (kind === 'Approval') return 'AwaitingApproval'
  if (kind === 'Blocked') return 'RolloutBlocked'
  return kind === 'None' ? 'ChangesPending' : 'RollingUpdate'
}

/** Only of a cluster whose primary is updated under supervision. */
export function approvalConditions(facts: Facts, rollout: Rollout): readonly Claim[] {
  const type = 'PrimaryUpdateWaiting'
  if (facts.spec.primaryUpdateStrategy !== 'supervised') return []
  if (rollout.kind === 'Approval')
    return [
      { type, status: 'True', reason: 'AwaitingApproval', message: `${rollout.why}. ${howToApprove(facts)}` },
    ]
  const used = facts.orders.approved && facts.recorded.approvalUsed === true
  const [reason, message] = used
    ? ['ApprovalConsumed', 'the approval was used for an update, and counts no more']
    : ['NothingWaits', 'no update of the primary waits for approval']
  return [{ type, status: 'False', reason, message }]
}

/** One that was used for an earlier update must be taken away first: it could not be told from a new one. */
function howToApprove(facts: Facts): string {
  const approve = annotate(facts, `${annotations.approveUpdate}=true`)
  if (!facts.orders.approved) return `To hand over to a replica and go on: ${approve}`
  const back = annotate(facts, `${annotations.approveUpdate}-`)
  return `The approval that is there was used for an earlier update. To approve this one: ${back}, and then ${approve}`
}
