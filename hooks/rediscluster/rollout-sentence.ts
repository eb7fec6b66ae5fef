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
      return [`the Pod of ${rollout.instance.name} is deleted now`]
    case 'Retire':
      return [`${rollout.instance.name} is told to stop for good`]
    case 'Move':
      return [`${rollout.to.name} becomes primary first`]
    case 'Approval':
      return ['only the primary is left; it waits for approval, see PrimaryUpdateWaiting']
    case 'Waiting':
      return [`waiting: ${rollout.reason}`]
    case 'Blocked':
      return [`stopped: ${rollout.reason}`]
  }
}

/** Reasons of SpecApplied while Pods are being replaced. */
export const rollingReasons: readonly string[] = ['RollingUpdate', 'AwaitingApproval', 'RolloutBlocked']

/** Once no Pod is outdated: the last one that was replaced must be back before every instance runs the spec. */
export function lastSteps({ clusterName, spec, instances, recorded, hibernates }: Facts): readonly string[] {
  const before = recorded.conditions?.find(({ type }) => type === 'SpecApplied')
  const rolled = before?.status === 'False' && rollingReasons.includes(before.reason)
  if (!rolled || hibernates) return []
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
  return [{ type, status: 'False', ...nothingWaits(facts) }]
}

function nothingWaits(facts: Facts): Pick<Claim, 'reason' | 'message'> {
  const message = 'no update of the primary waits for approval'
  if (!facts.orders.approved) return { reason: 'NothingWaits', message }
  if (facts.recorded.approvalUsed === true)
    return { reason: 'ApprovalConsumed', message: 'the approval was used for an update, and counts no more' }
  const back = annotate(facts, `${annotations.approveUpdate}-`)
  return { reason: 'ApprovedAhead', message: `${message}; the next one will not ask. To be asked: ${back}` }
}

/** One that was used for an earlier update must be taken away first: it could not be told from a new one. */
function howToApprove(facts: Facts): string {
  const approve = annotate(facts, `${annotations.approveUpdate}=true`)
  if (!facts.orders.approved) return `To hand over to a replica and go on: ${approve}`
  const back = annotate(facts, `${annotations.approveUpdate}-`)
  return `The approval that is there was used for an earlier update. To approve this one: ${back}, and then ${approve}`
}
