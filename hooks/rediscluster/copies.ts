// Which copy of the data may become primary, and which is the best: compared by reign, then by position in its stream.
import type { InstanceStatus } from '../../instance/api.ts'
import type { Term } from '../../instance/ballot.ts'
import { mayBeFirst } from './bootstrap.ts'
import { statusOf, type Facts, type Instance } from './facts.ts'
import { lostInSleep, wantedNames } from './hibernation.ts'
import { termsInForce } from './terms-in-force.ts'

export interface Copy {
  readonly instance: Instance
  readonly status: InstanceStatus
}

/** Every Pod that answers, by ordinal. */
export const answering = (facts: Facts): readonly Copy[] => copiesOf(facts.instances)

/** Copies that could serve now, the best first; ties go to the lowest ordinal. */
export function candidates(facts: Facts): readonly Copy[] {
  return counting(facts)
    .filter((copy) => unfitness(copy) === undefined && mayBeFirst(copy.status.restore, facts))
    .sort(byRank)
}

/** Why this copy cannot serve now, or undefined. */
export function unfitness({ instance, status }: Copy): string | undefined {
  if (instance.terminating || status.terminating) return 'it is terminating'
  if (!status.volume.locked) return 'it does not hold the lock on its volume'
  if (status.redis.state !== 'running') return `its redis-server is ${status.redis.state}`
  if (status.redis.loading) return 'it is loading its data'
  return status.syncInProgress ? 'it is in a full sync' : undefined
}

/** A replica that has all that its primary had when its link came up, and gets the rest. */
export const isInSync = (
  { follows, masterLinkStatus, restarted }: InstanceStatus,
  primary: Instance,
): boolean => follows?.host === primary.ip && masterLinkStatus === 'up' && !restarted

/** Whether a holds more than b: of a later reign, or further in the stream of the same. */
export function isAhead(a: InstanceStatus, b: InstanceStatus): boolean {
  if (a.dataEpoch !== b.dataEpoch) return a.dataEpoch > b.dataEpoch
  return a.position.offsetBytes > b.position.offsetBytes
}

/**
 * Why promoting this copy could lose what was acknowledged, or undefined when it may be promoted. Asked after the promises
 * for `epoch`. It may when it has been in sync since its redis-server started, knows the newest reign, and enough others
 * hold still that one of them would show a write which WAIT acknowledged; or when every desired Pod answers frozen and none
 * is ahead, so that after a power loss of everything all are waited for.
 */
export function doubtAbout(copy: Copy, facts: Facts, epoch: number): string | undefined {
  const isFrozen = ({ status }: Copy): boolean => status.seen >= epoch
  const frozen = counting(facts).filter(isFrozen)
  // A process that outlived its Pod is never elected, but what it holds is as true as before.
  const ghosts = copiesOf(facts.ghosts).filter((ghost) => isFrozen(ghost) && !ghost.status.foreign)
  const missing = missingCount(copy, [...frozen, ...ghosts], facts)
  const doubt = missing === undefined ? undefined : doubtAboutAll(copy, frozen, facts, missing)
  return doubt ?? lostInSleep(copy, frozen, facts)
}

/** Undefined when enough members of every term hold still, and none of them holds more than this copy. */
function missingCount(copy: Copy, frozen: readonly Copy[], facts: Facts): string | undefined {
  const { name } = copy.instance
  const newest = newestReign(facts)
  if (copy.status.restarted) return `${name} restarted`
  if (copy.status.dataEpoch < newest)
    return `${name} has the data of reign ${copy.status.dataEpoch}, not ${newest}`
  if (frozen.some((other) => showsAll(other, copy, newest))) return undefined
  const still = frozen.filter(({ status }) => !status.restarted && !status.syncInProgress)
  const terms = countedTerms(facts)
  if (terms === undefined) return 'it is not known over whom a write was acknowledged'
  for (const { members, minSyncReplicas } of terms) {
    if (minSyncReplicas === 0) continue
    const asked = still.filter(({ instance }) => members.includes(instance.uid))
    const notAhead = asked.filter(({ status }) => !isAhead(status, copy.status)).length
    const needed = members.length - minSyncReplicas
    if (notAhead < needed) return `only ${notAhead} of ${needed} copies show that ${name} lacks nothing`
  }
  return undefined
}

/** Those in force against every contender but the copies that speak for themselves; undefined when some are not known. */
function countedTerms(facts: Facts): readonly Term[] | undefined {
  const listed = facts.reign.terms ?? []
  // Nobody was promised anything: what was acknowledged needs no count.
  const promisesNothing = (facts.spec.minSyncReplicas ?? 0) === 0
  if (promisesNothing && listed.every(({ minSyncReplicas }) => minSyncReplicas === 0)) return []
  const all = facts.contenders.map((contender) => termsInForce(contender, facts))
  return all.includes(undefined) ? undefined : [...listed, ...all.flatMap((terms) => terms ?? [])]
}

/** The primary of the newest reign itself, holding still since: it has all that anybody acknowledged. */
function showsAll({ status }: Copy, copy: Copy, newest: number): boolean {
  const wasPrimary = status.openedEpoch === newest && status.dataEpoch === newest && !status.restarted
  return wasPrimary && !isAhead(status, copy.status)
}

function doubtAboutAll(
  copy: Copy,
  frozen: readonly Copy[],
  facts: Facts,
  missing: string,
): string | undefined {
  // Whoever still has a Pod may hold what was acknowledged, although fewer are wanted by now.
  const names = [...new Set([...desiredNames(facts), ...facts.instances.map(({ name }) => name)])]
  const absent = names.filter((name) => !frozen.some(({ instance }) => instance.name === name))
  if (absent.length > 0) return `${missing}, and ${absent.join(', ')} cannot be asked`
  const ahead = frozen.find(({ status }) => isAhead(status, copy.status))
  if (ahead) return `${ahead.instance.name} holds more data than ${copy.instance.name}`
  return newestReign(facts) > 0 && frozen.every(({ status }) => status.empty)
    ? 'every copy is empty, although the cluster had data'
    : undefined
}

function copiesOf(instances: readonly Instance[]): readonly Copy[] {
  return instances.flatMap((instance) => {
    const status = statusOf(instance)
    return status === undefined ? [] : [{ instance, status }]
  })
}

/** Data of another cluster count only while this one was never born: then they are what it is born with. */
function counting(facts: Facts): readonly Copy[] {
  const born = facts.reign.currentEpoch !== undefined
  return answering(facts).filter(({ status }) => !(born && status.foreign))
}

export const desiredNames = (facts: Facts): readonly string[] => wantedNames(facts)

function newestReign(facts: Facts): number {
  const ghosts = facts.ghosts.map((instance) => statusOf(instance)?.dataEpoch ?? 0)
  const reported = [...counting(facts).map(({ status }) => status.dataEpoch), ...ghosts]
  return Math.max(facts.reign.currentEpoch ?? 0, ...reported)
}

function byRank(a: Copy, b: Copy): number {
  if (isAhead(a.status, b.status)) return -1
  if (isAhead(b.status, a.status)) return 1
  if (a.status.restarted !== b.status.restarted) return a.status.restarted ? 1 : -1
  return a.instance.ordinal - b.instance.ordinal
}
