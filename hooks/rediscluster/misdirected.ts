// Orders that can be read and lead nowhere: they name what is no Pod here, or no UID; each is told with what would be right.
import { secondsSince, type Facts } from './facts.ts'
import { annotations, ordinalOf } from './names.ts'
import { unproven } from './proofs.ts'
import { stuckSeconds } from './timings.ts'
import { annotate } from './way-out.ts'

/** Sentences; they hold no more of a foreign text than a line. */
export function misdirected(facts: Facts): readonly string[] {
  return [...fences(facts), ...confirmations(facts), ...acceptance(facts)]
}

/** A Pod that is being made again is one of this cluster all the while. */
function fences(facts: Facts): readonly string[] {
  const strangers = facts.orders.fenced.filter((name) => {
    const ordinal = ordinalOf(facts.clusterName, name)
    const isDesired = ordinal !== undefined && ordinal < facts.spec.instances
    return !isDesired && !facts.instances.some((instance) => instance.name === name)
  })
  return strangers.length === 0
    ? []
    : [`${annotations.fenced} names what is no Pod of this cluster: ${quoted(strangers)}`]
}

/** Whom nobody waits for any more may stay listed: a UID is never given twice. */
function confirmations(facts: Facts): readonly string[] {
  const { confirmedGone } = facts.orders
  const names = confirmedGone.filter((word) => ordinalOf(facts.clusterName, word) !== undefined)
  const open = longUnproven(facts)
  const awaited = open.filter(({ uid }) => !confirmedGone.includes(uid))
  const unknown = open.length === 0 ? [] : confirmedGone.filter((word) => !isKnown(word, facts))
  const present = open.filter(({ uid }) => confirmedGone.includes(uid))
  return [
    ...(names.length + unknown.length === 0
      ? []
      : [
          `${annotations.confirmGone} holds UIDs, and ${quoted([...new Set([...names, ...unknown])])} is none of this cluster${right(facts, awaited)}`,
        ]),
    ...present.map(
      ({ uid, name }) =>
        `${annotations.confirmGone} counts for ${name} (${uid}) once its Pod object is gone: kubectl delete pod -n ${facts.namespace} ${name} --force --grace-period=0`,
    ),
  ]
}

/** Told when a failover is stuck, not in every one that passes; and never of a primary that serves. */
function longUnproven(facts: Facts): ReturnType<typeof unproven> {
  const { namedAt, planned } = facts.recorded
  const isStuck = planned === undefined && secondsSince(namedAt, facts.now) >= stuckSeconds
  return isStuck ? unproven(facts) : []
}

function right(facts: Facts, awaited: ReturnType<typeof unproven>): string {
  const uids = awaited.map(({ uid }) => uid).join(',')
  const who = awaited.map(({ name, uid }) => `${name} (${uid})`).join(', ')
  return uids === ''
    ? ''
    : `. Those that are waited for are ${who}. Only if you have seen that their machines are dead: ${annotate(facts, `${annotations.confirmGone}=${uids}`)}`
}

function isKnown(uid: string, { instances, contenders, reign }: Facts): boolean {
  const members = (reign.terms ?? []).flatMap((term) => term.members)
  return [...instances, ...contenders].some((each) => each.uid === uid) || members.includes(uid)
}

/** One for an epoch that is installed has done its work, or is void: neither is a mistake. */
function acceptance(facts: Facts): readonly string[] {
  const { acceptLoss } = facts.orders
  const { currentEpoch = 0, primaryEpoch = 0 } = facts.reign
  if (acceptLoss === undefined || acceptLoss.epoch <= currentEpoch) return []
  const wrong = whyNotAccepted(acceptLoss.uid, acceptLoss.epoch <= primaryEpoch, facts)
  if (wrong === undefined) return []
  const meant = facts.instances.find(({ uid, name }) => uid === acceptLoss.uid || name === acceptLoss.uid)
  const order = primaryEpoch > currentEpoch ? `=${meant?.uid ?? '<pod uid>'}/${primaryEpoch}` : '-'
  return [`${annotations.acceptLoss} ${wrong}: ${annotate(facts, annotations.acceptLoss + order)}`]
}

function whyNotAccepted(uid: string, isOfNow: boolean, { instances, reign }: Facts): string | undefined {
  if (!instances.some((instance) => instance.uid === uid))
    return `begins with the UID of a Pod, and ${quoted([uid])} is none of this cluster`
  return isOfNow
    ? undefined
    : `holds for an epoch up to ${reign.primaryEpoch ?? 0}, and not for failovers to come`
}

const mostQuoted = 3
const longestQuoted = 63

function quoted(texts: readonly string[]): string {
  const first = texts
    .slice(0, mostQuoted)
    .map((text) => text.slice(0, longestQuoted).replaceAll(/[^\x20-\x7e]/g, '?'))
    .map((text) => `"${text}"`)
  const more = texts.length - first.length
  return first.join(', ') + (more > 0 ? ` and ${more} more` : '')
}
