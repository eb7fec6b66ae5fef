// What becomes of the switchover that a person asks for: remembered until the request changes, and told in a condition.
import type { Claim } from './conditions.ts'
import type { Facts } from './facts.ts'
import { annotations } from './names.ts'
import type { PrimaryDecision, Situation } from './primary.ts'
import type { RedisClusterStatus } from './recorded.ts'
import { annotate } from './way-out.ts'

export type SwitchoverStatus = Pick<RedisClusterStatus, 'switchover' | 'switchoverEnd'>
type End = NonNullable<SwitchoverStatus['switchoverEnd']>

/** Once begun a request is done with, until it is taken back or another is made: nobody begins it again by himself. */
export function switchoverStatus(
  facts: Facts,
  situation: Situation,
  decision: PrimaryDecision,
): SwitchoverStatus {
  const { orders, recorded } = facts
  const asked = orders.switchoverTo
  const begins = decision.kind === 'Name' && decision.planned === 'Switchover'
  const begun = begins || asked === recorded.currentPrimary || asked === recorded.switchover
  if (asked === undefined || !begun) return {}
  const end = endOf(asked, facts, situation)
  return { switchover: asked, ...(end === undefined ? {} : { switchoverEnd: end }) }
}

/** None while there is no request that can be read. */
export function switchoverConditions(
  facts: Facts,
  situation: Situation,
  status: SwitchoverStatus,
): readonly Claim[] {
  const asked = facts.orders.switchoverTo
  return asked === undefined ? [] : [conditionOf(asked, facts, situation, status)]
}

function conditionOf(
  asked: string,
  facts: Facts,
  situation: Situation,
  { switchover, switchoverEnd: end }: SwitchoverStatus,
): Claim {
  const type = 'SwitchoverDone'
  const status = 'False'
  if (end?.reason === 'Done') return { type, ...end, status: 'True' }
  if (end !== undefined)
    return { type, status, ...end, message: `${end.message}. ${howToAskAgain(facts, asked)}` }
  return switchover === asked
    ? { type, status, reason: 'Moving', message: `${asked} is named, and about to take over` }
    : { type, status, reason: 'Waiting', message: whyWaiting(asked, situation) }
}

/** The first end stays, but for one: the Pod that was asked for is primary after all. */
function endOf(asked: string, { recorded }: Facts, situation: Situation): End | undefined {
  const isPrimary = situation.kind === 'Serving' && situation.primary.name === asked
  if (isPrimary) return { reason: 'Done', message: `${asked} was made primary, or was it already` }
  if (recorded.switchover !== asked) return undefined
  if (recorded.switchoverEnd !== undefined) return recorded.switchoverEnd
  if (situation.kind === 'Draining' && situation.abort !== undefined)
    return { reason: 'GivenUp', message: `the switchover was given up: ${situation.abort}` }
  return situation.kind === 'Serving'
    ? {
        reason: 'Overtaken',
        message: `a failover came before the switchover to ${asked}: ${situation.primary.name} is primary`,
      }
    : undefined
}

function whyWaiting(asked: string, situation: Situation): string {
  if (situation.kind !== 'Serving') return `the switchover to ${asked} waits: no primary serves`
  return situation.wish.kind === 'Waiting'
    ? situation.wish.reason
    : `the switchover to ${asked} waits: another move comes first`
}

/** A sync that saw only the same name again could not tell that it is another request. */
function howToAskAgain(facts: Facts, asked: string): string {
  const back = annotate(facts, `${annotations.switchover}-`)
  const again = annotate(facts, `${annotations.switchover}=${asked}`)
  return `It is not tried again by itself. To ask again: ${back}, and once this condition is gone: ${again}`
}
